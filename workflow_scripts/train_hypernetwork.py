"""Rule train_hypernetwork: weights drawn of meta-data -> one kind's hypernetwork."""

from pathlib import Path

from know.cards import check_cards
from know.checksum import verified_metadata
from know.hypernetwork.files import save
from know.hypernetwork.meta_training import MetaTraining, meta_train
from know.hypernetwork.roles import HeldOut
from know.job_log import job_log
from know.training.device import prepare_device
from know.training.progress import Progress

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    names, params = dict(snakemake.wildcards), snakemake.params
    draws = list(map(Path, snakemake.input.draws))
    checksums = [verified_metadata(path)["sha256"] for path in draws]
    progress = Progress(Path(params.resume), [names, dict(params), checksums])
    model, card = meta_train(
        draws,
        MetaTraining(**names, **params.settings),
        HeldOut(**params.held_out),
        device=prepare_device(snakemake.threads, gpus=snakemake.resources.gpu),
        progress=progress,
    )
    save(Path(snakemake.output.model), model, card)
    progress.path.unlink(missing_ok=True)
