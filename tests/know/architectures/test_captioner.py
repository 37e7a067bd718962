import pytest
import torch
from torch import nn
from torch.nn import functional

from know.architectures import build_network
from know.architectures.captioner import Captioner, map_shape, spatial_part
from know.errors import KnowError

PAD, START, END = 0, 1, 2
NUM_WORDS, LENGTH = 11, 7
PVT = [
    {"width": 8, "depth": 1, "heads": 1, "expansion": 2},
    {"width": 16, "depth": 1, "heads": 2, "expansion": 2},
]
MAPS = {
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
POOLED = sorted(set(MAPS) - {"simplenet"})


def caption(name="pvt-v2", *, seed=0, image_size=16, decoder=None, **options):
    """A captioner of 11 words, on a narrow transformer by default."""
    network = build_network(
        name,
        num_classes=3,
        image_size=image_size,
        seed=0,
        options={"stages": PVT} if name == "pvt-v2" else options,
    )
    return Captioner(
        network,
        image_size=image_size,
        num_words=NUM_WORDS,
        length=LENGTH,
        decoder={
            "width": 16,
            "depth": 2,
            "heads": 2,
            "dropout": 0.0,
            **(decoder or {}),
        },
        seed=seed,
    )


def say(captioner, images, *, length=LENGTH, end=END):
    return captioner.generate(images, length=length, start=START, end=end, pad=PAD)


@pytest.fixture(scope="module")
def images():
    return torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def tokens():
    generator = torch.Generator().manual_seed(2)
    tokens_BL = torch.randint(3, NUM_WORDS, (6, LENGTH), generator=generator)
    tokens_BL[:, 0] = START
    return tokens_BL


@pytest.fixture(scope="module")
def talker(images):
    """A captioner, and the captions of different lengths that it learnt."""
    captioner = caption()
    captions_BL = torch.full((6, LENGTH), PAD)
    for number, row in enumerate(captions_BL):
        words = torch.arange(number + 3, 5 + 2 * number) % 8 + 3
        said = [START, *words[: number % 5 + 1].tolist(), END]
        row[: len(said)] = torch.tensor(said)
    adam = torch.optim.Adam(captioner.parameters(), lr=1e-2)
    for _ in range(60):
        logits_BLV = captioner(images, captions_BL[:, :-1])
        loss = functional.cross_entropy(
            logits_BLV.flatten(0, 1), captions_BL[:, 1:].flatten(), ignore_index=PAD
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
    return captioner.eval(), captions_BL


@pytest.mark.parametrize("name", ["pvt-v2", "simplenet", "resnet-small", "vit-small"])
@pytest.mark.parametrize("image_size", [16, 32])
def test_grows_from_a_classifier(name, image_size, tokens):
    captioner = caption(name, image_size=image_size)
    images_BCHW = torch.zeros(6, 3, image_size, image_size)
    logits_BLV = captioner(images_BCHW, tokens)
    assert logits_BLV.shape == (6, LENGTH, NUM_WORDS)
    logits_BLV.sum().backward()
    assert all(p.grad is not None for p in captioner.parameters())


def test_keeps_the_names_and_values_of_the_body(build):
    body = build("pvt-v2", stages=PVT).state_dict()
    grown = caption().state_dict()
    kept = [name for name in grown if name.startswith("body.")]
    assert kept == [name for name in body if name.startswith("body.")]
    assert all(torch.equal(grown[name], body[name]) for name in kept)


def test_reads_no_later_word(images, tokens):
    captioner = caption().eval()
    before = captioner(images, tokens)
    tokens[:, 4:] = END
    after = captioner(images, tokens)
    torch.testing.assert_close(after[:, :4], before[:, :4])
    assert not torch.allclose(after[:, 4:], before[:, 4:])


def test_tells_places_of_the_map_apart(tokens):
    captioner = caption("resnet-small", width=4).eval()
    features_BPF = torch.randn(6, 16, 16, generator=torch.Generator())
    turned_BPF = features_BPF.flip(1)
    there = captioner.head(features_BPF, tokens)
    assert not torch.allclose(captioner.head(turned_BPF, tokens), there)


class TestGenerate:
    def test_takes_the_likeliest_word_each_time(self, talker, images):
        captioner, _ = talker
        said_BL = say(captioner, images)
        for image_CHW, said_L in zip(images, said_BL, strict=True):
            words = [START]
            while len(words) < LENGTH and words[-1] != END:
                logits = captioner(image_CHW[None], torch.tensor([words]))
                words.append(int(logits[0, -1].argmax()))
            words += [PAD] * (LENGTH - len(words))
            assert said_L.tolist() == words

    def test_cuts_captions_at_the_wanted_length(self, talker, images):
        captioner, captions_BL = talker
        said_BL = say(captioner, images, length=4)
        assert torch.equal(said_BL, captions_BL[:, :4])


@pytest.mark.parametrize("name", sorted(MAPS))
class TestEverySpatialPart:
    def test_has_a_map_of_this_shape(self, name, build, images):
        part = spatial_part(build(name).body)
        assert map_shape(part, 16) == MAPS[name]
        assert part(images).shape == (6, *MAPS[name])


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
