"""Networks trained together against the same networks, each trained alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from know.architectures import ARCHITECTURES, build_network
from know.data.augmentation import AUGMENTATIONS
from know.errors import DivergedError, KnowError
from know.training.engine import train
from know.training.ensembles import train_together
from know.training.images import Images, put_images
from know.training.settings import Phase

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
# The paper's large networks are of no use for meta-data.
SMALL = sorted(set(ARCHITECTURES) - {"deeplabv3plus", "pvt-v2", "resnet18"})
SEEDS = (5, 6, 7)
RATES = (1e-3, 3e-3, 1e-4)
HEAD_FIRST = (
    Phase(epochs=1, learning_rate=1.0, schedule="constant", trainable="norm-and-head"),
    Phase(epochs=2, learning_rate=1.0, schedule="cosine"),
)


def splits(device="cpu", *, exact=False, count=22):
    """Different images of each network; inputs are float64 where `exact`."""
    made = []
    for seed in range(len(SEEDS)):
        pixels = np.random.default_rng(seed).integers(
            0, 256, (count, 16, 16, 3), dtype=np.uint8
        )
        split = put_images(pixels, np.arange(count) % 3, device=torch.device(device))
        mean_CHW = split.mean_CHW.double() if exact else split.mean_CHW
        made.append(Images(split.pixels_NCHW, split.labels_N, mean_CHW))
    return made


def fresh(name="simplenet", *, device="cpu", exact=False, **options):
    """Different networks of one architecture."""
    dtype = torch.float64 if exact else torch.float32
    return [
        build_network(
            name, num_classes=3, image_size=16, seed=seed, options=options
        ).to(device, dtype)
        for seed in range(len(SEEDS))
    ]


def with_peak(settings, rate):
    """The settings of a network alone, whose phases have its own learning rate."""
    phases = tuple(replace(p, learning_rate=rate) for p in settings.phases)
    return replace(settings, phases=phases)


def train_alone(networks, images, settings, *, optimizer_state=(None, None, None)):
    return [
        train(
            network, split, with_peak(settings, rate), seed=seed, optimizer_state=given
        )
        for network, split, rate, seed, given in zip(
            networks, images, RATES, SEEDS, optimizer_state, strict=True
        )
    ]


def train_stacked(networks, images, settings, **options):
    return train_together(
        networks, images, settings, seeds=SEEDS, learning_rates=RATES, **options
    )


def weights(network):
    return nn.utils.parameters_to_vector(network.parameters()).detach()


def close(networks, references, *, atol):
    """Check that states agree: relatively to 1e-6, absolutely to `atol`."""
    for network, reference in zip(networks, references, strict=True):
        torch.testing.assert_close(
            dict(network.state_dict()),
            dict(reference.state_dict()),
            rtol=1e-6,
            atol=atol,
        )


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_each_network_ends_as_if_it_had_been_alone(
    name, norm, optimizer, make_settings
):
    # In float64, because Adam makes steps of rounding where a gradient is zero.
    networks = fresh(name, norm=norm, exact=True)
    references = fresh(name, norm=norm, exact=True)
    settings = make_settings(
        *HEAD_FIRST, augmentation="affine", optimizer=optimizer, weight_decay=0.01
    )
    images = splits(exact=True)
    found = train_stacked(networks, images, settings)
    wanted = train_alone(references, images, settings)
    close(networks, references, atol=1e-10)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(
            one.optimizer_state, other.optimizer_state, rtol=1e-9, atol=1e-10
        )


@pytest.mark.parametrize("device", DEVICES)
class TestInFloat32:
    """As above, to 1e-5: weights are about 0.1, steps of Adam at most 3e-3."""

    def check(self, make_settings, device, *, optimizer, norm):
        networks = fresh(device=device, norm=norm)
        references = fresh(device=device, norm=norm)
        settings = make_settings(*HEAD_FIRST, optimizer=optimizer, precision="float32")
        train_stacked(networks, splits(device), settings)
        train_alone(references, splits(device), settings)
        close(networks, references, atol=1e-5)

    def test_adam_without_norm(self, device, make_settings):
        self.check(make_settings, device, optimizer="adam", norm=False)

    @pytest.mark.parametrize("norm", [False, True])
    def test_sgd(self, device, norm, make_settings):
        self.check(make_settings, device, optimizer="sgd", norm=norm)

    def test_in_bfloat16_the_steps_go_nearly_the_same_way(self, device, make_settings):
        networks, references = fresh(device=device), fresh(device=device)
        settings = make_settings(precision="bfloat16", optimizer="sgd")
        train_stacked(networks, splits(device), settings)
        train_alone(references, splits(device), settings)
        for trained, alone, start in zip(
            networks, references, fresh(device=device), strict=True
        ):
            assert trained.head.weight.dtype == torch.float32
            steps = [weights(trained) - weights(start), weights(alone) - weights(start)]
            assert not torch.equal(*steps)
            assert float(torch.cosine_similarity(*steps, dim=0)) > 0.99


class TestTheTraining:
    @pytest.mark.parametrize("augmentation", sorted(AUGMENTATIONS))
    def test_draws_order_and_augmentation_as_a_lone_one(
        self, augmentation, make_settings
    ):
        networks, references = fresh(exact=True), fresh(exact=True)
        settings = make_settings(augmentation=augmentation)
        train_stacked(networks, splits(exact=True), settings)
        train_alone(references, splits(exact=True), settings)
        close(networks, references, atol=1e-10)

    def test_goes_on_from_each_network_s_optimizer_state(self, make_settings):
        networks, references = fresh(exact=True), fresh(exact=True)
        first = train_alone(networks, splits(exact=True), make_settings())
        train_alone(references, splits(exact=True), make_settings())
        # The first network has none: it begins anew beside two that go on.
        optimizer_state = [None, first[1].optimizer_state, first[2].optimizer_state]
        options = {"optimizer_state": optimizer_state}
        train_stacked(networks, splits(exact=True), make_settings(), **options)
        train_alone(references, splits(exact=True), make_settings(), **options)
        close(networks, references, atol=1e-10)

    def test_of_fewer_images_than_a_batch_takes_them_all_at_once(self, make_settings):
        results = train_stacked(fresh(), splits(count=5), make_settings())
        # Two epochs of one batch each.
        steps = [float(result.optimizer_state["step/head.bias"]) for result in results]
        assert steps == [2, 2, 2]

    def test_of_head_and_norms_moves_nothing_else(self, make_settings):
        networks = fresh(norm=True)
        results = train_stacked(networks, splits(), make_settings(HEAD_FIRST[0]))
        moved = {
            name
            for name, value in networks[0].named_parameters()
            if not torch.equal(value, fresh(norm=True)[0].get_parameter(name))
        }
        norms = {f"body.{i}.{n}" for i in (1, 5, 9, 13) for n in ("weight", "bias")}
        assert moved == norms | {"head.weight", "head.bias"}
        assert {key.partition("/")[2] for key in results[0].optimizer_state} == moved

    def test_does_not_look_at_the_rates_of_the_phases(self, make_settings):
        networks, others = fresh(), fresh()
        train_stacked(networks, splits(), with_peak(make_settings(), 0.01))
        train_stacked(others, splits(), with_peak(make_settings(), 99.0))
        close(networks, others, atol=0)

    def test_gives_the_time_of_all_together_and_an_empty_curve(self, make_settings):
        results = train_stacked(fresh(), splits(), make_settings())
        assert {result.seconds for result in results} == {results[0].seconds}
        assert results[0].seconds > 0
        assert [result.curve for result in results] == [[], [], []]

    def test_says_how_each_epoch_went(self, make_settings, caplog):
        with caplog.at_level("INFO", "know"):
            train_stacked(fresh(), splits(), make_settings())
        heads = [
            message.partition(" networks, loss ")[0] for message in caplog.messages
        ]
        assert heads == ["epoch 1/2 of 3", "epoch 2/2 of 3"]

    def test_of_one_network_is_a_training_like_any_other(self, make_settings):
        networks, references = fresh(exact=True)[:1], fresh(exact=True)[:1]
        images = splits(exact=True)[0]
        train_together(
            networks, [images], make_settings(), seeds=[5], learning_rates=[0.01]
        )
        train(references[0], images, with_peak(make_settings(), 0.01), seed=5)
        close(networks, references, atol=1e-10)


class TestANetworkThatDiverges:
    STEEP = (1e-3, 1e30, 1e-4)

    def run(self, settings, rates):
        networks = fresh(norm=False)
        results = train_together(
            networks, splits(), settings, seeds=SEEDS, learning_rates=rates
        )
        return networks, results

    def test_is_answered_with_the_error_of_a_lone_training(self, make_settings):
        _, results = self.run(make_settings(), self.STEEP)
        settings = with_peak(make_settings(), 1e30)
        with pytest.raises(DivergedError) as alone:
            train(fresh(norm=False)[1], splits()[1], settings, seed=SEEDS[1])
        assert [isinstance(r, DivergedError) for r in results] == [False, True, False]
        assert str(results[1]) == str(alone.value)

    def test_does_not_disturb_the_others(self, make_settings):
        networks, _ = self.run(make_settings(), self.STEEP)
        undisturbed, _ = self.run(make_settings(), RATES)
        assert not torch.isfinite(networks[1].head.weight).all()
        for index in (0, 2):
            close([networks[index]], [undisturbed[index]], atol=0)

    def test_is_logged_once_by_its_index(self, make_settings, caplog):
        settings = make_settings(Phase(epochs=4, learning_rate=1, schedule="constant"))
        with caplog.at_level("WARNING", "know"):
            self.run(settings, self.STEEP)
        (message,) = caplog.messages
        assert message.startswith("network 1 of 3: the loss became nan in epoch ")


class TestRefusal:
    def test_names_every_offender(self, make_settings):
        networks = [*fresh(width=2)[:2], fresh(width=3)[0]]
        images = [*splits()[:2], splits(count=21)[2]]
        wanted = (
            r"networks cannot be trained together:\n"
            r"  - 2 seeds for 3 networks\n"
            r"  - 1 learning_rates for 3 networks\n"
            r"  - network 2 has other tensors than network 0\n"
            r"  - the images of network 2 are \(21, 3, 16, 16\), those of network 0 "
            r"are \(22, 3, 16, 16\)$"
        )
        with pytest.raises(KnowError, match=wanted):
            train_together(
                networks, images, make_settings(), seeds=[1, 2], learning_rates=[0.1]
            )

    def test_of_no_network_at_all(self, make_settings):
        with pytest.raises(KnowError, match="there is no network"):
            train_together([], [], make_settings(), seeds=[], learning_rates=[])
