from dataclasses import replace

import pytest
import torch

from know.hypernetwork.models.known_plus import KnownPlus, num_facts
from know.hypernetwork.models.linear_meta import LinearMeta
from know.hypernetwork.tensor_facts import facts_of_windows
from know.hypernetwork.windows import relative_loss
from know.training.optimizers import Adam


def wandering(seed, *, size=30, total=7, scale=1.0):
    """A tensor whose steps are drawn, stage 0 first."""
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randn(total, size, generator=generator, dtype=torch.float64)
    return scale * steps.cumsum(0)


def jittered(model, seed=0):
    """The model with all its numbers, those of the facts too, drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
        model.fact_mean.normal_(generator=generator)
        model.fact_scale.uniform_(0.5, 2, generator=generator)
    return model


@pytest.fixture
def model():
    return jittered(KnownPlus(5, 3)).double()


def ahead_of(model, history_S, *, rate=0.5):
    """Return the model's residual of a tensor of shape (stages, ...), oldest first."""
    facts = facts_of_windows([history_S], history_S.shape[1:], rate=rate)
    with torch.no_grad():
        return model.ahead(history_S.flatten(1).T, facts)


class TestSymmetries:
    history = wandering(1, total=5).reshape(5, 6, 5)

    def test_the_weights_negated_move_the_other_way(self, model):
        found = ahead_of(model, -self.history)
        torch.testing.assert_close(found, -ahead_of(model, self.history))
        assert found.abs().max() > 0.1

    @pytest.mark.parametrize("scale", [1e-4, 0.3, 700.0, -2.0])
    def test_scaled_weights_move_as_much_further(self, model, scale):
        found = ahead_of(model, scale * self.history)
        wanted = scale * ahead_of(model, self.history)
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-7 * abs(scale))

    def test_a_tensor_at_rest_stays(self, model):
        still = self.history[-1:].expand(5, -1, -1)
        assert ahead_of(model, still).abs().max() < 1e-6

    def test_zeros_stay_zeros(self, model):
        assert ahead_of(model, torch.zeros(5, 3).double()).tolist() == [[0, 0, 0]] * 3

    def test_weights_keep_their_own_when_they_change_places(self, model):
        order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
        found = ahead_of(model, self.history.flatten(1)[:, order])
        wanted = ahead_of(model, self.history.flatten(1))[order]
        torch.testing.assert_close(found, wanted)


def test_tensors_of_a_batch_do_not_see_each_other(model, make_batch):
    tensors = [wandering(1), wandering(2, scale=9)]
    batch = make_batch(*tensors, weights=4)
    together = model.ahead(batch.history_BS.double(), batch.facts)
    for window in range(4):
        facts = batch.facts.chosen(torch.tensor([window]))
        own = slice(4 * window, 4 * window + 4)
        alone = model.ahead(batch.history_BS[own].double(), facts)
        torch.testing.assert_close(alone, together[own])


@pytest.mark.parametrize("fact", ["rate_W", "size_W", "fan_in_W"])
def test_it_sees_what_is_known_of_the_tensor(model, fact):
    history_S = wandering(1, total=5)
    facts = facts_of_windows([history_S], history_S.shape[1:], rate=0.5)
    other = replace(facts, **{fact: 1.7 * getattr(facts, fact)})
    first, second = (model.ahead(history_S.T, known) for known in (facts, other))
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("stages", [2, 3, 4, 5])
def test_it_is_small(stages):
    model = KnownPlus(stages)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 20_000
    assert len(model.fact_mean) == num_facts(stages)
    history_S = wandering(1, total=stages).float()
    assert ahead_of(jittered(model), history_S).shape == (30, 3)


def test_it_starts_as_a_copy():
    assert ahead_of(KnownPlus(5), wandering(1, total=5).float()).abs().max() == 0


class TestFit:
    def test_it_is_least_squares_with_each_window_of_one_weight(self, make_batch):
        tensors = [wandering(1), wandering(2, scale=30), wandering(3, scale=0.01)]
        batch = make_batch(*tensors, stages=3)
        model = KnownPlus(3, 3)
        model.fit([batch])
        for horizon in range(3):
            rows, wanted = [], []
            for window, step in enumerate(batch.step_WH[:, horizon].tolist()):
                own = slice(40 * window, 40 * window + 40)
                history_CS = batch.history_BS[own].double()
                target_C = batch.target_BH[own, horizon].double()
                if step != step:
                    continue
                scale = batch.facts.step_scale[window]
                newest = history_CS[:, -1:] * scale / batch.facts.weight_scale[window]
                rows.append(torch.cat([history_CS.diff(dim=1), newest], 1) / step)
                wanted.append((target_C - history_CS[:, -1]) / step)
            solution = torch.linalg.lstsq(
                torch.cat(rows), torch.cat(wanted)[:, None]
            ).solution[:, 0]
            torch.testing.assert_close(
                model.linear[horizon].double(), solution, rtol=1e-3, atol=1e-4
            )

    def test_facts_are_brought_to_one_scale(self, make_batch, make_facts):
        trials = [make_facts(0, rate=0.4), make_facts(1, rate=0.9)]
        tensors = wandering(1), wandering(2)
        batch = make_batch(*tensors, stages=6, horizons=1, trials=trials)
        model = KnownPlus(6, 1)
        model.fit([batch])
        logarithms = torch.tensor([0.4, 0.9]).log()
        # The second fact is the logarithm of the rate; each lies one deviation off.
        assert model.fact_mean[1].item() == pytest.approx(logarithms.mean().item())
        deviation = (logarithms[1] - logarithms[0]).item() / 2
        assert model.fact_scale[1].item() == pytest.approx(deviation)
        # Both have 30 weights, and no deviation to divide by.
        assert model.fact_scale[2].item() == pytest.approx(1e-3)

    def test_one_window_is_enough(self, make_batch):
        model = KnownPlus(6, 1)
        model.fit([make_batch(wandering(1), stages=6, horizons=1)])
        assert all(torch.isfinite(value).all() for value in model.state_dict().values())

    def test_a_horizon_at_which_a_tensor_is_back_does_not_count(self, make_batch):
        # At stage 2 and 0 the same, at stage 1 elsewhere.
        back = wandering(5, total=5)
        back[0] = back[2]
        batch = make_batch(back, wandering(1, total=5), stages=3, horizons=2)
        assert batch.step_WH[1].tolist()[1] == 0
        # As if that window had no stage two ahead.
        step_WH, target_BH = batch.step_WH.clone(), batch.target_BH.clone()
        step_WH[1, 1] = target_BH[40:80, 1] = torch.nan
        found, wanted = KnownPlus(3, 2), KnownPlus(3, 2)
        found.fit([batch])
        wanted.fit([replace(batch, step_WH=step_WH, target_BH=target_BH)])
        assert torch.equal(found.linear, wanted.linear)


@pytest.fixture
def turning(make_batch, make_facts):
    """Tensors that go on where little is forgotten, and turn back where much is."""
    tensors, trials = [], []
    for seed in range(8):
        tensor = wandering(seed, total=4)
        sign = 1 if seed % 2 else -1
        tensor[0] = tensor[1] + sign * (tensor[1] - tensor[2])
        tensors.append(tensor)
        trials.append(make_facts(seed, rate=0.8 if seed % 2 else 0.4))
    return make_batch(*tensors, stages=3, horizons=1, trials=trials)


def error_of(model, batch):
    residual_BH = model.ahead(batch.history_BS, batch.facts)
    return relative_loss(residual_BH, batch).item()


def test_it_learns_what_no_linear_predictor_can(turning):
    linear, model = LinearMeta(3, 1), KnownPlus(3, 1)
    linear.fit([turning])
    model.fit([turning])
    assert error_of(linear, turning) > 0.9
    assert error_of(model, turning) > 0.9
    optimizer = Adam(model)
    for _ in range(200):
        model.zero_grad(set_to_none=True)
        model.loss(turning).backward()
        optimizer.step(0.01)
    assert error_of(model, turning) < 0.1


def test_every_parameter_learns(turning):
    model = jittered(KnownPlus(3, 1))
    model.loss(turning).backward()
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().max() > 0, name
