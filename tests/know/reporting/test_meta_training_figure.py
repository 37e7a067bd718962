"""Curves of meta-training, drawn from the cards of hypernetworks."""

import pytest

from know.errors import KnowError
from know.reporting.meta_training_figure import draw_meta_training


def card(**changes):
    return {
        "hypernetwork": "small",
        "kind": "conv",
        "architecture": "known",
        "curve": [0.5, 0.25, 0.125],
        "held_out_curve": [1.5, 0.75, 0.875],
        "best_epoch": 2,
        **changes,
    }


def curves_of(ax):
    return [list(map(float, line.get_ydata())) for line in ax.lines]


def key_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_draws_a_column_a_kind_with_held_out_errors_above_losses():
    cards = [card(kind="fc"), card(curve=[3.0, 2.0, 1.0])]
    conv, fc, conv_loss, _ = draw_meta_training(cards).axes
    assert [conv.get_title(), fc.get_title()] == ["conv", "fc"]
    # The error, the epoch that is kept, copying.
    assert curves_of(conv) == [[1.5, 0.75, 0.875], [0.75], [1, 1]]
    assert [line.get_xdata() for line in conv.lines][1] == [2]
    assert curves_of(conv_loss) == [[3, 2, 1]]
    assert conv_loss.lines[0].get_linestyle() == "--"


def test_a_hypernetwork_keeps_its_colour_in_every_panel():
    cards = [
        card(hypernetwork="large"),
        card(),
        card(kind="fc"),
    ]
    conv, fc, *_ = draw_meta_training(cards).axes
    assert fc.lines[0].get_color() == conv.lines[2].get_color()
    assert fc.lines[0].get_color() != conv.lines[0].get_color()


def test_the_key_names_each_hypernetwork_once():
    cards = [card(), card(kind="fc")]
    cards.append(card(hypernetwork="known"))
    assert key_of(draw_meta_training(cards)) == [
        "small (known)",
        "known",
        "epoch that is kept",
        "copying the last stage",
    ]


def test_without_held_out_curves_the_key_has_the_losses_alone():
    only = card(held_out_curve=None, best_epoch=None)
    assert key_of(draw_meta_training([only])) == ["small (known)"]


def test_without_a_hypernetwork_there_is_no_figure():
    with pytest.raises(KnowError, match="needs a hypernetwork, found none"):
        draw_meta_training([])


def test_the_last_column_shows_how_the_meta_runs_forget():
    forgetting = {
        "used": 7,
        "unused": {"not converged": 2},
        "quartiles": [[90, 95, 99], [70, 80, 85]],
        "diverged": 1,
    }
    figure = draw_meta_training([card(forgetting=forgetting)])
    _, curve, _, counts = figure.axes
    assert curves_of(curve) == [[95, 80]]
    assert [bar.get_width() for bar in counts.patches] == [7, 2, 1]
    names = [text.get_text() for text in counts.get_yticklabels()]
    assert names == ["used", "not converged", "diverged"]
