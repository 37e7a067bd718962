import pytest

from know.predictors.linear_fit import predict as linear_fit
from know.predictors.log_fit import predict as log_fit


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (1, [1.1, 1.03125, 0.11, 0.3, -0.64, 0]),
        (2, [1.2, 1.14375, 0.15, 0.3, -0.76, 0]),
        (3, [1.3, 1.25625, 0.19, 0.3, -0.88, 0]),
    ],
)
def test_linear_fit_follows_the_line_over_stages(rows, agrees, horizon, wanted):
    agrees(linear_fit(rows, horizon=horizon), wanted)


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (1, [1.002022342645519, 0.9025693607414681, 0.03034201546536655]),
        (2, [1.0393510406843662, 0.9411539784610086, 0.03779621530220112]),
        (3, [1.0716866297299237, 0.9745774946190215, 0.04425333690704533]),
    ],
)
def test_log_fit_follows_the_logarithm_over_stages(rows, agrees, horizon, wanted):
    agrees(log_fit(rows, horizon=horizon)[:3], wanted)
