import pytest
import torch

from know.errors import KnowError
from know.predictors import PREDICTORS

# Oldest knowledge first.
HISTORY = torch.tensor([[1.0, -4.0], [2.0, 0.0], [6.0, 1.0]])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({}, [3, -1]), ({"stages": 2}, [4, 0.5]), ({"stages": 1}, [6, 1])],
)
def test_the_newest_stages_are_averaged(options, wanted):
    found = PREDICTORS["soup"](HISTORY, **options)
    assert found.tolist() == wanted


def test_more_stages_than_there_are_cannot_be_averaged():
    with pytest.raises(KnowError, match="soup averages 4 stages, got 3"):
        PREDICTORS["soup"](HISTORY, stages=4)
