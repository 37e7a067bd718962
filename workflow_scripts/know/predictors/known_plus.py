"""KNOWN-plus: our hypernetwork, which brings each tensor to one scale."""

from know.hypernetwork.models.known_plus import KnownPlus
from know.predictors.by_hypernetwork import predict_by

PREDICTS_WINDOWS = True
NEEDS_HYPERNETWORK = True

predict = predict_by(KnownPlus)
