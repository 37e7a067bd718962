"""Rule fetch_dataset: a data set's name -> its files below data_root, their digests."""

from pathlib import Path

from know.data.fetched import fetch_dataset
from know.data.root import data_root
from know.data.settings import DatasetSettings
from know.job_log import job_log

with job_log(snakemake.log[0]):
    settings = DatasetSettings(**snakemake.params.settings)
    fetch_dataset(settings, data_root(), Path(snakemake.output.record))
