import pytest
import torch

from know.errors import KnowError
from know.forgetting.held_out import held_out_halves
from know.tasks.selection import probe_task, recalibrated
from know.training.norms import recalibrate_norms


def images_of(part):
    return {image.numpy().tobytes() for image in part.pixels_NCHW}


class TestDraw:
    def test_divides_the_half_that_chooses(self, ladder):
        chooses, measures = map(images_of, held_out_halves(ladder.test))
        task, _ = probe_task(ladder, 4, seed=0)
        assert (len(task.train), len(task.test)) == (4, 6)
        assert images_of(task.train) | images_of(task.test) == chooses
        assert not chooses & measures
        assert torch.equal(task.train.mean_CHW, ladder.images.mean_CHW)

    def test_says_where_its_test_images_lie(self, ladder):
        pool, _ = held_out_halves(ladder.test)
        task, places_N = probe_task(ladder, 4, seed=0)
        assert torch.equal(pool.part(places_N).pixels_NCHW, task.test.pixels_NCHW)

    def test_trains_on_every_class(self, ladder):
        # The even places hold two classes in turn.
        task, _ = probe_task(ladder, 4, seed=0)
        assert sorted(task.train.labels_N.tolist()) == [0, 0, 2, 2]
        assert task.num_classes == 4

    def test_is_the_same_every_time_and_another_for_another_seed(self, ladder):
        first, again, other = (
            probe_task(ladder, 4, seed=seed)[1].tolist() for seed in (0, 0, 1)
        )
        assert first == again
        assert sorted(first) != sorted(other)

    def test_leaves_an_image_to_measure(self, ladder):
        assert len(probe_task(ladder, 9, seed=0)[0].test) == 1
        with pytest.raises(
            KnowError, match=r"wanted 10 images to train on .* found 10"
        ):
            probe_task(ladder, 10, seed=0)


def test_batchnorm_is_measured_on_d_0_and_nothing_else_changes(ladder, theta):
    network = ladder.network(theta)
    recalibrate_norms(network, ladder.images)
    wanted, found = network.state_dict(), recalibrated(theta, ladder)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    changed = {name for name in theta if not torch.equal(found[name], theta[name])}
    last = ("running_mean", "running_var", "num_batches_tracked")
    assert changed == {name for name in theta if name.endswith(last)}
