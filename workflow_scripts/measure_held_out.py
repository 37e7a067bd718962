"""Rule measure_held_out: a shard of meta-data -> how far methods miss its trials."""

from pathlib import Path

from know.cards import check_cards
from know.hypernetwork.roles import HeldOut
from know.job_log import job_log
from know.json_files import write_records
from know.predictors.methods import bound_methods
from know.predictors.prediction_errors import held_out_errors
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params = snakemake.params
    device = prepare_device(snakemake.threads)
    errors = held_out_errors(
        Path(snakemake.input.shard),
        bound_methods(params.methods, device),
        HeldOut(**params.held_out),
        **params.comparison,
        device=device,
    )
    write_records(Path(snakemake.output.errors), errors)
