"""Rule measure_held_out: a shard of meta-data -> how far methods miss its trials."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.hypernetwork.roles import HeldOut
from know.job_log import job_log
from know.predictors.held_out import ComparedMethod, Comparison, held_out_errors
from know.records import write_prediction_errors
from know.training.device import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    params = snakemake.params
    methods = [ComparedMethod(**method) for method in params.methods]
    errors = held_out_errors(
        Path(snakemake.input.shard),
        Comparison(methods=methods, **params.comparison),
        HeldOut(**params.held_out),
        device=prepare_device(snakemake.threads),
    )
    write_prediction_errors(Path(snakemake.output.errors), errors)
