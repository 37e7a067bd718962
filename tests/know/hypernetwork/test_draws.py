from dataclasses import replace

import pytest
import torch

from know.errors import KnowError
from know.hypernetwork.draws import joined, read_draws, write_draws
from know.store.shards import RecordedRun, write_shard
from know.weights.checkpoint import save_checkpoint

NUM_STAGES = 3
SHAPES = {"conv.weight": (4, 2, 3, 3), "fc.weight": (5, 8), "fc.bias": (5,)}
KINDS = {
    "conv.weight": "conv",
    "norm.weight": "norm",
    "fc.weight": "fc",
    "fc.bias": "bias",
    "steps": "buffer",
}


def states(scale):
    """A weight is `scale` (1000 stage + its coordinate)."""
    return [
        {
            **{
                name: scale * (1000.0 * stage + torch.arange(size_of(shape)))
                for name, shape in SHAPES.items()
            },
            "norm.weight": torch.ones(4),
            "steps": torch.tensor(7),
        }
        for stage in range(NUM_STAGES)
    ]


def size_of(shape):
    return torch.Size(shape).numel()


@pytest.fixture
def trials(make_facts, make_attributes):
    """Two trials of one network; the second one's weights are -2 times the first's."""

    def shaped(state):
        return {n: v.reshape(SHAPES.get(n, v.shape)) for n, v in state.items()}

    return [
        RecordedRun(
            states=[shaped(state) for state in states(scale)],
            kinds=KINDS,
            attributes=make_attributes(
                f"small-{number}", stages=NUM_STAGES, settings=make_facts(number)
            ),
        )
        for number, scale in ((0, 1), (1, -2))
    ]


@pytest.fixture
def shard(tmp_path, trials):
    path = tmp_path / "shard.zarr.zip"
    write_shard(path, trials)
    return path


@pytest.fixture
def draw(tmp_path, shard):
    """Draw so many weights of each tensor; the file."""

    def write(most, name="draws"):
        path = tmp_path / f"{name}.safetensors"
        write_draws(path, shard, weights_per_tensor=most, stages=NUM_STAGES)
        return path

    return write


@pytest.mark.parametrize(
    ("kind", "name", "fan_in"),
    [
        ("conv", "conv.weight", 18),
        ("fc", "fc.weight", 8),
        ("bias", "fc.bias", 1),
    ],
)
class TestOneKind:
    def test_products_and_sums_are_those_of_whole_tensors(
        self, draw, trials, kind, name, fan_in
    ):
        found = read_draws(draw(4), kind)
        size = size_of(SHAPES[name])
        assert found.sizes_K.tolist() == [size, size]
        assert found.fan_in_K.tolist() == [fan_in, fan_in]
        assert found.trial_K.tolist() == [0, 1]
        for tensor, trial in enumerate(trials):
            stages = [state[name].double() for state in trial.states]
            for i, a in enumerate(stages):
                assert found.sums_KT[tensor, i] == a.sum()
                for j, b in enumerate(stages):
                    wanted = pytest.approx((a * b).sum().item(), rel=1e-14)
                    assert found.gram_KTT[tensor, i, j].item() == wanted

    def test_so_many_weights_of_a_tensor_are_drawn_each_once(
        self, draw, kind, name, fan_in
    ):
        found = read_draws(draw(4), kind)
        assert found.counts_K.tolist() == [4, 4]
        for scale, drawn_NT in zip((1, -2), found.weights_NT.split(4), strict=True):
            coordinates = drawn_NT[:, 0] / scale
            assert len(set(coordinates.tolist())) == 4
            assert set(coordinates.tolist()) <= set(range(size_of(SHAPES[name])))

    def test_a_weight_comes_with_all_its_stages(self, draw, kind, name, fan_in):
        drawn_NT = read_draws(draw(4), kind).weights_NT[:4]
        assert drawn_NT.dtype == torch.float32
        assert torch.equal(drawn_NT[:, 1], drawn_NT[:, 0] + 1000)
        assert torch.equal(drawn_NT[:, 2], drawn_NT[:, 0] + 2000)

    def test_a_small_tensor_is_taken_whole(self, draw, kind, name, fan_in):
        size = size_of(SHAPES[name])
        found = read_draws(draw(size), kind)
        assert found.counts_K.tolist() == [size, size]
        assert found.weights_NT[:size, 0].tolist() == list(range(size))


def test_tensors_of_one_shape_are_drawn_differently(draw):
    first, second = read_draws(draw(4), "conv").weights_NT[:, 0].split(4)
    assert first.tolist() != (second / -2).tolist()


def test_trials_come_with_what_they_had_drawn(draw, trials):
    path = draw(4)
    accuracies = {"accuracies": [None] * NUM_STAGES}
    wanted = [{**trial.attributes.settings, **accuracies} for trial in trials]
    assert read_draws(path, "fc").trials == wanted


def test_a_shorter_trajectory_ends_in_nan(draw, tmp_path, shard):
    path = tmp_path / "longer.safetensors"
    write_draws(path, shard, weights_per_tensor=4, stages=NUM_STAGES + 1)
    longer, usual = read_draws(path, "fc"), read_draws(draw(4), "fc")
    assert torch.equal(longer.weights_NT[:, :-1], usual.weights_NT)
    assert longer.weights_NT[:, -1].isnan().all()
    assert torch.equal(longer.gram_KTT[:, :-1, :-1], usual.gram_KTT)
    assert longer.gram_KTT[:, -1].isnan().all()


def test_nothing_is_drawn_from_an_unused_meta_run(tmp_path, trials):
    facts = {**trials[0].attributes.settings, "unused": "does not forget"}
    unused = replace(
        trials[0], attributes=replace(trials[0].attributes, settings=facts)
    )
    write_shard(tmp_path / "half.zarr.zip", [unused, trials[1]])
    path = tmp_path / "half.safetensors"
    write_draws(
        path, tmp_path / "half.zarr.zip", weights_per_tensor=4, stages=NUM_STAGES
    )
    found = read_draws(path, "fc")
    assert found.trial_K.tolist() == [1]
    assert [trial["unused"] for trial in found.trials] == ["does not forget", None]


def test_a_kind_that_no_network_has_is_empty(tmp_path, trials):
    bare = [
        RecordedRun(
            states=[{"fc.weight": state["fc.weight"]} for state in trial.states],
            kinds={"fc.weight": "fc"},
            attributes=trial.attributes,
        )
        for trial in trials
    ]
    write_shard(tmp_path / "bare.zarr.zip", bare)
    path = tmp_path / "bare.safetensors"
    write_draws(
        path, tmp_path / "bare.zarr.zip", weights_per_tensor=4, stages=NUM_STAGES
    )
    found = read_draws(path, "conv")
    assert found.weights_NT.shape == (0, NUM_STAGES)
    assert found.gram_KTT.shape == (0, NUM_STAGES, NUM_STAGES)
    assert found.sums_KT.shape == (0, NUM_STAGES)
    assert len(found.counts_K) == len(found.trial_K) == 0
    assert len(found.trials) == 2


def test_another_checksummed_file_is_refused(tmp_path):
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, {"fc.weight": torch.ones(2, 2)}, {"trials": []})
    with pytest.raises(KnowError, match=r"wanted weights drawn .*\[\"weight\"\] in"):
        read_draws(path, "fc")


class TestDrawnTensors:
    @pytest.fixture
    def drawn(self, make_drawn, make_facts):
        """Tensors of 2, 1 and 3 weights that say which tensor is theirs."""
        tensors = [
            torch.full((NUM_STAGES, size), float(number))
            for number, size in enumerate((2, 1, 3))
        ]
        trials = [make_facts(7), make_facts(8)]
        return make_drawn(*tensors, trials=trials, trial_of=[0, 1, 0])

    def test_a_trials_tensors_are_chosen_with_their_weights(self, drawn):
        found = drawn.chosen([True, False])
        assert found.weights_NT[:, 0].tolist() == [0, 0, 2, 2, 2]
        assert found.counts_K.tolist() == found.sizes_K.tolist() == [2, 3]
        assert found.sums_KT[:, 0].tolist() == [0, 6]
        assert found.gram_KTT[:, 0, 1].tolist() == [0, 12]
        assert found.fan_in_K.tolist() == [1, 1]
        assert found.trial_K.tolist() == [0, 0]
        assert found.trials == drawn.trials

    def test_joined_shards_keep_their_trials_apart(self, drawn, make_facts):
        found = joined([drawn.chosen([False, True]), drawn])
        assert found.trial_K.tolist() == [1, 2, 3, 2]
        assert found.counts_K.tolist() == [1, 2, 1, 3]
        assert found.weights_NT[:, 0].tolist() == [1, 0, 0, 1, 2, 2, 2]
        assert [trial["number"] for trial in found.trials] == [7, 8, 7, 8]
