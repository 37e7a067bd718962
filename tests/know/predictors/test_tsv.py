import pytest
import torch

from know.predictors.tsv import predict


def history_of(update):
    """Three stages whose mirrored task vectors are `update` and twice that."""
    base = torch.zeros_like(update)
    return torch.stack([base - 2 * update, base - update, base])


@pytest.fixture
def waves():
    """sin(i + 2 j): a matrix of rank two."""
    i, j = torch.arange(4.0).double()[:, None], torch.arange(6.0).double()
    return torch.sin(i + 2 * j)


def test_the_leading_triplet_of_a_worked_matrix_stays(agrees):
    # 5 (1,2,2)/3 (3,4)/5 + 2 (2,1,-2)/3 (4,-3)/5.
    matrix = torch.tensor([[31, 8], [38, 34], [14, 52]], dtype=torch.float64) / 15
    agrees(predict(history_of(matrix)), [[1, 4 / 3], [2, 8 / 3], [2, 8 / 3]])


def test_one_of_two_waves_stays(waves, agrees):
    found = predict(history_of(waves))
    wanted = [
        0.04412391487863734,
        0.8865080728687369,
        -0.7819589750742947,
        -0.23568856529511029,
        0.9781210767900836,
        -0.5783954184374461,
    ]
    agrees(found[0], wanted)
    assert found.norm().item() == pytest.approx(2.5938969116146637)


def test_a_convolution_is_a_matrix_of_its_outputs(waves):
    found = predict(history_of(waves.reshape(4, 2, 1, 3)))
    torch.testing.assert_close(found, predict(history_of(waves)).reshape(4, 2, 1, 3))


def test_a_tenth_of_twenty_singular_values_stays():
    update = torch.diag(torch.arange(20.0, 0, -1)).double()
    wanted = torch.diag(torch.tensor([20.0, 19] + [0] * 18).double())
    torch.testing.assert_close(predict(history_of(update)), wanted)


def test_a_fraction_is_not_cut_short_by_rounding():
    update = torch.diag(torch.arange(100.0, 0, -1)).double()
    found = predict(history_of(update), fraction=0.29)
    assert torch.linalg.matrix_rank(found) == 29


def test_a_vector_takes_the_whole_task_vector():
    update = torch.arange(5.0).double()
    assert torch.equal(predict(history_of(update), horizon=2), 2 * update)
