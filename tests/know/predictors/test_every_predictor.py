"""The contract and the properties that tasks and readers of tables rely on."""

import pytest
import torch

from know.errors import KnowError
from know.predictors import PREDICTORS

ALL = sorted(PREDICTORS)
WITH_MODELS = [n for n in ALL if PREDICTORS.facts(n).get("NEEDS_HYPERNETWORK")]
CLOSED_FORM = [name for name in ALL if name not in WITH_MODELS]
REACHING_BACK = ["consensus-ta", "mag-max", "task-vector", "tsv"]
STRAIGHT = ["ar1", "linear-fit", "task-vector", "mag-max", "consensus-ta"]
SHRINKING = {"shrink", "shrink-perturb"}
# A shift makes another ratio of an exponential.
SHIFTING = sorted({*CLOSED_FORM} - SHRINKING - {"exp-fit"})
# Without a ratio AR(1) copies what it has of two stages, and a fit by an exponential,
# a mean or a shrink of them is finite.
OVERFLOWING = sorted({*CLOSED_FORM} - SHRINKING - {"ar1", "exp-fit", "soup"})


@pytest.fixture
def predict(models_of):
    """Call a method by name, the hypernetworks given to those that need them."""

    def call(name, history, **options):
        if name in WITH_MODELS:
            options = {"models": models_of(name), **options}
        return PREDICTORS[name](history, **options)

    return call


def weights(*shape, dtype=torch.float64, seed=0):
    return torch.randn(
        shape, dtype=dtype, generator=torch.Generator().manual_seed(seed)
    )


@pytest.mark.parametrize("name", ALL)
class TestEveryPredictor:
    @pytest.mark.parametrize(
        "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64]
    )
    def test_keeps_shape_and_dtype(self, name, predict, dtype):
        for shape in [(6,), (4, 3), (4, 3, 2, 2), (0,), (1, 1)]:
            found = predict(name, weights(5, *shape).to(dtype), horizon=2)
            assert (found.shape, found.dtype) == (shape, dtype)
            assert torch.isfinite(found).all()

    def test_takes_every_predicted_kind(self, name, predict):
        for kind in ("conv", "fc", "bias"):
            assert predict(name, weights(5, 3), rate=1 / 3, kind=kind).shape == (3,)

    def test_leaves_its_input_alone(self, name, predict):
        history = weights(5, 4, 3)
        before = history.clone()
        found = predict(name, history, horizon=3)
        found += 1
        assert torch.equal(history, before)

    def test_takes_a_history_that_is_not_contiguous(self, name, predict):
        history = weights(4, 3, 5).permute(2, 0, 1)
        found = predict(name, history)
        torch.testing.assert_close(found, predict(name, history.contiguous()))

    def test_computes_halves_in_more_than_half_precision(self, name, predict):
        history = weights(5, 4, 3).half()
        wanted = predict(name, history.float(), horizon=2).half()
        assert torch.equal(predict(name, history, horizon=2), wanted)

    @pytest.mark.parametrize(
        ("history", "message"),
        [
            *(
                (torch.zeros(shape), r"weights of shape \(stages >= 2, \.\.\.\)")
                for shape in [(3,), (1, 4), (0, 4), ()]
            ),
            (torch.full((5, 4), torch.nan), "finite weights, got NaN"),
            (torch.full((5, 4), torch.inf), "finite weights, got NaN"),
            (torch.zeros(5, 4, dtype=int), "weights of a float dtype, got torch.int64"),
        ],
    )
    def test_refuses_a_history_that_is_none(self, name, predict, history, message):
        with pytest.raises(KnowError, match=f"^{name} needs {message}"):
            predict(name, history)

    @pytest.mark.parametrize(
        "wrong", [{"horizon": n} for n in (0, 1.5)] + [{"rate": r} for r in (0, 1, 2)]
    )
    def test_refuses_wrong_horizons_and_rates(self, name, predict, wrong):
        ((argument, value),) = wrong.items()
        with pytest.raises(
            KnowError, match=f"^{name} needs a {argument} .*got {value}"
        ):
            predict(name, weights(5, 4), **wrong)


@pytest.mark.parametrize("name", WITH_MODELS)
class TestEveryPredictorWithHypernetworks:
    def test_refuses_to_go_without(self, name):
        with pytest.raises(
            KnowError, match=f"{name} needs a hypernetwork .*none at all"
        ):
            PREDICTORS[name](weights(5, 4))

    def test_refuses_those_of_another_method(self, name, predict, models_of):
        other = "wnn" if name == "known" else "known"
        with pytest.raises(
            KnowError, match=f"{name} .*architecture '{name}' .*got .*'{other}'"
        ):
            predict(name, weights(5, 4), models=models_of(other))

    def test_refuses_a_history_that_is_too_short(self, name, predict):
        with pytest.raises(KnowError, match=rf"{name} .*\(stages >= 5, .*got \(4, 3\)"):
            predict(name, weights(4, 3))

    def test_sees_the_newest_stages_of_a_longer_history(self, name, predict):
        history = weights(7, 4, 3)
        found = predict(name, history, horizon=2)
        assert torch.equal(found, predict(name, history[-5:], horizon=2))

    def test_asks_the_model_of_the_kind(self, name, predict):
        history = weights(5, 4, 3)
        found = [predict(name, history, kind=kind) for kind in ("conv", "fc", "bias")]
        assert not torch.equal(found[0], found[1])
        assert not torch.equal(found[1], found[2])

    @pytest.mark.parametrize("horizon", [1, 4, 7])
    def test_goes_beyond_what_the_model_reaches(self, name, predict, horizon):
        assert torch.isfinite(predict(name, weights(5, 4, 3), horizon=horizon)).all()


@pytest.mark.parametrize("horizon", [1, 2, 3, 4])
class TestProperties:
    @pytest.mark.parametrize("name", sorted({*CLOSED_FORM} - SHRINKING))
    def test_a_constant_trajectory_stays(self, name, horizon):
        constant = weights(4, 3).expand(5, -1, -1)
        found = PREDICTORS[name](constant, horizon=horizon)
        torch.testing.assert_close(found, constant[-1], rtol=0, atol=1e-12)

    @pytest.mark.parametrize("name", STRAIGHT)
    def test_a_straight_trajectory_goes_on(self, name, horizon):
        base, step = weights(4, 3), weights(4, 3, seed=1)
        history = torch.stack([base - k * step for k in (4, 3, 2, 1, 0)])
        found = PREDICTORS[name](history, horizon=horizon)
        wanted = base + horizon * step
        if name == "consensus-ta" and horizon == 4:
            # tau is proportional to 1, 2, 3, 4: only two of four stand out.
            wanted = base
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("name", sorted({*CLOSED_FORM} - {"shrink-perturb"}))
    def test_scaled_weights_give_a_scaled_prediction(self, name, horizon):
        history = weights(5, 4, 3)
        found = PREDICTORS[name](-3.7 * history, horizon=horizon)
        wanted = -3.7 * PREDICTORS[name](history, horizon=horizon)
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-9)

    @pytest.mark.parametrize("name", SHIFTING)
    def test_shifted_weights_give_a_shifted_prediction(self, name, horizon):
        history, shift = weights(5, 4, 3), weights(4, 3, seed=1)
        found = PREDICTORS[name](history + shift, horizon=horizon)
        wanted = PREDICTORS[name](history, horizon=horizon) + shift
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_tsv_of_full_rank_is_the_task_vector(horizon):
    history = weights(5, 6, 2, 3)
    found = PREDICTORS["tsv"](history, horizon=horizon, fraction=1.0)
    wanted = PREDICTORS["task-vector"](history, horizon=horizon)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "horizon"), [("consensus-ta", 1), ("consensus-ta", 2), ("mag-max", 1)]
)
def test_merging_too_few_candidates_is_the_task_vector(name, horizon):
    history = weights(5, 7)
    found = PREDICTORS[name](history, horizon=horizon)
    assert torch.equal(found, PREDICTORS["task-vector"](history, horizon=horizon))


@pytest.mark.parametrize("name", REACHING_BACK)
def test_a_horizon_beyond_the_oldest_stage_is_refused(name):
    with pytest.raises(KnowError, match=f"{name} .*5 stages .* at most 4, got 5"):
        PREDICTORS[name](weights(5, 4), horizon=5)


@pytest.mark.parametrize("name", OVERFLOWING)
def test_an_overflow_is_refused(name):
    history = torch.tensor([[-60000.0], [60000.0]]).half()
    with pytest.raises(KnowError, match=f"{name} predicts NaN or infinite"):
        PREDICTORS[name](history)
