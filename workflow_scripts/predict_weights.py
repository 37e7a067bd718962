"""Rule predict_weights: a trajectory -> weights extrapolated to each horizon."""

from pathlib import Path

from know.job_log import job_log
from know.predictors.predict import predict_trajectory
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    params = snakemake.params
    predict_trajectory(
        Path(snakemake.input.store),
        params.predictor,
        options=params.options,
        hypernetworks=[Path(path) for path in snakemake.input.hypernetworks],
        horizons=params.horizons,
        rate=params.rate,
        outputs=[Path(path) for path in snakemake.output.weights],
        device=prepare_device(snakemake.threads),
    )
