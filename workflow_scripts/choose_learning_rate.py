"""Rule choose_learning_rate: weights -> the rate that a validation split prefers."""

import shutil
from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.json_files import write_records
from know.tasks.trials import candidates_of, choose_learning_rates, trial_setting
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    device = prepare_device(snakemake.threads, gpus=snakemake.resources.gpu)
    chosen = choose_learning_rates(
        candidates_of(params.candidates, files.weights),
        trial_setting(files, params, device=device),
        grid=params.choice["grid"],
        share=params.choice["validation_share"],
        trials=params.choice["trials"],
        resume=Path(params.resume),
    )
    write_records(Path(snakemake.output.chosen), chosen)
    shutil.rmtree(params.resume, ignore_errors=True)
