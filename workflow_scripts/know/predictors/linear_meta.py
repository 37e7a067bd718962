"""Linear-meta: a meta-learned combination of a weight's steps and its value."""

from know.hypernetwork.models.linear_meta import LinearMeta
from know.predictors.by_hypernetwork import predict_by

PREDICTS_WINDOWS = True
NEEDS_HYPERNETWORK = True

predict = predict_by(LinearMeta)
