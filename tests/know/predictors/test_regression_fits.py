import pytest

from know.errors import KnowError
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


def test_the_line_weighs_the_stages_as_worked_by_hand(rows, agrees):
    # t = 1 .. 5, target 6: 1/5 + 3 (t - 3) / 10.
    weights = [-0.4, -0.1, 0.2, 0.5, 0.8]
    wanted = sum(w * row for w, row in zip(weights, rows, strict=True))
    agrees(linear_fit(rows), wanted.tolist())


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (1, [1.4241935483870969, 1.5, 0.4078629032258065, 0.3, -1.0030241935483872, 0]),
        (3, [3.7467741935483865, 4.5, 1.962701612903226, 0.3, -3.693346774193549, 0]),
    ],
)
def test_linear_fit_follows_the_line_over_sizes(rows, agrees, horizon, wanted):
    agrees(linear_fit(rows, horizon=horizon, axis="size"), wanted)


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (2, [1.2, 1.1875, 0.283, 0.3, -0.767, 0]),
        (3, [1.3, 1.340625, 0.3114, 0.3, -0.8536, 0]),
    ],
)
def test_an_iterated_line_is_fitted_again(rows, agrees, horizon, wanted):
    agrees(linear_fit(rows, horizon=horizon, mode="iterate"), wanted)


def test_an_anchored_line_starts_at_theta_0(rows, agrees):
    # Row C: the slope over stages is .04 (worked by hand), theta_0 is .2.
    found = linear_fit(rows, horizon=2, anchored=True)
    agrees(found[2], 0.2 + 2 * 0.04)


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


def test_an_anchored_logarithm_starts_at_theta_0(rows, agrees):
    wanted = [1.0441504789155693, 1.0456359166161928, 0.20881644713100125, 0.3]
    agrees(log_fit(rows, anchored=True)[:4], wanted)


def test_an_iterated_logarithm_is_fitted_again(rows, agrees):
    wanted = [1.0799301860289914, 1.045182194199568, 0.13473206547263283, 0.3]
    agrees(log_fit(rows, horizon=3, mode="iterate")[:4], wanted)


@pytest.mark.parametrize("method", [linear_fit, log_fit])
@pytest.mark.parametrize("option", ["axis", "mode"])
def test_an_unknown_option_is_refused(rows, method, option):
    with pytest.raises(
        KnowError, match=rf"_fit needs {option} to be one of .*'epochs'"
    ):
        method(rows, **{option: "epochs"})


def test_a_logarithm_of_logarithms_is_refused(rows):
    with pytest.raises(KnowError, match="one of stage, size; got 'log_size'"):
        log_fit(rows, axis="log_size")
