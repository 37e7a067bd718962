"""Rule select_weights: sets of weights -> the recommended one, and why."""

import shutil
from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.json_files import write_records
from know.tasks.selection import run_selection, write_selected
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params, wildcards = snakemake.params, snakemake.wildcards
    state, selection = run_selection(
        snakemake.input,
        params,
        run=wildcards.run,
        method=wildcards.method,
        device=prepare_device(snakemake.threads, gpus=snakemake.resources.gpu),
    )
    write_selected(Path(snakemake.output.weights), state, selection)
    write_records(Path(snakemake.output.selection), [selection])
    shutil.rmtree(params.resume, ignore_errors=True)
