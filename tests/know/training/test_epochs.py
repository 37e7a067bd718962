import pytest
import torch
from torch import nn

from know.architectures.network import Network
from know.errors import KnowError
from know.training.engine import train
from know.training.epochs import planned_steps


@pytest.fixture
def noisy():
    """A small network with dropout."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(768, 4))
        return Network(body, num_features=4, num_classes=3)


def largest_difference(found, wanted):
    return max(float((found[name] - wanted[name]).abs().max()) for name in wanted)


class TestMicroBatches:
    @pytest.mark.parametrize("accumulate", [2, 3, 8])
    def test_together_take_the_step_of_the_batch(
        self, make_network, images, make_settings, accumulate
    ):
        states = []
        for parts in (1, accumulate):
            network = make_network(norm=False)
            settings = make_settings(
                accumulate=parts, augmentation="affine", optimizer="sgd"
            )
            train(network, images, settings, seed=1)
            states.append(network.state_dict())
        # Gradients of norm 1 or so are sums over 8 images of 256 pixels in another
        # order, off by at most 2048 eps; four steps of 0.01 with momentum add less
        # than a tenth of that.
        assert largest_difference(*states) < 2048 * torch.finfo().eps / 10

    def test_are_what_a_norm_layer_sees(self, make_network, images, make_settings):
        network = make_network()
        train(network, images, make_settings(accumulate=2), seed=0)
        # Two epochs of two batches, each in two parts.
        assert int(network.state_dict()["body.1.num_batches_tracked"]) == 8

    def test_say_the_loss_of_the_batch(
        self, make_network, images, make_settings, caplog
    ):
        for parts in (1, 4):
            with caplog.at_level("INFO", "know"):
                settings = make_settings(accumulate=parts)
                train(make_network(norm=False), images, settings, seed=0)
        losses = [float(line.split()[3].rstrip(",")) for line in caplog.messages]
        assert losses[:2] == pytest.approx(losses[2:], abs=2e-4)

    def test_hold_each_example_of_the_batch_once(self, images, make_settings):
        whole, cut = (
            planned_steps(images, make_settings(accumulate=parts), seed=4)
            for parts in (1, 3)
        )
        assert len(whole) == len(cut) == 2
        for (batch,), parts in zip(whole, cut, strict=True):
            assert [len(part.indices_B) for part in parts] == [3, 3, 2]
            assert sum(part.share for part in parts) == pytest.approx(1)
            indices = torch.cat([part.indices_B for part in parts])
            assert torch.equal(indices, batch.indices_B)

    def test_cannot_be_more_than_a_batch_has_examples(
        self, make_network, images, make_settings
    ):
        wanted = "in each of a batch's 4 micro-batches, a batch has 3"
        with pytest.raises(KnowError, match=wanted):
            train(make_network(), images.first(3), make_settings(accumulate=4), seed=0)


class TestRandomLayers:
    def test_draw_what_the_seed_says(self, noisy, images, make_settings):
        start = {name: value.clone() for name, value in noisy.state_dict().items()}
        states = []
        for seed in (1, 1, 2):
            noisy.load_state_dict(start)
            torch.rand(3)
            train(noisy, images, make_settings(), seed=seed)
            state = noisy.state_dict()
            states.append({name: value.clone() for name, value in state.items()})
        assert largest_difference(states[0], states[1]) == 0
        assert largest_difference(states[0], states[2]) > 0

    def test_draw_anew_in_each_step(self, noisy, images, make_settings):
        seen = []
        noisy.body[1].register_forward_hook(lambda _m, _i, out: seen.append(out == 0))
        train(noisy, images.first(8), make_settings(), seed=1)
        assert not torch.equal(*seen)

    def test_leave_the_generator_as_it_was(self, noisy, images, make_settings):
        before = torch.random.get_rng_state()
        train(noisy, images, make_settings(), seed=1)
        assert torch.equal(torch.random.get_rng_state(), before)
