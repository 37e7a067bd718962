"""Rule choose_learning_rate: weights -> the rate that a validation split prefers."""

from pathlib import Path

from know.job_log import job_log
from know.tasks.jobs import candidates_of, trial_setting
from know.tasks.trials import choose_learning_rates, write_learning_rates
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    chosen = choose_learning_rates(
        candidates_of(params.candidates, files.weights),
        trial_setting(files, params, device=prepare_device(snakemake.threads)),
        grid=params.choice["grid"],
        share=params.choice["validation_share"],
        trials=params.choice["trials"],
    )
    write_learning_rates(Path(snakemake.output.chosen), chosen)
