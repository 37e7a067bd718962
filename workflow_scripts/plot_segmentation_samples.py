"""Rule plot_segmentation_samples: test images, masks -> their figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.reporting.samples import Source, read_pictures, read_samples
from know.reporting.segmentation_figure import plot_segmentation_samples

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    plot_segmentation_samples(
        read_pictures(Path(snakemake.input.dataset), params.images),
        read_samples(
            [Source(**source) for source in params.sources],
            sample="masks",
            count=params.images,
        ),
        Path(snakemake.output.figure),
    )
    log.info("drew %d images of %d networks", params.images, len(params.sources))
