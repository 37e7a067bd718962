"""Rule make_control: a prediction -> it with norm or direction taken away."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.predictors.predict import write_control
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    prepare_device(snakemake.threads)
    write_control(
        snakemake.params.control,
        snakemake.wildcards.method,
        Path(snakemake.input.store),
        Path(snakemake.input.weights),
        Path(snakemake.output.weights),
    )
