import pytest
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import save_file
from segmentation_models_pytorch.encoders import encoders, get_encoder
from torch import nn
from torch.nn import functional

from know.architectures import deeplabv3plus
from know.errors import KnowError
from know.weights.kinds import tensor_kinds

SMALL = {
    "encoder": "small",
    "decoder_channels": 16,
    "atrous_rates": [1, 2, 3],
    "dropout": 0.0,
}


@pytest.fixture
def images():
    return torch.randn(2, 3, 32, 48, generator=torch.Generator().manual_seed(1))


def smps(**arguments):
    return smp.DeepLabV3Plus(
        encoder_name="mobilenet_v2", encoder_weights=None, classes=5, **arguments
    )


def as_ours(name):
    if name.startswith("segmentation_head.0."):
        return name.replace("segmentation_head.0.", "head.")
    return f"body.{name}"


@pytest.mark.parametrize("options", [{}, SMALL])
@pytest.mark.parametrize("size", [(16, 16), (32, 32), (45, 60), (20, 65)])
def test_predicts_a_class_for_every_pixel_of_any_image(build, options, size):
    network = build("deeplabv3plus", num_classes=5, image_size=size, **options)
    assert network(torch.zeros(2, 3, *size)).shape == (2, 5, *size)


def test_predicts_what_smp_predicts_with_the_same_weights_and_options(build, images):
    options = {"decoder_channels": 24, "atrous_rates": (1, 2, 3)}
    network = build("deeplabv3plus", num_classes=5, dropout=0.25, **options).eval()
    theirs = smps(
        decoder_channels=24, decoder_atrous_rates=(1, 2, 3), decoder_aspp_dropout=0.25
    ).eval()
    network.load_state_dict({as_ours(n): v for n, v in theirs.state_dict().items()})
    torch.testing.assert_close(network(images), theirs(images))
    drops = [m.p for m in network.modules() if type(m) is nn.Dropout]
    assert drops == [0.25]


@pytest.mark.parametrize("options", [{}, SMALL])
def test_pads_with_zeros_to_a_multiple_of_the_stride(build, options):
    network = build("deeplabv3plus", num_classes=5, **options).eval()
    images_BCHW = torch.randn(1, 3, 27, 41, generator=torch.Generator())
    filled_BCHW = functional.pad(images_BCHW, (0, 7, 0, 5))
    expected_BKHW = network(filled_BCHW)[:, :, :27, :41]
    torch.testing.assert_close(network(images_BCHW), expected_BKHW)


@pytest.mark.parametrize("options", [{}, SMALL])
def test_has_tensors_of_these_kinds(build, options):
    network = build("deeplabv3plus", **options)
    kinds = tensor_kinds(network.state_dict())
    # Only convolutions and norm layers; only the head has a bias.
    assert set(kinds.values()) == {"conv", "bias", "norm", "buffer"}
    assert [name for name in kinds if kinds[name] == "bias"] == ["head.bias"]
    assert kinds["head.weight"] == "conv"
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert list(kinds.values()).count("conv") == len(convolutions)


def test_has_as_many_weights_as_its_docstring_says(build):
    with torch.device("meta"):
        body = build("deeplabv3plus").body
    assert sum(parameter.numel() for parameter in body.parameters()) == 4_378_256


def test_the_small_one_learns_a_batch_by_heart(build):
    network = build("deeplabv3plus", num_classes=4, **SMALL)
    generator = torch.Generator().manual_seed(0)
    coarse_BHW = torch.randint(4, (8, 4, 4), generator=generator)
    masks_BHW = coarse_BHW.repeat_interleave(4, 1).repeat_interleave(4, 2)
    images_BCHW = functional.one_hot(masks_BHW, 4)[..., :3].float().permute(0, 3, 1, 2)
    adam = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        adam.zero_grad()
        loss = functional.cross_entropy(network(images_BCHW), masks_BHW)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(p.grad is not None for p in network.parameters())


class TestPublishedWeights:
    @pytest.fixture
    def published(self, tmp_path):
        """Weights of the encoder and of a classifier, and a file of them."""
        encoder = get_encoder("mobilenet_v2", weights=None)
        state = {name: value + 1 for name, value in encoder.state_dict().items()}
        path = tmp_path / "imagenet.safetensors"
        save_file({**state, "classifier.1.bias": torch.zeros(1000)}, path)
        return state, str(path)

    def test_are_the_encoder_s_and_expect_unscaled_inputs(self, build, published):
        state, path = published
        encoder = build("deeplabv3plus", encoder_weights=path).body.encoder
        std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
        first = state.pop("features.0.0.weight")
        torch.testing.assert_close(encoder.features[0][0].weight * std, first)
        own = encoder.state_dict()
        assert all(torch.equal(own[name], state[name]) for name in state)

    def test_of_another_encoder_are_refused(self, build, published):
        with pytest.raises(KnowError, match=r"are of another network:\n.* is missing"):
            build("deeplabv3plus", **SMALL, encoder_weights=published[1])

    def test_are_those_that_the_library_of_the_encoder_downloads(self):
        settings = encoders["mobilenet_v2"]["pretrained_settings"]["imagenet"]
        place = f"{settings['repo_id']}/resolve/{settings['revision']}"
        wanted = f"https://huggingface.co/{place}/model.safetensors"
        assert deeplabv3plus.STARTS["encoder_weights"]["imagenet"] == wanted


def test_autocast_moves_no_border_by_a_tenth_of_a_pixel():
    # Logits of a map whose places lie 16 pixels apart and say their own column.
    network = deeplabv3plus.Segmenter(
        nn.AvgPool2d(16), stride=16, num_features=1, num_classes=1
    )
    nn.init.ones_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    columns = torch.arange(32.0).repeat_interleave(16).expand(1, 1, 16, 512)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = network(columns)
    # From 0 in the first pixel to 31 in the last, exactly.
    wanted = torch.arange(512) * 31 / 511
    assert ((found[0, 0] - wanted).abs() * 511 / 31).max() < 0.1
