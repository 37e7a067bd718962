"""Rule finetune: weights -> scores and samples of a block of trials."""

import shutil
from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.json_files import write_records
from know.tasks.trials import candidates_of, chosen_rates, run_trials, trial_setting
from know.training.device import prepare_device
from know.weights.checkpoint import save_checkpoint

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    device = prepare_device(snakemake.threads, gpus=snakemake.resources.gpu)
    setting = trial_setting(files, params, device=device)
    candidates = candidates_of(params.candidates, files.weights)
    rates = chosen_rates(files.learning_rates, candidates, task=setting.settings.task)
    scores, samples = run_trials(
        candidates,
        params.trials,
        setting,
        resume=Path(params.resume),
        learning_rates=rates,
    )
    write_records(Path(snakemake.output.scores), scores)
    save_checkpoint(Path(snakemake.output.samples), samples, dict(snakemake.wildcards))
    shutil.rmtree(params.resume, ignore_errors=True)
