"""Rule prepare_data: the settings of one data set -> one file of its images."""

from pathlib import Path

from know.data.arrays import write_dataset
from know.data.fetched import check_fetched
from know.data.prepare import prepare
from know.data.root import data_root
from know.data.settings import DatasetSettings
from know.job_log import job_log

with job_log(snakemake.log[0]) as log:
    check_fetched(snakemake.input.fetched, data_root())
    settings = DatasetSettings(**snakemake.params.settings)
    dataset = prepare(
        snakemake.wildcards.dataset, settings, data_root(), threads=snakemake.threads
    )
    write_dataset(Path(snakemake.output.dataset), dataset)
    log.info(
        "%s: %d training and %d test images of %d classes, %s",
        dataset.name,
        len(dataset.train_labels),
        len(dataset.test_labels),
        len(dataset.class_names),
        dataset.digests,
    )
