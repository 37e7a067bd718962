import pytest
import torch
from torch import Tensor, nn, zeros

from know.architectures import ARCHITECTURES, build_network
from know.errors import KnowError
from know.weights.kinds import (
    inferred_kinds,
    tensor_kinds,
)


class Odd(nn.Module):
    """Parameters of its own, of every number of dimensions, and a buffer."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(zeros(()))
        self.gain = nn.Parameter(zeros(3))
        self.table = nn.Parameter(zeros(3, 2))
        self.token = nn.Parameter(zeros(1, 3, 2))
        self.register_buffer("mask", zeros(2, 2, 2))
        self.register_buffer("scratch", zeros(2), persistent=False)


class LinearInNameOnly(nn.LayerNorm):
    pass


def test_layers_give_the_kinds_of_the_paper():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 2))
    assert tensor_kinds(network) == {
        "0.weight": "conv",
        "0.bias": "bias",
        "1.weight": "norm",
        "1.bias": "norm",
        "1.running_mean": "buffer",
        "1.running_var": "buffer",
        "1.num_batches_tracked": "buffer",
        "2.weight": "fc",
        "2.bias": "bias",
    }


def test_the_order_is_that_of_the_state_dict():
    network = nn.Sequential(nn.BatchNorm1d(2), Odd(), nn.Linear(2, 2))
    assert list(tensor_kinds(network)) == list(network.state_dict())


def test_parameters_outside_layers_go_by_their_dimensions():
    assert tensor_kinds(Odd()) == {
        "scale": "bias",
        "gain": "bias",
        "table": "fc",
        "token": "conv",
        "mask": "buffer",
    }


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm1d(4),
        nn.InstanceNorm2d(4, affine=True),
        nn.LayerNorm(4),
        nn.LayerNorm((4, 4, 4)),
        nn.GroupNorm(2, 4),
        nn.RMSNorm(4),
        LinearInNameOnly(4),
    ],
    ids=lambda layer: str(layer),
)
def test_a_norm_layer_is_known_by_what_it_is(layer):
    assert {tensor_kinds(layer)[name] for name, _ in layer.named_parameters()} == {
        "norm"
    }


def test_shared_parameters_and_modules_are_listed_under_each_name():
    layer = nn.Linear(2, 2)
    network = nn.Sequential(layer, layer, nn.Linear(2, 2))
    network[2].weight = layer.weight
    kinds = tensor_kinds(network)
    assert list(kinds) == [
        f"{n}.{name}" for n in range(3) for name in ("weight", "bias")
    ]
    assert kinds["2.weight"] == "fc"


def test_every_unknown_entry_is_named():
    class Stateful(nn.Module):
        def get_extra_state(self) -> Tensor:
            return zeros(1)

        def set_extra_state(self, state: Tensor) -> None:
            pass

    network = nn.Sequential(Stateful(), nn.Linear(1, 1), Stateful())
    with pytest.raises(KnowError, match=r"0\._extra_state(.|\n)*2\._extra_state"):
        tensor_kinds(network)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_kinds_inferred_from_names_and_shapes_are_the_networks(name):
    with torch.device("meta"):
        network = build_network(name, num_classes=10, image_size=32, seed=0)
    assert inferred_kinds(network.state_dict()) == tensor_kinds(network)


def test_kinds_inferred_from_names_and_shapes():
    layout = {
        "conv.weight": torch.zeros(4, 3, 3, 3),
        "conv.bias": torch.zeros(4),
        "ln.weight": torch.zeros(4),
        "ln.bias": torch.zeros(4),
        "bn.running_mean": torch.zeros(4),
        "bn.running_var": torch.zeros(4),
        "bn.num_batches_tracked": torch.tensor(3),
        "index": torch.arange(6).reshape(2, 3),
        "head.weight": torch.zeros(2, 4),
        "scale": torch.tensor(1.0),
        "embedding": torch.zeros(5, 4),
        "weight": torch.zeros(2),
        "bias": torch.zeros(2),
    }
    assert inferred_kinds(layout) == {
        "conv.weight": "conv",
        "conv.bias": "bias",
        "ln.weight": "norm",
        "ln.bias": "norm",
        "bn.running_mean": "buffer",
        "bn.running_var": "buffer",
        "bn.num_batches_tracked": "buffer",
        "index": "buffer",
        "head.weight": "fc",
        "scale": "bias",
        "embedding": "fc",
        "weight": "norm",
        "bias": "norm",
    }
