import pytest
import torch

from know.architectures import build_network
from know.errors import KnowError
from know.weights.kinds import tensor_kinds


def build(image_size=32, **options):
    return build_network(
        "simplenet", num_classes=3, image_size=image_size, seed=0, options=options
    )


def test_has_the_channels_of_the_authors_sample_script():
    shapes = [tuple(p.shape) for p in build().parameters() if p.ndim > 1]
    assert shapes == [
        (8, 3, 3, 3),
        (16, 8, 3, 3),
        (32, 16, 3, 3),
        (32, 32, 3, 3),
        (64, 32 * 2 * 2),
        (3, 64),
    ]


def test_takes_images_whose_side_is_no_multiple_of_16():
    assert build(27, width=2)(torch.zeros(1, 3, 27, 27)).shape == (1, 3)


def test_norms_each_convolution_where_told_to():
    assert "norm" not in tensor_kinds(build()).values()
    # Scale and shift behind each of four convolutions.
    assert list(tensor_kinds(build(norm=True)).values()).count("norm") == 8


def test_refuses_images_that_four_poolings_would_swallow():
    with pytest.raises(KnowError, match="16 pixels or more, got 15"):
        build(15)
