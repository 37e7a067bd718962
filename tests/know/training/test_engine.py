import math
import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from know import preemption
from know.data.augmentations import AUGMENTATIONS
from know.errors import DivergedError
from know.preemption import Preempted
from know.randomness import seed_for
from know.training.engine import train
from know.training.evaluation import accuracy
from know.training.progress import Progress
from know.training.settings import Phase

HEAD_FIRST = (
    Phase(epochs=2, learning_rate=0.02, schedule="constant", trainable="norm-and-head"),
    Phase(epochs=3, learning_rate=0.01, schedule="step"),
)


class KilledError(Exception):
    """Stands for the signal that ends a job."""


def weight_sum(network):
    total = sum(p.detach().double().sum() for p in network.parameters())
    return {"sum": float(total)}


def train_slowly(network, images, epochs, *, batch, augmentation, seed):
    """The same training at learning rate 0.01, spelled out with torch's own Adam."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    num_draws = AUGMENTATIONS[augmentation].num_draws
    network.train()
    for epoch in range(epochs):
        generator = torch.Generator().manual_seed(seed_for(seed, "epoch", epoch))
        order = torch.randperm(len(images), generator=generator).tolist()
        draws = torch.rand(len(images), num_draws, generator=generator)
        for start in range(0, len(images) - batch + 1, batch):
            chosen = order[start : start + batch]
            pixels = images.pixels_NCHW[chosen] / 255 - images.mean_CHW
            inputs = AUGMENTATIONS[augmentation].apply(
                pixels, draws[start : start + batch]
            )
            optimizer.zero_grad()
            logits = network(inputs.contiguous(memory_format=torch.channels_last))
            nn.CrossEntropyLoss()(logits, images.labels_N[chosen]).backward()
            optimizer.step()


class TestOneTraining:
    @pytest.mark.parametrize("augmentation", sorted(AUGMENTATIONS))
    def test_ends_in_the_weights_of_a_slow_reference(
        self, make_network, images, make_settings, augmentation, same
    ):
        network, reference = make_network(), make_network()
        # Two phases, because an epoch's order follows its number in all of them.
        one_epoch = Phase(epochs=1, learning_rate=0.01, schedule="constant")
        settings = make_settings(one_epoch, one_epoch, augmentation=augmentation)
        train(network, images, settings, seed=5)
        train_slowly(reference, images, 2, batch=8, augmentation=augmentation, seed=5)
        same(network.state_dict(), reference.state_dict())

    def test_depends_on_its_seed(self, make_network, images, make_settings):
        found = []
        for seed in (1, 1, 2):
            network = make_network()
            train(network, images, make_settings(), seed=seed)
            found.append(weight_sum(network))
        assert found[0] == found[1] != found[2]

    @pytest.mark.parametrize(("count", "batches"), [(22, [8, 8]), (5, [5])])
    def test_drops_the_remainder_of_an_epoch_unless_it_is_all_there_is(
        self, make_network, images, make_settings, count, batches
    ):
        network, sizes = make_network(), []
        network.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
        train(network, images.first(count), make_settings(), seed=0)
        assert sizes == batches * 2

    def test_leaves_every_parameter_trainable(
        self, make_network, images, make_settings
    ):
        network = make_network()
        train(network, images, make_settings(HEAD_FIRST[0]), seed=0)
        assert all(value.requires_grad for value in network.parameters())

    def test_says_how_each_epoch_went(
        self, make_network, images, make_settings, caplog
    ):
        with caplog.at_level("INFO", "know"):
            train(make_network(), images, make_settings(), seed=0)
        pattern = r"epoch (\d)/2 loss \d+\.\d{4}, \d+ images/s, \d+ s left"
        found = [re.fullmatch(pattern, line) for line in caplog.messages]
        assert [match and match.group(1) for match in found] == ["1", "2"]

    def test_names_the_epoch_in_which_the_loss_was_lost(
        self, make_network, images, make_settings
    ):
        steep = Phase(epochs=3, learning_rate=1e30, schedule="constant")
        settings = make_settings(steep, batch_size=22)
        wanted = r"loss became nan in epoch 2 of 3, at learning rate 1e\+30"
        with pytest.raises(DivergedError, match=wanted):
            train(make_network(norm=False), images, settings, seed=0)


class TestMeasuring:
    @pytest.mark.parametrize(("every", "wanted"), [(1, 5), (2, 3), (10, 1)])
    def test_happens_at_intervals_and_after_the_last_epoch(
        self, make_network, images, make_settings, every, wanted
    ):
        network = make_network()
        result = train(
            network,
            images,
            make_settings(*HEAD_FIRST),
            seed=0,
            evaluate=weight_sum,
            evaluate_every=every,
        )
        assert len(result.curve) == wanted
        assert result.curve[-1] == weight_sum(network)


class TestPhases:
    def test_norm_and_head_moves_nothing_else(
        self, make_network, images, make_settings
    ):
        network = make_network()
        before = {n: p.detach().clone() for n, p in network.named_parameters()}
        train(network, images, make_settings(HEAD_FIRST[0]), seed=0)
        moved = {
            name
            for name, value in network.named_parameters()
            if not torch.equal(value, before[name])
        }
        norms = {f"body.{i}.{n}" for i in (1, 5, 9, 13) for n in ("weight", "bias")}
        assert moved == norms | {"head.weight", "head.bias"}

    def test_share_one_adam(self, make_network, images, make_settings):
        result = train(make_network(), images, make_settings(*HEAD_FIRST), seed=0)
        # Two batches an epoch: the head trained for five epochs, the rest for three.
        assert float(result.optimizer_state["step/head.bias"]) == 10
        assert float(result.optimizer_state["step/body.0.weight"]) == 6


class TestResuming:
    @pytest.fixture
    def settings(self, make_settings):
        return make_settings(*HEAD_FIRST, augmentation="crop-flip")

    @pytest.fixture
    def run(self, make_network, images, settings):
        """Trains a fresh network with whatever progress it is given."""

        def run(
            progress=None, *, evaluate=weight_sum, on_forward=None, optimizer="adam"
        ):
            network = make_network()
            if on_forward:
                network.register_forward_pre_hook(on_forward)
            result = train(
                network,
                images,
                replace(settings, optimizer=optimizer),
                seed=3,
                evaluate=evaluate,
                progress=progress,
            )
            return network.state_dict(), result

        return run

    @pytest.fixture
    def kept(self, tmp_path):
        """Progress that is written after every epoch."""
        return Progress(
            tmp_path / "kept.safetensors", "purpose", interval=0, share=math.inf
        )

    @pytest.mark.parametrize(
        ("optimizer", "fatal"), [("adam", 1), ("adam", 3), ("adam", 5), ("sgd", 4)]
    )
    def test_after_a_kill_gives_the_bits_of_an_uninterrupted_run(
        self, run, kept, optimizer, fatal, same
    ):
        evaluated = []

        def kill(network):
            evaluated.append(network)
            if len(evaluated) == fatal:
                raise KilledError
            return weight_sum(network)

        state, result = run(optimizer=optimizer)
        with pytest.raises(KilledError):
            run(kept, evaluate=kill, optimizer=optimizer)
        resumed_state, resumed = run(kept, optimizer=optimizer)
        same(resumed_state, state)
        same(resumed.optimizer_state, result.optimizer_state)
        assert resumed.curve == result.curve

    @pytest.mark.parametrize("fatal", [1, 3, 10])
    def test_after_a_kill_within_an_epoch_does_too(self, run, kept, fatal, same):
        forwards = []

        def kill(*_):
            forwards.append(None)
            if len(forwards) == fatal:
                raise KilledError

        state, result = run()
        with pytest.raises(KilledError):
            run(kept, on_forward=kill)
        resumed_state, resumed = run(kept, on_forward=lambda *_: forwards.append(None))
        same(resumed_state, state)
        same(resumed.optimizer_state, result.optimizer_state)
        assert resumed.curve == result.curve
        assert len(forwards) == 10 + 1, "no step but the fatal one is taken twice"

    @pytest.mark.parametrize("fatal", [1, 2, 7, 10])
    def test_after_a_warning_repeats_no_step(
        self, run, tmp_path, warn, monkeypatch, fatal, same
    ):
        forwards = []

        def count(*_):
            forwards.append(None)
            if len(forwards) == fatal:
                warn()

        state, result = run()
        kept = Progress(tmp_path / "kept", "purpose", interval=math.inf)
        with pytest.raises(Preempted):
            run(kept, on_forward=count)
        monkeypatch.setattr(preemption, "_received", [])
        resumed_state, resumed = run(kept, on_forward=count)
        same(resumed_state, state)
        same(resumed.optimizer_state, result.optimizer_state)
        assert resumed.curve == result.curve
        assert len(forwards) == 10

    def test_after_a_warning_while_it_measures_measures_again(
        self, run, images, tmp_path, warn, monkeypatch, same
    ):
        seen = []

        def measure(network):
            seen.append(weight_sum(network))
            if len(seen) == 2:
                warn()
            return {"accuracy": accuracy(network, images)}

        state, result = run(evaluate=lambda net: {"accuracy": accuracy(net, images)})
        kept = Progress(tmp_path / "kept", "purpose", interval=math.inf)
        with pytest.raises(Preempted):
            run(kept, evaluate=measure)
        monkeypatch.setattr(preemption, "_received", [])
        resumed_state, resumed = run(kept, evaluate=measure)
        same(resumed_state, state)
        assert resumed.curve == result.curve
        assert len(seen) == 5 + 1
        assert seen[1] == seen[2], "the measured weights are those of the epoch's end"

    def test_says_the_loss_of_the_whole_epoch(self, run, kept, caplog):
        def kill(*_):
            if kept.path.exists():
                raise KilledError

        with caplog.at_level("INFO", "know"):
            run()
            with pytest.raises(KilledError):
                run(kept, on_forward=kill)
            run(kept)
        whole, resumed = (caplog.messages[number] for number in (0, 6))
        assert caplog.messages[5] == "resuming after epoch 0 and 1 steps"
        assert whole.split(",")[0] == resumed.split(",")[0]

    def test_counts_the_time_before_the_kill(self, run, kept):
        _, first = run(kept)
        tensors, facts = kept.load()
        kept.save(tensors, {**facts, "seconds": 1000.0})
        _, resumed = run(kept)
        assert first.seconds < 1000 <= resumed.seconds


def test_bfloat16_trains_float32_weights_to_nearly_the_same_and_auto_to_the_same(
    make_network, images, make_settings
):
    gentle = Phase(epochs=2, learning_rate=1e-3, schedule="constant")
    start = nn.utils.parameters_to_vector(make_network().parameters())
    steps = {}
    for precision in ("float32", "auto", "bfloat16"):
        network = make_network()
        train(network, images, make_settings(gentle, precision=precision), seed=0)
        assert network.head.weight.dtype == torch.float32
        weights = nn.utils.parameters_to_vector(network.parameters())
        steps[precision] = (weights - start).detach()
    assert torch.equal(steps["auto"], steps["float32"])
    assert not torch.equal(steps["bfloat16"], steps["float32"])
    assert torch.cosine_similarity(steps["bfloat16"], steps["float32"], dim=0) > 0.9
