"""Rule make_control: predictions -> the same with norm or direction taken away."""

from pathlib import Path

from know.job_log import job_log
from know.predictors.predict import write_controls
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    prepare_device(snakemake.threads)
    write_controls(
        snakemake.params.control,
        Path(snakemake.input.store),
        [Path(path) for path in snakemake.input.weights],
        [Path(path) for path in snakemake.output.weights],
    )
