"""KNOWN: the hypernetwork's residual on top of Theta_0, stage by stage."""

from know.hypernetwork.models.known import Known
from know.predictors.by_hypernetwork import predict_by

PREDICTS_WINDOWS = True
NEEDS_HYPERNETWORK = True

predict = predict_by(Known)
