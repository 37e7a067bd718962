"""Rule predict_weights: a trajectory -> weights extrapolated to each horizon."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.predictors.methods import by_kind
from know.predictors.predict import write_predictions
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params = snakemake.params
    write_predictions(
        [Path(snakemake.input.store)],
        params.predictor,
        options=params.options,
        control=params.control,
        hypernetworks=by_kind(snakemake.input.hypernetworks),
        horizons=range(1, len(snakemake.output.weights) + 1),
        rate=params.rate,
        outputs=[Path(path) for path in snakemake.output.weights],
        device=prepare_device(snakemake.threads),
        method_id=snakemake.wildcards.method,
    )
