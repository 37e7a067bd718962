"""Rule collect_metadata: data sets -> the trajectories of one shard's trials."""

import shutil
from pathlib import Path

from know.cards import check_cards
from know.data.arrays import read_dataset
from know.hypernetwork.metadata import MetaDataSettings, collect_meta_runs
from know.job_log import job_log
from know.store.shards import write_shard
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    trials = collect_meta_runs(
        MetaDataSettings.from_config(snakemake.params.settings),
        [read_dataset(Path(path)) for path in snakemake.input.datasets],
        snakemake.params.trials,
        device=prepare_device(snakemake.threads, gpus=snakemake.resources.gpu),
        code=snakemake.params.code,
        resume=Path(snakemake.params.resume),
    )
    write_shard(Path(snakemake.output.shard), trials)
    shutil.rmtree(snakemake.params.resume, ignore_errors=True)
