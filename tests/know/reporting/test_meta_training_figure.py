"""Curves of meta-training: read from cards, drawn with the same bytes each time."""

import numpy as np
import pytest
from safetensors.numpy import save

from know.checksum import checksummed_metadata, write_checksummed
from know.errors import KnowError
from know.reporting.meta_training_figure import draw_meta_training, read_cards


@pytest.fixture
def write_model(tmp_path):
    """Write a hypernetwork's file with a card; a key of None is left out."""

    def write(name, **changes):
        card = {
            "hypernetwork": "small",
            "kind": "conv",
            "architecture": "known",
            "curve": [0.5, 0.25, 0.125],
            "held_out_curve": [1.5, 0.75, 0.875],
            "best_epoch": 2,
            **changes,
        }
        known = {key: value for key, value in card.items() if value is not None}
        path = tmp_path / f"{name}.safetensors"
        weights = {"weight": np.zeros(2, dtype=np.float32)}
        write_checksummed(path, save(weights, checksummed_metadata(known)))
        return path

    return write


def drawn(paths):
    return draw_meta_training(read_cards(paths))


def curves_of(ax):
    return [list(map(float, line.get_ydata())) for line in ax.lines]


def key_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_unusable_file_is_named_at_once(write_model, tmp_path):
    cut = write_model("cut")
    cut.write_bytes(cut.read_bytes()[:-1])
    bare = write_model("bare", curve=None, kind=None)
    missing = tmp_path / "missing.safetensors"
    with pytest.raises(KnowError) as refusal:
        read_cards([cut, missing, write_model("good"), bare])
    message = str(refusal.value)
    assert "cut.safetensors is damaged" in message
    assert "missing.safetensors" in message
    assert "bare.safetensors lacks kind, curve" in message
    assert "good.safetensors" not in message


def test_draws_a_column_a_kind_with_held_out_errors_above_losses(write_model):
    paths = [write_model("fc", kind="fc"), write_model("conv", curve=[3.0, 2.0, 1.0])]
    conv, fc, conv_loss, _ = drawn(paths).axes
    assert [conv.get_title(), fc.get_title()] == ["conv", "fc"]
    # The error, the epoch that is kept, copying.
    assert curves_of(conv) == [[1.5, 0.75, 0.875], [0.75], [1, 1]]
    assert [line.get_xdata() for line in conv.lines][1] == [2]
    assert curves_of(conv_loss) == [[3, 2, 1]]
    assert conv_loss.lines[0].get_linestyle() == "--"


def test_a_hypernetwork_keeps_its_colour_in_every_panel(write_model):
    paths = [
        write_model("a", hypernetwork="large"),
        write_model("b"),
        write_model("c", kind="fc"),
    ]
    conv, fc, *_ = drawn(paths).axes
    assert fc.lines[0].get_color() == conv.lines[2].get_color()
    assert fc.lines[0].get_color() != conv.lines[0].get_color()


def test_the_key_names_each_hypernetwork_once(write_model):
    paths = [write_model("a"), write_model("b", kind="fc")]
    paths.append(write_model("c", hypernetwork="known"))
    assert key_of(drawn(paths)) == [
        "small (known)",
        "known",
        "epoch that is kept",
        "copying the last stage",
    ]


def test_without_held_out_curves_the_key_has_the_losses_alone(write_model):
    path = write_model("a", held_out_curve=None, best_epoch=None)
    assert key_of(drawn([path])) == ["small (known)"]
