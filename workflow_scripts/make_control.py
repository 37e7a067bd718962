"""Rule make_control: predictions -> the same with norm or direction taken away."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.predictors.predict import write_controls
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    prepare_device(snakemake.threads)
    write_controls(
        snakemake.params.control,
        snakemake.wildcards.method,
        Path(snakemake.input.store),
        Path(snakemake.input.weights[0]),
        [Path(path) for path in snakemake.output.weights],
    )
