import pytest
import torch
from torch import nn

from know.architectures.feature_map import map_shape, spatial_part
from know.errors import KnowError

SHAPES = {
    "densenet-small": (44, 4, 4),
    "mobilenetv2-small": (160, 4, 4),
    "pvt-v2": (256, 1, 1),
    "resnet-small": (32, 4, 4),
    "resnet18": (512, 5, 5),
    "shufflenetv2-small": (160, 4, 4),
    "simplenet": (32, 1, 1),
    "vit-small": (32, 4, 4),
}
# Their features are the mean of the map.
POOLED = sorted(set(SHAPES) - {"simplenet"})


@pytest.fixture
def images():
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", sorted(SHAPES))
class TestEverySpatialPart:
    def test_has_a_map_of_this_shape(self, name, build, images):
        part = spatial_part(build(name).body)
        assert map_shape(part, 16) == SHAPES[name]
        assert part(images).shape == (2, *SHAPES[name])

    def test_shares_the_weights_under_their_names(self, name, build):
        body = build(name).body
        part, whole = spatial_part(body).state_dict(), body.state_dict()
        assert all(part[key].data_ptr() == whole[key].data_ptr() for key in part)


@pytest.mark.parametrize("name", POOLED)
def test_the_features_are_the_mean_of_the_map(name, build, images):
    body = build(name).body.eval()
    mean_BC = spatial_part(body)(images).mean((2, 3))
    torch.testing.assert_close(mean_BC, body(images))


def test_a_map_of_tokens_has_the_first_row_of_patches_on_top(build):
    part = spatial_part(build("vit-small").body)
    tokens_BTC = torch.arange(16.0).reshape(1, 16, 1)
    assert part[-1](tokens_BTC)[0, 0, 0].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_finding_the_shape_touches_no_statistics_and_no_mode(build):
    part = spatial_part(build("resnet-small").body)
    before = {name: value.clone() for name, value in part.state_dict().items()}
    assert map_shape(part, (16, 24)) == (32, 4, 6)
    assert part.training
    after = part.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda build: build("mlp").body, "Sequential of Flatten, Linear"),
        (lambda build: nn.Sequential(nn.Conv2d(3, 4, 3)), "Sequential of Conv2d"),
        (lambda build: nn.Conv2d(3, 4, 3), "got Conv2d of"),
    ],
)
def test_a_body_without_a_map_is_refused(make, named, build):
    with pytest.raises(KnowError, match=f"pooling of its feature map.*{named}"):
        spatial_part(make(build))
