"""NiNo-MLP: residuals for several stages ahead, at the tensor's scale."""

from know.hypernetwork.models.nino_mlp import NinoMlp
from know.predictors.by_hypernetwork import predict_by

PREDICTS_WINDOWS = True
NEEDS_HYPERNETWORK = True
OPTIONS = {"step": {"type": "integer", "minimum": 1, "at_most": "outputs"}}

predict = predict_by(NinoMlp)
