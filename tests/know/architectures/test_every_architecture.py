import inspect
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from know.architectures import ARCHITECTURES
from know.errors import KnowError
from know.weights.kinds import tensor_kinds

KINDS_OF = {
    "densenet-small": {"conv", "fc", "bias", "norm", "buffer"},
    "mlp": {"fc", "bias", "norm"},
    "mobilenetv2-small": {"conv", "fc", "bias", "norm", "buffer"},
    "resnet-small": {"conv", "fc", "bias", "norm", "buffer"},
    "shufflenetv2-small": {"conv", "fc", "bias", "norm", "buffer"},
    "simplenet": {"conv", "fc", "bias", "norm", "buffer"},
    "vit-small": {"conv", "fc", "bias", "norm"},
}
READ_IMAGES = sorted(set(ARCHITECTURES) - {"causal-lm"})
CLASSIFIERS = sorted(set(READ_IMAGES) - {"deeplabv3plus"})


def num_weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def loss_on(network, batch):
    images_BCHW, labels_B = batch
    return functional.cross_entropy(network(images_BCHW), labels_B)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_config_is_checked_for_the_options_that_the_function_takes(name):
    taken = set(inspect.signature(ARCHITECTURES[name]).parameters)
    stated = ARCHITECTURES.facts(name).get("OPTIONS", {})
    assert set(stated) == taken - {"num_classes", "image_size"}


@pytest.mark.parametrize("name", CLASSIFIERS)
class TestEveryClassifier:
    """Contract of networks that predict one class per image."""

    @pytest.mark.parametrize("image_size", [16, 32])
    def test_ends_in_a_linear_head_of_one_logit_per_class(
        self, name, image_size, build
    ):
        network = build(name, image_size=image_size, num_classes=5)
        images_BCHW = torch.zeros(2, 3, image_size, image_size)
        assert type(network.head) is nn.Linear
        assert network(images_BCHW).shape == (2, 5)

    def test_trains_on_a_batch_of_one_image(self, name, build):
        assert build(name)(torch.zeros(1, 3, 16, 16)).isfinite().all()


@pytest.mark.parametrize("name", READ_IMAGES)
class TestEveryNetworkForImages:
    def test_reads_images_in_either_memory_format(self, name, build):
        network = build(name).eval()
        images_BCHW = torch.rand(2, 3, 16, 16, generator=torch.Generator())
        laid_out_otherwise = images_BCHW.contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(network(laid_out_otherwise), network(images_BCHW))

    def test_reads_the_sizes_that_its_module_states(self, name, build):
        facts = ARCHITECTURES.facts(name)
        if facts.get("READS_NON_SQUARE"):
            network = build(name, image_size=(16, 24)).eval()
            assert network(torch.zeros(1, 3, 16, 24)).isfinite().all()
        if facts.get("READS_ANY_SIZE"):
            small, large = (build(name, image_size=side) for side in (16, 32))
            small.load_state_dict(large.state_dict(), strict=True)
            assert small.eval()(torch.zeros(1, 3, 32, 32)).isfinite().all()


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
class TestEveryArchitecture:
    """Contract that training and tasks rely on, run over whatever is registered."""

    def test_starts_from_the_seed_alone(self, name, build):
        first = build(name, seed=1).state_dict()
        torch.rand(3)
        again, other = build(name, seed=1).state_dict(), build(name, seed=2)
        assert all(torch.equal(first[key], again[key]) for key in first)
        assert not torch.equal(first["head.weight"], other.head.weight)

    def test_leaves_the_global_generator_alone(self, name, build):
        before = torch.random.get_rng_state()
        build(name).replace_head(4, seed=0)
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_is_in_training_mode_and_float32(self, name, build):
        network = build(name)
        assert network.training
        assert {p.dtype for p in network.parameters()} == {torch.float32}

    def test_replaces_the_head_and_nothing_else(self, name, build):
        network = build(name)
        before = {n: value.clone() for n, value in network.body.state_dict().items()}
        network.replace_head(7, seed=3)
        head = network.head.weight.clone()
        network.replace_head(7, seed=3)
        assert head.shape[0] == 7
        assert torch.equal(network.head.weight, head)
        after = network.body.state_dict()
        assert all(torch.equal(after[n], before[n]) for n in before)

    def test_has_names_and_shapes_without_values(self, name, build):
        with torch.device("meta"):
            empty = build(name).state_dict()
        shapes = {key: value.shape for key, value in build(name).state_dict().items()}
        assert {key: value.shape for key, value in empty.items()} == shapes

    def test_names_itself_when_it_refuses_an_option(self, name, build):
        wanted = f"architecture '{name}' with {{'colour': 3}}: .*'colour'"
        with pytest.raises(KnowError, match=wanted):
            build(name, colour=3)


@pytest.mark.parametrize("name", sorted(KINDS_OF))
class TestEverySmallArchitecture:
    """Contract of the families of the meta-data."""

    def test_names_itself_when_an_option_breaks_it_from_within(self, name, build):
        wanted = f"architecture '{name}' with {{'width': 'wide'}}: .+"
        with pytest.raises(KnowError, match=wanted) as refused:
            build(name, width="wide")
        assert isinstance(refused.value.__cause__, TypeError)

    def test_has_tensors_of_these_kinds(self, name, build):
        assert (
            set(tensor_kinds(build(name, norm=True).state_dict()).values())
            == KINDS_OF[name]
        )
        bare = set(tensor_kinds(build(name, norm=False).state_dict()).values())
        assert bare == KINDS_OF[name] - {"norm", "buffer"}

    def test_has_as_many_weights_as_its_docstring_says(self, name, build):
        text = inspect.getdoc(ARCHITECTURES[name])
        said = re.search(r"[Aa]bout ([\d,]+) weights", text)
        number = int(said[1].replace(",", ""))
        assert num_weights(build(name)) == pytest.approx(number, rel=0.1)
        assert 5_000 < number < 60_000

    @pytest.mark.parametrize("norm", [True, False])
    def test_sends_a_gradient_to_every_weight_tensor(self, name, norm, build, batch):
        network = build(name, norm=norm)
        loss_on(network, batch).backward()
        # A norm layer cancels a bias before it, whose gradient is rounding alone.
        kinds = tensor_kinds(network.state_dict())
        without = [
            tensor
            for tensor, parameter in network.named_parameters()
            if parameter.grad is None
            or not (parameter.grad.any() or (norm and kinds[tensor] == "bias"))
        ]
        assert without == []

    @pytest.mark.parametrize("norm", [True, False])
    def test_learns_a_batch_by_heart(self, name, norm, build, batch):
        network = build(name, norm=norm)
        adam = torch.optim.Adam(network.parameters(), lr=5e-3)
        first = loss_on(network, batch).item()
        for _ in range(60):
            adam.zero_grad()
            loss_on(network, batch).backward()
            adam.step()
        assert loss_on(network, batch).item() < 0.5 * first
