"""Rule train_hypernetwork: meta-data shards -> KNOWN for one kind of tensor."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.hypernetwork.files import save
from know.hypernetwork.meta_training import MetaTraining, meta_train
from know.job_log import job_log
from know.training.device import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    wildcards = snakemake.wildcards
    model, card = meta_train(
        [Path(path) for path in snakemake.input.shards],
        wildcards.kind,
        MetaTraining(hypernetwork=wildcards.hypernetwork, **snakemake.params.settings),
        device=prepare_device(snakemake.threads),
    )
    save(Path(snakemake.output.model), model, card)
