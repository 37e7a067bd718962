"""Rule plot_meta_training: hypernetworks' cards -> the curves of their trainings."""

from pathlib import Path

from know.cards import check_cards
from know.checksum import verified_metadata
from know.job_log import job_log
from know.reporting.meta_training_figure import draw_meta_training
from know.reporting.svg import save_svg

with job_log(snakemake.log[0]) as log:
    check_cards(snakemake.params.cards)
    cards = [verified_metadata(Path(path)) for path in snakemake.input.models]
    save_svg(draw_meta_training(cards), Path(snakemake.output.figure))
    log.info("drew the curves of %d hypernetworks", len(cards))
