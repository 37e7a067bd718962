import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import safetensors.torch
import timm
import torch
from torch import nn

import know
from know.callbacks import record_stage
from know.errors import KnowError
from know.store.read import open_trajectory

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/own_network.md").read_text()
OWN_NETWORK = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S))
TRAINERS = "import lightning\n"
"""Where the page's part on trainers begins."""


@pytest.fixture
def states():
    """Theta_0, Theta_1, Theta_2 on a straight line."""
    return [
        {"fc.weight": torch.full((2, 3), 4.0 - stage), "norm.weight": torch.ones(3)}
        for stage in range(3)
    ]


def saved(states, folder):
    paths = [folder / f"{number}.safetensors" for number in range(len(states))]
    for path, state in zip(paths, states, strict=True):
        safetensors.torch.save_file(state, path)
    return paths


def samples_in(store):
    with open_trajectory(store) as trajectory:
        return [stage.samples for stage in trajectory.attributes.stages]


def test_the_page_on_own_networks_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(OWN_NETWORK.partition(TRAINERS)[0], names)
    assert names["weights"].shape == (5, 4, 1, 3, 3)
    assert samples_in("run.zarr.zip") == [480, 240, 120, 60, 30]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:::(lightning|torch)")
def test_the_page_s_part_on_trainers_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, _, rest = OWN_NETWORK.partition("import know\n")
    names = {"know": know}
    exec(data + TRAINERS + rest.partition(TRAINERS)[2], names)
    assert samples_in("lightning.zarr.zip") == [480, 240, 120, 60, 30]
    assert samples_in("gpt2.zarr.zip") == [64, 32, 16]
    with open_trajectory("lightning.zarr.zip") as trajectory:
        last = trajectory.attributes.stages[-1]
    assert (last.epochs, last.accuracy) == (2, names["evaluate"](names["net"]))
    with know.open("lightning.zarr.zip") as tensors:
        assert torch.equal(tensors["0.weight"][-1], names["net"][0].weight)
    with open_trajectory("gpt2.zarr.zip") as trajectory:
        last = trajectory.attributes.stages[-1]
    assert (last.epochs, last.learning_rate) == (2, pytest.approx(5e-5))
    with know.open("gpt2.zarr.zip") as tensors:
        head = tensors["lm_head.weight"]
        assert torch.equal(head, tensors["transformer.wte.weight"])
        assert torch.equal(head[-1], names["model"].lm_head.weight)


def test_stages_may_be_states_files_or_a_store(states, tmp_path):
    network = nn.ModuleDict({"fc": nn.Linear(3, 2, bias=False), "norm": nn.RMSNorm(3)})
    with know.Recorder(tmp_path / "run.zarr.zip", network) as record:
        for number, state in enumerate(states):
            network.load_state_dict(state)
            record(samples=400 >> number)
    for source in (states, saved(states, tmp_path), tmp_path / "run.zarr.zip"):
        found = know.predict(source, "linear-fit", horizon=2)
        torch.testing.assert_close(found["fc.weight"], torch.full((2, 3), 6.0))
        assert torch.equal(found["norm.weight"], torch.ones(3))
        with know.open(source) as tensors:
            assert set(tensors) == {"fc.weight", "norm.weight"}
            assert tensors["fc.weight"][:, 0, 0].tolist() == [4, 3, 2]
            assert tensors.kinds["norm.weight"] == "norm"


NETWORKS = {
    "convnextv2_atto": {"depths": (1, 1, 1, 1), "dims": (8, 8, 16, 16)},
    "vit_tiny_patch16_224": {"depth": 1, "embed_dim": 12, "img_size": 32},
    "swinv2_tiny_window8_256": {
        "depths": (1, 1),
        "embed_dim": 8,
        "num_heads": (1, 2),
        "img_size": 64,
        "window_size": 4,
    },
    "resnet18": {"channels": (4, 4, 8, 8), "stem_width": 4},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("method", ["tsv", "linear-fit"])
def test_networks_of_timm_take_their_prediction_back(name, method):
    network = timm.create_model(name, num_classes=3, **NETWORKS[name])
    parameters = dict(network.named_parameters())
    draws, states = torch.Generator().manual_seed(0), []
    for _ in range(5):
        states.append({n: v.clone() for n, v in network.state_dict().items()})
        with torch.no_grad():
            for parameter in parameters.values():
                parameter += 0.01 * torch.randn(parameter.shape, generator=draws)
    found = know.predict(states, method)
    network.load_state_dict(found, strict=True)
    moved = {n for n in found if not torch.equal(found[n], states[0][n])}
    scales = {
        f"{path}.{own}"
        for path, module in network.named_modules()
        for own, _ in module.named_parameters(recurse=False)
        if "Norm" in type(module).__name__ or own in {"gamma", "logit_scale"}
    }
    # Buffers are copied too, and what never moved.
    assert moved == set(parameters) - scales


def test_a_tensor_can_be_left_out(states):
    found = know.predict(states, "linear-fit", skip=["fc.*"])
    assert torch.equal(found["fc.weight"], states[0]["fc.weight"])


def test_a_diagnosis_prints_its_verdict(states):
    text = str(know.diagnose(states))
    assert "Is it smooth?" in text
    assert "verdict: whether the path forgets is unknown" in text


def test_subsets_are_nested_and_shrink_by_the_rate():
    subsets = know.nested_subsets(torch.arange(90), rate=1 / 3, stages=3, seed=1)
    drawn = [set(subset.indices) for subset in subsets]
    assert [len(each) for each in drawn] == [90, 30, 10]
    assert drawn[2] < drawn[1] < drawn[0]
    again = know.nested_subsets(torch.arange(90), rate=1 / 3, stages=3, seed=2)
    assert set(again[2].indices) != drawn[2]


class TestRecordStage:
    """What the callbacks of all trainers share."""

    @pytest.fixture
    def network(self):
        return nn.Sequential(nn.Linear(2, 2), nn.Dropout())

    def test_a_stage_has_the_accuracy_and_the_size_of_its_data(self, tmp_path, network):
        def accuracy(evaluated):
            assert evaluated is network
            assert not torch.is_grad_enabled()
            network.eval()
            return 75.0

        network.train()
        network[1].eval()
        with know.Recorder(tmp_path / "a.zarr.zip", network) as record:
            whole = nn.ModuleDict({"body": network, "head": nn.Linear(2, 2)})
            record_stage(record, whole, range(40), accuracy=accuracy, epochs=3)
        assert [network[0].training, network[1].training] == [True, False]
        with open_trajectory(tmp_path / "a.zarr.zip") as trajectory:
            (stage,) = trajectory.attributes.stages
        assert (stage.samples, stage.accuracy, stage.epochs) == (40, 75, 3)

    def test_another_network_than_the_trained_one_is_refused(self, tmp_path, network):
        with (
            know.Recorder(tmp_path / "a.zarr.zip", network) as record,
            pytest.raises(KnowError, match="the network that is trained, or a part"),
        ):
            record_stage(record, nn.Linear(2, 2), [0], accuracy=None)


class TestRecorder:
    def test_tied_weights_are_recorded_under_both_names(self, tmp_path):
        network = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2))
        network[1].weight = network[0].weight
        with know.Recorder(tmp_path / "a.zarr.zip", network) as record:
            record(samples=2)
            record(samples=1)
        for source in (tmp_path / "a.zarr.zip", [network.state_dict()] * 2):
            with know.open(source) as tensors:
                assert torch.equal(tensors["0.weight"], tensors["1.weight"])
                assert torch.equal(tensors["1.weight"][1], network[0].weight)

    @pytest.mark.parametrize(
        ("samples", "message"),
        [
            ([100, 100], "fewer samples at stage 1 than the 100 of the stage before"),
            ([100, 40], r"wanted 50 samples at stage 1, 100 times 0\.5\^1, got 40"),
        ],
    )
    def test_data_that_do_not_shrink_by_the_rate_are_refused(
        self, tmp_path, samples, message
    ):
        recorder = know.Recorder(tmp_path / "a.zarr.zip", nn.Linear(2, 2), rate=0.5)
        with recorder as record:
            record(samples=samples[0])
            with pytest.raises(KnowError, match=message):
                record(samples=samples[1])

    def test_an_error_leaves_nothing(self, tmp_path):
        recorder = know.Recorder(tmp_path / "a.zarr.zip", nn.Linear(2, 2))
        with pytest.raises(ZeroDivisionError), recorder as record:
            record(samples=1 // (record(samples=2) or 0))
        assert list(tmp_path.iterdir()) == []

    def test_shares_in_place_of_percent_are_noticed(self, tmp_path, caplog):
        with know.Recorder(tmp_path / "a.zarr.zip", nn.Linear(2, 2)) as record:
            record(samples=4, accuracy=1.0)
            record(samples=2, accuracy=0.75)
        assert "wanted percent, found 1, 0.75; are these shares?" in caplog.text

    def test_a_store_needs_its_suffix(self, tmp_path):
        with pytest.raises(KnowError, match=r"ends in \.zarr\.zip, got"):
            know.Recorder(tmp_path / "a.zarr", nn.Linear(2, 2))


def test_statistics_are_measured_for_the_weights_that_are_loaded():
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    state = network.state_dict() | {"0.weight": torch.full((1, 1), 2.0)}
    batches = [
        (torch.tensor([[1.0], [3.0]]), "labels"),
        (torch.tensor([[5.0], [7.0]]),),
    ]
    found = know.recalibrate_norms(network, state, batches)
    # Twice the means 2 and 6, and four times the variances 2 and 2.
    assert found["1.running_mean"].item() == 8
    assert found["1.running_var"].item() == pytest.approx(8)
    # Training on changes the network, and not what is kept of it.
    network[0].weight.data.zero_()
    assert found["0.weight"].item() == 2


class TestCompare:
    def test_differences_are_paired_by_seed(self):
        # Differences to naive: 1, 2, 3; mean 2, standard error 1 / sqrt(3).
        gains = {"naive": 0.0, "known": 1.0, "same": 0.0}

        def score(candidate, seed):
            return 50 + 10 * seed + candidate * seed

        found = know.compare(gains, score, seeds=[1, 2, 3], margin=1)
        assert found.loc["naive", "verdict"] == "reference"
        assert found.loc["known", ["mean", "delta"]].tolist() == [72, 2]
        assert found.loc["known", "high"] == pytest.approx(2 + 4.302653 / 3**0.5)
        assert found.loc["known", "verdict"] == "cannot tell"
        assert found.loc["same", "verdict"] == "within ±1 points"

    def test_a_clear_gain_is_better(self):
        found = know.compare(
            {"a": 0, "b": 5}, lambda c, seed: c + 0.1 * c * seed, seeds=range(8)
        )
        assert found.loc["b", "verdict"] == "better"

    def test_one_seed_cannot_tell(self):
        found = know.compare({"a": 0, "b": 5}, lambda c, _: c, seeds=[0])
        assert found.loc["b", "verdict"] == "cannot tell: one seed"
        assert isinstance(found, pd.DataFrame)

    @pytest.mark.parametrize(
        ("names", "seeds"), [("a", [1]), ("ab", []), ("ab", [1, 1])]
    )
    def test_nothing_to_compare_is_refused(self, names, seeds):
        with pytest.raises(KnowError, match="two candidates or more and seeds that"):
            know.compare(dict.fromkeys(names, 0), lambda c, _: c, seeds=seeds)


def test_the_package_loads_its_interface_on_first_use():
    script = "import sys, know; assert 'torch' not in sys.modules; know.predict"
    root = PROJECT / "workflow_scripts"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, check=False)
    assert done.returncode == 0
    with pytest.raises(AttributeError, match="'know' has no attribute 'prophesy'"):
        _ = know.prophesy


def test_type_checkers_see_what_the_package_offers():
    stub = (PROJECT / "workflow_scripts/know/__init__.pyi").read_text()
    offered = set(re.findall(r"import (\w+) as \1", stub))
    from know import api

    assert offered == set(api.__all__)
    assert (PROJECT / "workflow_scripts/know/py.typed").exists()
