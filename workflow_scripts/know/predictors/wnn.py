"""WNN: KNOWN's network on histories brought to one scale, weight by weight."""

from know.hypernetwork.models.wnn import Wnn
from know.predictors.by_hypernetwork import predict_by

PREDICTS_WINDOWS = True
NEEDS_HYPERNETWORK = True

predict = predict_by(Wnn)
