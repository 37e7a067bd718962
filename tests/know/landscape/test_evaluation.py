import pytest
import torch

from know.landscape.evaluation import accuracies, all_at_once, one_by_one
from know.training.evaluation import accuracy


def test_stacked_states_score_what_each_scores_alone(ground, states):
    expected = []
    for state in states:
        ground.network.load_state_dict(state)
        expected.append(accuracy(ground.network, ground.images))
    assert len(set(expected)) > 1, "states that cannot be told apart test nothing"
    assert one_by_one(ground.network, ground.images, states) == expected
    stacked = all_at_once(ground.network, ground.images, states, batch_size=7)
    assert stacked == expected
    assert accuracies(ground.network, ground.images, states) == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_an_accelerator_agrees_with_the_processor(ground, states):
    network, device = ground.network, torch.device("cuda")
    expected = one_by_one(network, ground.images, states)
    images = type(ground.images)(
        *(getattr(ground.images, f).to(device) for f in vars(ground.images))
    )
    found = accuracies(network.to(device), images, states)
    assert found == pytest.approx(expected, abs=100 / len(images))
