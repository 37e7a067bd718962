import torch
from torch import nn


def test_every_layer_reads_all_that_came_before_it_in_its_block(build):
    shapes = [tuple(p.shape) for p in build("densenet-small").parameters()]
    kernels = [shape for shape in shapes if len(shape) == 4]
    # Growth 8 from a stem of 16; 40 channels are halved to 20.
    assert kernels == [
        (16, 3, 3, 3),
        (8, 16, 3, 3),
        (8, 24, 3, 3),
        (8, 32, 3, 3),
        (20, 40, 1, 1),
        (8, 20, 3, 3),
        (8, 28, 3, 3),
        (8, 36, 3, 3),
    ]


def test_a_dense_layer_hands_on_what_it_read(build):
    layer = build("densenet-small").body[1]
    features_BCHW = torch.randn(2, 16, 8, 8, generator=torch.Generator())
    joined_BCHW = layer(features_BCHW)
    assert joined_BCHW.shape == (2, 24, 8, 8)
    assert torch.equal(joined_BCHW[:, :16], features_BCHW)


def test_a_norm_stands_before_each_convolution_but_the_stem(build):
    norms = [
        m.num_features
        for m in build("densenet-small").modules()
        if isinstance(m, nn.BatchNorm2d)
    ]
    assert norms == [16, 24, 32, 40, 20, 28, 36, 44]
