"""Rule plot_samples: test images, samples of networks -> their figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.reporting.samples import plot_samples

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    plot_samples(
        params.task_type,
        Path(snakemake.input.dataset),
        params.sources,
        Path(snakemake.output.figure),
        images=params.images,
    )
    log.info("drew %d images of %d networks", params.images, len(params.sources))
