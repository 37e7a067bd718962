import pytest
import torch

from know.errors import KnowError
from know.predictors import PREDICTORS
from know.predictors.assemble import predict_state

KINDS = {
    "conv.weight": "conv",
    "conv.bias": "bias",
    "bn.weight": "norm",
    "bn.count": "buffer",
    "temperature": "bias",
}


def state(seed):
    generator = torch.Generator().manual_seed(seed)
    return {
        "conv.weight": torch.randn(4, 2, 3, 3, generator=generator),
        "conv.bias": torch.randn(4, generator=generator).half(),
        "bn.weight": torch.randn(4, generator=generator),
        "bn.count": torch.tensor(seed),
        "temperature": torch.randn((), generator=generator),
    }


@pytest.fixture
def stages():
    """Theta_0, Theta_1, Theta_2."""
    return [state(0), state(1), state(2)]


def predict(stages, name="task-vector", horizon=1):
    return predict_state(stages, KINDS, PREDICTORS[name], horizon=horizon, rate=0.5)


def test_the_prediction_fits_where_theta_0_fits(stages):
    found = predict(stages)
    assert list(found) == list(stages[0])
    for name, value in stages[0].items():
        assert found[name].shape == value.shape
        assert found[name].dtype == value.dtype


def test_kernels_and_biases_are_predicted_from_theta_0_on(stages):
    found = predict(stages, horizon=2)
    for name in ("conv.weight", "temperature"):
        wanted = 2 * stages[0][name] - stages[2][name]
        torch.testing.assert_close(found[name], wanted)


def test_norms_and_buffers_are_copies_of_theta_0s(stages):
    found = predict(stages)
    for name in ("bn.weight", "bn.count"):
        assert torch.equal(found[name], stages[0][name])
        assert found[name].data_ptr() != stages[0][name].data_ptr()


def test_a_tensor_that_never_moves_is_copied(stages):
    frozen = stages[0]["conv.weight"]
    found = predict([{**stage, "conv.weight": frozen} for stage in stages], "shrink")
    assert torch.equal(found["conv.weight"], frozen)
    assert torch.equal(found["temperature"], 0.9 * stages[0]["temperature"])


def test_a_matrix_that_counts_inputs_first_is_shown_outputs_first():
    generator = torch.Generator().manual_seed(0)
    stages = [
        {"c_fc.weight": torch.randn(2, 3, generator=generator), "c_fc.bias": zeros}
        for zeros in torch.zeros(2, 3)
    ]

    def grows_with_outputs(history, **_):
        assert history.shape == (2, 3, 2)
        return history[-1] + torch.tensor([[0.0], [1.0], [2.0]])

    kinds = {"c_fc.weight": "fc", "c_fc.bias": "bias"}
    found = predict_state(stages, kinds, grows_with_outputs, horizon=1, rate=0.5)
    wanted = stages[0]["c_fc.weight"] + torch.tensor([0.0, 1.0, 2.0])
    assert torch.equal(found["c_fc.weight"], wanted)


def test_the_predictor_is_told_kind_rate_and_horizon(stages):
    told = {}

    def predictor(history, **options):
        told[tuple(history.shape)] = options
        return history[-1].clone()

    predict_state(stages, KINDS, predictor, horizon=2, rate=1 / 3)
    assert told[3, 4, 2, 3, 3] == {"horizon": 2, "rate": 1 / 3, "kind": "conv"}
    assert told[3, 4]["kind"] == "bias"
    assert (3, 1) in told


def test_every_offender_is_named_at_once(stages):
    stages[1]["conv.weight"] = torch.zeros(4, 2, 1, 1)
    stages[1]["conv.bias"] = stages[1]["conv.bias"].float()
    stages[2]["bn.weight"][0] = float("nan")
    del stages[2]["temperature"]
    stages[2]["extra"] = torch.zeros(1)
    with pytest.raises(KnowError) as refusal:
        predict(stages)
    message = str(refusal.value)
    assert "stage 1: 'conv.weight' has shape (4, 2, 1, 1), torch.float32" in message
    assert "stage 1: 'conv.bias' has shape (4,), torch.float32; stage 0" in message
    assert "stage 2: 'bn.weight' has NaN or infinite values" in message
    assert "stage 2: 'temperature' is missing" in message
    assert "stage 2: 'extra' is not in stage 0" in message


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["conv.weight", "conv.bias", "temperature"])
def test_one_bad_value_is_found(stages, name, bad):
    stages[1][name].view(-1)[-1] = bad
    with pytest.raises(KnowError, match=f"stage 1: '{name}' has NaN or infinite"):
        predict(stages)


def test_tensors_whose_kind_does_not_fit_are_named(stages):
    kinds = {**KINDS, "conv.weight": "kernel", "bn.count": "bias"}
    del kinds["bn.weight"]
    with pytest.raises(KnowError) as refusal:
        predict_state(stages, kinds, PREDICTORS["shrink"], horizon=1, rate=0.5)
    message = str(refusal.value)
    assert "'bn.weight' has no kind" in message
    assert "'conv.weight' is of kind 'kernel', wanted one of conv, fc" in message
    assert "'bn.count' is of kind 'bias' but torch.int64, not a float" in message


def test_one_stage_is_no_trajectory(stages):
    with pytest.raises(KnowError, match="stages >= 2, got 1"):
        predict(stages[:1])


def test_a_refusal_of_the_method_names_the_tensor(stages):
    with pytest.raises(KnowError, match=r"'conv.weight': task-vector mirrors"):
        predict(stages, horizon=3)


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        (lambda history, **_: history, r"wanted a prediction of shape \(4, 2, 3, 3\)"),
        (lambda history, **_: history[-1] / 0, "gave NaN or infinite"),
    ],
)
def test_a_predictor_that_breaks_its_word_is_refused(stages, predictor, message):
    with pytest.raises(KnowError, match=message):
        predict_state(stages, KINDS, predictor, horizon=1, rate=0.5)
