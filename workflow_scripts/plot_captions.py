"""Rule plot_captions: test images, captions -> their figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.reporting.captions_figure import plot_captions
from know.reporting.samples import Source, read_pictures, read_samples

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    plot_captions(
        read_pictures(Path(snakemake.input.dataset), params.images),
        read_samples(
            [Source(**source) for source in params.sources],
            sample="tokens",
            count=params.images,
        ),
        Path(snakemake.output.figure),
    )
    log.info("drew %d images of %d networks", params.images, len(params.sources))
