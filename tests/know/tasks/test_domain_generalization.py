from dataclasses import replace

import pytest
import torch

from know.tasks.domain_generalization import METRICS, load_task, selected


@pytest.fixture
def task(dataset):
    return load_task(dataset, device=torch.device("cpu"))


def test_both_rules_of_choosing_an_epoch_are_reported(task, state, make_settings):
    outcome = task.finetune(state, make_settings(), seed=0)
    assert tuple(outcome.curves) == METRICS
    assert {len(curve) for curve in outcome.curves.values()} == {3}
    assert outcome.value == outcome.curves["accuracy"][-1]
    assert outcome.curves["accuracy_selected"][-1] in outcome.curves["accuracy"]


def test_the_unseen_domain_chooses_nothing(task, state, make_settings):
    # The same training whatever the test labels are.
    relabelled = replace(
        task, test=replace(task.test, labels_N=(task.test.labels_N + 1) % 4)
    )
    found = [
        each.finetune(state, make_settings(), seed=0).samples["classes"]
        for each in (task, relabelled)
    ]
    assert torch.equal(*found)


def test_a_tenth_of_the_training_images_only_chooses(
    task, state, make_settings, monkeypatch
):
    seen = []

    def stop(network, images, *_, **__):
        seen.append(len(images))
        raise KeyboardInterrupt

    monkeypatch.setattr("know.tasks.task.train", stop)
    with pytest.raises(KeyboardInterrupt):
        task.finetune(state, make_settings(), seed=0)
    assert seen == [36]


@pytest.mark.parametrize(
    ("chosen_by", "wanted"),
    [
        ([1, 2, 3], [10, 20, 30]),
        ([3, 2, 1], [10, 10, 10]),
        ([2, 2, 5], [10, 10, 30]),
        ([1, 3, 2], [10, 20, 20]),
    ],
)
def test_the_earliest_of_the_best_epochs_is_selected(chosen_by, wanted):
    assert selected([10, 20, 30], chosen_by) == wanted
