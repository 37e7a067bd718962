import pytest

from know.forgetting.export import export_trajectory
from know.store.read import open_trajectory
from know.weights.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def checkpoints(make_ladder, tmp_path):
    """Files of three stages, all data first, trained for real."""
    ladder, trained, paths = make_ladder(), None, []
    for stage, samples in enumerate(ladder.sizes(rate=0.5, stages=3)):
        trained = ladder.train_stage(
            samples=samples, purpose="forgetting", stage=stage, start=trained
        )
        paths.append(tmp_path / f"stage-{stage}.safetensors")
        save_checkpoint(paths[-1], trained.state, trained.facts)
    return paths


@pytest.fixture
def store(checkpoints, tmp_path):
    path = tmp_path / "tiny.zarr.zip"
    export_trajectory(path, checkpoints, run="tiny-s0", code="0123456789ab")
    return path


def test_a_store_holds_the_weights_of_every_checkpoint(store, checkpoints, same):
    with open_trajectory(store) as trajectory:
        assert trajectory.num_stages == 3
        for stage, path in enumerate(checkpoints):
            same(trajectory.read_stage(stage), load_checkpoint(path)[0])


def test_a_store_says_where_it_came_from(store, dataset):
    with open_trajectory(store) as trajectory:
        found = trajectory.attributes
    assert (found.run, found.seed, found.code_version) == ("tiny-s0", 0, "0123456789ab")
    assert "torch" in found.versions
    assert found.settings == {
        "architecture": "simplenet",
        "dataset": "tiny",
        "digests": dataset.digests,
        "network": "tiny-s0",
        "options": {"width": 2, "norm": True},
    }
