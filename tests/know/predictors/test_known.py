import pytest
import torch

from know.errors import KnowError
from know.predictors.known import predict

ITERATED = {
    1: [1.1109083376659394, 1.120366743486931, 0.5538291526234438],
    2: [1.2061854377482188, 1.224531944025825, 0.6373459424703963],
    3: [1.2877893227048962, 1.3396651101682266, 0.9150040092828],
}


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_the_residual_is_added_stage_by_stage(rows, synthetic, agrees, horizon):
    found = predict(rows, horizon=horizon, models={"conv": synthetic(5)})
    agrees(found[:3], ITERATED[horizon])


def test_the_kind_chooses_the_model(rows, models):
    for kind in ("conv", "fc", "bias"):
        found = predict(rows, kind=kind, models=models)
        wanted = rows[-1] + models[kind].residual(rows.T)
        torch.testing.assert_close(found, wanted)


def test_a_model_for_fewer_stages_sees_the_newest(rows, synthetic):
    models = {"conv": synthetic(3)}
    found = predict(rows, horizon=2, models=models)
    assert torch.equal(found, predict(rows[-3:], horizon=2, models=models))


def test_every_weight_of_a_convolution_is_predicted_alone(models):
    history = torch.randn(5, 4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    found = predict(history, models=models)
    alone = predict(history[:, 1:2, 2, 0, 1], models=models)
    torch.testing.assert_close(found[1:2, 2, 0, 1], alone)


def test_a_model_for_more_stages_is_refused(rows, models):
    with pytest.raises(KnowError, match=r"\(stages >= 5, \.\.\.\).*'conv', got \(4, 6"):
        predict(rows[-4:], models=models)


def test_a_kind_without_a_model_is_refused(rows, models):
    del models["bias"]
    with pytest.raises(KnowError, match="kind 'bias', got conv, fc"):
        predict(rows, kind="bias", models=models)
