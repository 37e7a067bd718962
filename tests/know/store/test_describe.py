import math
from dataclasses import replace

import pytest
import torch

from know.store import read
from know.store.describe import ALL_PREDICTED, describe
from know.store.shards import RecordedRun, write_shard
from know.store.write import write_trajectory


@pytest.fixture
def turning(tmp_path, attributes):
    """Two tensors that go (0, 1), (3, 1), (3, 5), then stand still."""
    states = [
        {"weight": torch.tensor([[float(x)]]), "bias": torch.tensor([float(y)])}
        for x, y in ((0, 1), (3, 1), (3, 5), (3, 5))
    ]
    path = tmp_path / "turning.zarr.zip"
    write_trajectory(path, states, {"weight": "fc", "bias": "bias"}, attributes)
    return {summary.kind: summary for summary in describe(path)[0].kinds}


def test_norms_are_those_of_each_stage(turning):
    assert turning["fc"].norms == (0, 3, 3, 3)
    assert turning[ALL_PREDICTED].norms == pytest.approx(
        (1, math.sqrt(10), math.sqrt(34), math.sqrt(34))
    )


def test_every_kind_is_counted(store):
    found = {s.kind: (s.tensors, s.values) for s in describe(store)[0].kinds}
    assert found == {
        "conv": (1, 36),
        "fc": (1, 48),
        "bias": (2, 7),
        "norm": (2, 8),
        "buffer": (3, 9),
        ALL_PREDICTED: (4, 91),
    }


def test_the_size_of_a_window_changes_nothing(store, monkeypatch):
    whole = describe(store)
    monkeypatch.setattr(read, "_WINDOW", 5)
    assert describe(store) == whole


def test_a_shard_gives_each_of_its_trajectories(tmp_path, stages, kinds, attributes):
    trials = [
        RecordedRun(states=stages, kinds=kinds, attributes=replace(attributes, run=run))
        for run in ("b", "a")
    ]
    write_shard(tmp_path / "shard.zarr.zip", trials)
    found = describe(tmp_path / "shard.zarr.zip")
    assert [each.attributes.run for each in found] == ["b", "a"]
    assert found[0].kinds == found[1].kinds
