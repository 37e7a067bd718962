"""Rule plot_samples: test images, samples of networks -> their figure."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.reporting.samples import draw_samples
from know.reporting.svg import save_svg

with job_log(snakemake.log[0]) as log:
    check_cards(snakemake.params.cards)
    params = snakemake.params
    dataset = Path(snakemake.input.dataset)
    figure = draw_samples(
        params.task_type, dataset, params.sources, images=params.images
    )
    save_svg(figure, Path(snakemake.output.figure))
    log.info("drew %d images of %d networks", params.images, len(params.sources))
