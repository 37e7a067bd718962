"""Rule fetch_weights: an address -> published weights in a checksummed file."""

from pathlib import Path

from know.job_log import job_log
from know.weights.published import fetch_weights

with job_log(snakemake.log[0]):
    params = snakemake.params
    fetch_weights(Path(snakemake.output.weights), params.url, sha256=params.sha256)
