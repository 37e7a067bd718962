"""Large tensors are predicted window by window, with the numbers of whole ones."""

import pytest
import safetensors.torch
import torch

import know
from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS, stages
from know.predictors.assemble import predict_state
from know.predictors.methods import bound_method, files_in, needs_hypernetwork
from know.predictors.predict import write_predictions
from know.randomness import seed_for
from know.store.write import write_trajectory
from know.weights.checkpoint import load_checkpoint

CPU = torch.device("cpu")
WINDOW = 2**16
# Four windows, of which the last one takes the 512 weights that are left.
SHAPE = (513, 512)
# Each of these measures the tensor as a whole, and sums in another order in windows.
MEASURING = {"ar1", "known-plus", "nino-mlp"}
WINDOWED = [n for n in PREDICTORS if PREDICTORS.facts(n).get("PREDICTS_WINDOWS")]


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch):
    monkeypatch.setattr(stages, "WINDOW", WINDOW)


@pytest.fixture
def hypernetworks(tmp_path, models_of):
    """A maker of files with a method's hypernetworks; none for most methods."""

    def save(name):
        if not needs_hypernetwork(name):
            return {}
        paths = files_in(tmp_path / "hypernetworks", name)
        for kind, path in paths.items():
            files.save(path, models_of(name)[kind], {"kind": kind})
        return paths

    return save


@pytest.fixture
def predict(tmp_path):
    """A call of a method on files of stages, Theta_0 first."""

    def run(states, name, hypernetworks, *, horizon=1):
        paths = [tmp_path / f"{stage}.safetensors" for stage in range(len(states))]
        for path, state in zip(paths, states, strict=True):
            safetensors.torch.save_file(state, path)
        output = tmp_path / "out.safetensors"
        write_predictions(
            paths,
            name,
            options={},
            hypernetworks=hypernetworks,
            horizons=[horizon],
            rate=0.5,
            outputs=[output],
            device=CPU,
        )
        return load_checkpoint(output)[0]

    return run


def moving(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return [
        {"weight": (0.1 * torch.randn(SHAPE, generator=generator)).to(dtype)}
        for _ in range(5)
    ]


def whole(states, name, hypernetworks, *, horizon=1):
    method = bound_method(name, options={}, hypernetworks=hypernetworks, device=CPU)
    if PREDICTORS.facts(name).get("NEEDS_SEED"):
        seed = seed_for("prediction", name, "", "weight")
        method.keywords["generator"] = torch.Generator().manual_seed(seed)
    kinds = {"weight": "fc"}
    return predict_state(states, kinds, method, horizon=horizon, rate=0.5)


def test_only_the_method_of_singular_vectors_takes_whole_tensors():
    assert {*PREDICTORS} - {*WINDOWED} == {"tsv"}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", WINDOWED)
def test_windows_give_the_bits_of_the_whole_tensor(name, dtype, predict, hypernetworks):
    states, paths = moving(dtype), hypernetworks(name)
    found = predict(states, name, paths, horizon=2)["weight"]
    wanted = whole(states, name, paths, horizon=2)["weight"]
    if name in MEASURING:
        torch.testing.assert_close(found, wanted)
    else:
        assert torch.equal(found, wanted)


def test_windows_of_a_store_are_those_of_files(predict, tmp_path, make_attributes):
    states, store = moving(), tmp_path / "run.zarr.zip"
    attributes = make_attributes("run", stages=len(states))
    write_trajectory(store, states, {"weight": "fc"}, attributes)
    wanted = predict(states, "linear-fit", {})["weight"]
    found = know.predict(store, "linear-fit")["weight"]
    assert torch.equal(found, wanted)


def test_facts_of_predicted_stages_are_of_the_whole_tensor_too(predict, hypernetworks):
    states, paths = moving(), hypernetworks("known-plus")
    found = predict(states, "known-plus", paths, horizon=7)["weight"]
    wanted = whole(states, "known-plus", paths, horizon=7)["weight"]
    torch.testing.assert_close(found, wanted)


def test_a_matrix_that_counts_inputs_first_is_described_as_the_other_way(
    predict, hypernetworks
):
    # The fan-in is a fact that the prediction depends on.
    biases = [{"bias": torch.arange(512.0) * stage} for stage in range(5)]
    states, paths = moving(), hypernetworks("known-plus")
    turned = [{"weight": state["weight"].T.contiguous()} for state in states]
    wanted = whole(turned, "known-plus", paths)["weight"].T
    states = [state | bias for state, bias in zip(states, biases, strict=True)]
    found = predict(states, "known-plus", paths)["weight"]
    torch.testing.assert_close(found, wanted.contiguous())


def test_a_window_that_rests_in_a_tensor_that_moves_is_predicted(predict):
    states = [{"weight": torch.ones(3, WINDOW)} for _ in range(3)]
    states[0]["weight"][-1, -1] = 2
    found = predict(states, "shrink", {})["weight"]
    assert torch.equal(found, 0.9 * states[0]["weight"])


def test_a_tensor_that_rests_is_copied(predict):
    states = [{"weight": torch.ones(3, WINDOW)} for _ in range(3)]
    assert torch.equal(predict(states, "shrink", {})["weight"], torch.ones(3, WINDOW))


def test_a_bad_value_in_any_window_is_refused_once(predict, tmp_path):
    states = moving()
    for row in (300, 512):
        states[1]["weight"][row] = torch.nan
    with pytest.raises(KnowError) as error:
        predict(states, "soup", {})
    assert str(error.value).count("stage 1: 'weight' has NaN or infinite values") == 1
    assert not (tmp_path / "out.safetensors").exists()


def test_what_a_method_refuses_is_said_with_the_tensor_s_name(predict):
    with pytest.raises(KnowError, match=r"'weight': task-vector .* at most 4, got 5"):
        predict(moving(), "task-vector", {}, horizon=5)
