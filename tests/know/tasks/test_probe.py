from dataclasses import replace

import pytest
import torch

from know.errors import KnowError
from know.tasks.selection import prepared, probe_task
from know.training.norms import recalibrate_norms


def images_of(part):
    return {image.numpy().tobytes() for image in part.pixels_NCHW}


class TestTask:
    @pytest.mark.parametrize("split", ["test", "d0"])
    def test_draws_from_its_split_alone(self, ladder, probe, split):
        task = probe_task(ladder, replace(probe, split=split), seed=0)
        pool = ladder.test if split == "test" else ladder.images
        drawn = images_of(task.train) | images_of(task.test)
        assert len(drawn) == 12
        assert drawn <= images_of(pool)
        assert torch.equal(task.train.mean_CHW, ladder.images.mean_CHW)

    def test_never_measures_on_what_it_trains_on(self, ladder, probe):
        task = probe_task(ladder, replace(probe, share=0.25), seed=0)
        assert (len(task.train), len(task.test)) == (9, 3)
        assert not images_of(task.train) & images_of(task.test)

    def test_draws_and_holds_out_class_by_class(self, ladder, probe):
        task = probe_task(ladder, probe, seed=0)
        drawn_N = torch.cat([task.train.labels_N, task.test.labels_N])
        counts = torch.bincount(drawn_N, minlength=4)
        assert int(counts.max() - counts.min()) <= 2
        assert task.num_classes == 4

    def test_each_trial_draws_its_own_images_the_same_every_time(self, ladder, probe):
        first, again, other = (
            probe_task(ladder, probe, seed=seed).test.pixels_NCHW for seed in (0, 0, 1)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_takes_what_there_is_where_it_is_less(self, ladder, probe):
        task = probe_task(ladder, replace(probe, images=1000), seed=0)
        assert (len(task.train), len(task.test)) == (10, 10)

    def test_refuses_to_train_on_nothing(self, ladder, probe):
        greedy = replace(probe, images=3, share=0.9)
        with pytest.raises(KnowError, match=r"found 3 in split 'test' of downstream"):
            probe_task(ladder, greedy, seed=0)


class TestPreparedWeights:
    def test_are_untouched_where_norms_stay(self, ladder, theta):
        found = prepared(theta, "base", ladder)
        assert set(found) == set(theta)
        assert all(torch.equal(found[name], theta[name]) for name in theta)

    def test_have_fresh_norms_and_nothing_else_new(self, ladder, theta):
        found = prepared(theta, "fresh", ladder)
        changed = {n for n in theta if not torch.equal(found[n], theta[n])}
        assert changed == {n for n in theta if n.startswith("body.1.")}
        assert torch.equal(found["body.1.weight"], torch.ones(2))
        assert torch.equal(found["body.1.running_mean"], torch.zeros(2))

    def test_have_norms_measured_on_d_0(self, ladder, theta):
        network = ladder.network(theta)
        recalibrate_norms(network, ladder.images)
        found = prepared(theta, "recalibrate", ladder)
        wanted = network.state_dict()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)
        assert torch.equal(found["body.1.weight"], theta["body.1.weight"])
        assert not torch.equal(
            found["body.1.running_mean"], theta["body.1.running_mean"]
        )
