import pytest
import torch

from know.errors import KnowError
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.models.known_plus import KnownPlus
from know.hypernetwork.tensor_facts import facts_of_windows
from know.predictors.by_hypernetwork import facts_ahead, predict_ahead
from know.predictors.known import predict as known


class Doubling(Hypernetwork):
    """Reaches two stages ahead: adds the oldest value, and ten times the newest."""

    architecture = "doubling"
    stages, horizons = 2, 2

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.asked = []

    def ahead(self, history_BS, facts):
        self.asked.append((history_BS, facts))
        return torch.stack([history_BS[:, 0], 10 * history_BS[:, 1]], 1)


def ahead(model, history, *, horizon, rate):
    facts = facts_ahead(
        model, lambda: [history], history.shape[1:], horizon=horizon, rate=rate
    )
    return predict_ahead(model, history, facts, horizon=horizon)


# Of each step one window of (2, 3), (3, 5) and so on, by hand.
HISTORY = torch.tensor([[7.0], [2.0], [3.0]])


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        # 3 + 2 and 3 + 10 * 3 by the two heads;
        (1, 5),
        (2, 33),
        # of (5, 33) then 33 + 5 and 33 + 330;
        (3, 38),
        (4, 363),
        # of (38, 363) then 363 + 38.
        (5, 401),
    ],
)
def test_each_horizon_has_its_head_and_beyond_them_it_goes_on(horizon, wanted):
    found = ahead(Doubling(), HISTORY, horizon=horizon, rate=0.5)
    assert found.tolist() == [wanted]


def test_facts_are_of_the_newest_stages_and_of_the_whole_tensor(monkeypatch):
    monkeypatch.setattr(Hypernetwork, "tile", 2)
    model = Doubling()
    history = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    ahead(model, history, horizon=1, rate=0.3)
    wanted = facts_of_windows([history[1:]], (5, 2), rate=0.3)
    assert [len(rows) for rows, _ in model.asked] == [2] * 5
    for _, facts in model.asked:
        for name, value in vars(wanted).items():
            assert torch.equal(getattr(facts, name), value), name


def test_each_window_that_is_gone_on_from_has_facts_of_its_own():
    model = Doubling()
    ahead(model, HISTORY, horizon=3, rate=0.5)
    # The second facts are of stages that the first round predicts.
    (_, first), _, (_, second) = model.asked
    assert first.mean_WS.tolist() == [[2, 3]]
    assert second.mean_WS.tolist() == [[5, 33]]


def test_the_size_of_a_tile_changes_nothing(monkeypatch):
    model = KnownPlus(3, 3)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3, generator=generator)
    history = torch.randn(4, 7, 3, generator=generator)
    whole = ahead(model, history, horizon=5, rate=0.5)
    monkeypatch.setattr(Hypernetwork, "tile", 4)
    tiled = ahead(model, history, horizon=5, rate=0.5)
    torch.testing.assert_close(tiled, whole)
    assert not tiled.requires_grad


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (1, [1.1109083376659394, 1.120366743486931, 0.5538291526234438]),
        (2, [1.2061854377482188, 1.224531944025825, 0.6373459424703963]),
        (3, [1.2877893227048962, 1.3396651101682266, 0.9150040092828]),
    ],
)
def test_known_adds_its_residual_stage_by_stage(
    rows, synthetic, agrees, horizon, wanted
):
    found = known(rows, horizon=horizon, models={"conv": synthetic(5)})
    agrees(found[:3], wanted)


def test_every_weight_of_a_convolution_is_predicted_alone(models):
    history = torch.randn(5, 4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    found = known(history, models=models)
    alone = known(history[:, 1:2, 2, 0, 1], models=models)
    torch.testing.assert_close(found[1:2, 2, 0, 1], alone)


def test_a_kind_without_a_model_is_refused(rows, models):
    del models["bias"]
    with pytest.raises(KnowError, match="kind 'bias', got conv, fc"):
        known(rows, kind="bias", models=models)
