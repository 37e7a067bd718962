"""Figures of samples: what is read, what is drawn, and the same bytes each time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from know.data.arrays import IGNORE, image_dataset, write_dataset
from know.errors import KnowError
from know.reporting.sample_figures import captioning, segmentation
from know.reporting.sample_figures.captioning import sentence
from know.reporting.sample_figures.segmentation import class_colours, coloured
from know.reporting.samples import read_pictures, read_samples
from know.weights.checkpoint import save_checkpoint

WORDS = ("<pad>", "<start>", "<end>", "<unknown>", "red", "star")
MASKS = np.array([[[0, 1], [IGNORE, 2]], [[1, 1], [2, 2]]], dtype=np.uint8)
CAPTIONS = np.array([[[1, 4, 5, 2], [1, 5, 2, 0]], [[1, 3, 2, 0], [1, 4, 2, 0]]])


@pytest.fixture
def write_test_split(tmp_path):
    """A writer of a data set of two test images with the given labels."""

    def write(labels, names, target):
        images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
        split = images, labels
        dataset = image_dataset(
            "d", train=split, test=split, class_names=names, settings={}, target=target
        )
        write_dataset(tmp_path / "d.safetensors", dataset)
        return tmp_path / "d.safetensors"

    return write


@pytest.fixture
def masks(write_test_split):
    return write_test_split(MASKS, ("sky", "car", "tree"), "masks")


@pytest.fixture
def captions(write_test_split):
    return write_test_split(CAPTIONS, WORDS, "captions")


@pytest.fixture
def make_source(tmp_path):
    """A writer of samples of two test images, as a job of fine-tunings leaves them."""

    def make(label, horizon, sample, values):
        path = tmp_path / f"{label}.safetensors"
        held = {
            f"n{horizon}/trial0/{sample}": torch.from_numpy(values),
            f"n{horizon}/trial1/{sample}": torch.zeros(2, 3),
            f"n9/trial0/{sample}": torch.zeros(2, 3),
        }
        save_checkpoint(path, held, {})
        return {"label": label, "horizon": horizon, "path": str(path)}

    return make


class TestReading:
    def test_pictures_are_the_first_test_images_with_their_labels(self, masks):
        pictures = read_pictures(masks, 1)
        assert pictures.images_NHW3.ravel().tolist() == list(range(12))
        assert pictures.labels.tolist() == MASKS[:1].tolist()
        assert pictures.names == ("sky", "car", "tree")

    def test_more_pictures_than_there_are_are_refused(self, masks):
        with pytest.raises(KnowError, match="wanted 3 test images, found 2 in"):
            read_pictures(masks, 3)

    def test_samples_are_those_of_the_horizon_and_the_first_trial(self, make_source):
        sources = [
            make_source("naive", 0, "masks", MASKS),
            make_source("known x3", 1, "masks", MASKS[::-1].copy()),
        ]
        found = read_samples(sources, sample="masks", count=1)
        assert list(found) == ["naive", "known x3"]
        assert found["known x3"].tolist() == MASKS[1:].tolist()

    def test_every_file_without_enough_samples_is_named(self, make_source):
        sources = [
            make_source("few", 1, "masks", MASKS[:1]),
            make_source("other", 0, "tokens", MASKS),
        ]
        with pytest.raises(KnowError) as refused:
            read_samples(sources, sample="masks", count=2)
        assert str(refused.value).splitlines() == [
            "wanted samples of 2 test images, found fewer:",
            f"  - {sources[0]['path']}: n1/trial0/masks of 1 images",
            f"  - {sources[1]['path']}: n0/trial0/masks of 0 images",
        ]


class TestColours:
    @pytest.mark.parametrize("num_classes", [1, 2, 11, 21, 34, 150])
    def test_every_class_has_its_own_and_none_is_white(self, num_classes):
        colours = class_colours(num_classes)
        assert colours.shape == (num_classes, 3)
        assert len(np.unique(colours, axis=0)) == num_classes
        assert not (colours == 255).all(1).any()

    def test_a_mask_shows_them_and_is_white_where_nothing_counts(self):
        colours = class_colours(3)
        image = coloured(MASKS[:1], colours)
        assert image.shape == (1, 2, 2, 3)
        assert image[0, 0, 1].tolist() == colours[1].tolist()
        assert image[0, 1, 0].tolist() == [255, 255, 255]


class TestSentences:
    @pytest.mark.parametrize(
        ("tokens", "wanted"),
        [
            ([1, 4, 5, 2, 0], "red star"),
            ([1, 5, 2, 4], "star"),
            ([4, 3], "red <unknown>"),
            ([1, 2, 0], "—"),
        ],
    )
    def test_lie_between_start_and_end(self, tokens, wanted):
        assert sentence(tokens, WORDS) == wanted


def texts_of(figure):
    """Words of a figure's titles, texts and legends, panel by panel."""
    panels = [[ax.get_title(), *(t.get_text() for t in ax.texts)] for ax in figure.axes]
    legends = [[t.get_text() for t in key.get_texts()] for key in figure.legends]
    return [text for texts in panels + legends for text in texts if text]


class TestFigures:
    def test_a_row_per_image_a_column_per_network(self, masks):
        predicted = {"naive": MASKS[::-1], "known x3": MASKS}
        figure = segmentation.draw(read_pictures(masks, 2), predicted)
        assert [len(ax.images) for ax in figure.axes] == [1] * 2 * 4
        assert texts_of(figure) == [
            *("input", "truth", "naive", "known x3"),
            *("sky", "car", "tree", "not counted"),
        ]

    def test_the_legend_names_only_what_is_shown(self, masks):
        shown = np.ones((2, 2, 2), dtype=np.uint8)
        pictures = replace(read_pictures(masks, 2), labels=shown)
        figure = segmentation.draw(pictures, {"naive": shown})
        assert texts_of(figure) == ["input", "truth", "naive", "car"]

    def test_a_legend_of_long_names_stays_within_the_figure(self, masks):
        names = ("background", "a striped triangle", "another long name")
        pictures = replace(read_pictures(masks, 2), names=names)
        figure = segmentation.draw(pictures, {"naive": MASKS})
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1

    def test_captions_stand_beside_their_image(self, captions):
        generated = {"naive": CAPTIONS[:, 1], "known x3": CAPTIONS[::-1, 0]}
        figure = captioning.draw(read_pictures(captions, 2), generated)
        assert sum(len(ax.images) for ax in figure.axes) == 2
        assert texts_of(figure) == [
            *("true", "red star", "naive", "star", "known x3", "<unknown>"),
            *("true", "<unknown>", "naive", "red", "known x3", "red star"),
        ]

    def test_long_captions_are_wrapped(self, captions):
        long = np.full((2, 40), 5)
        texts = texts_of(captioning.draw(read_pictures(captions, 2), {"naive": long}))
        lines = [text for text in texts if text.startswith("star")]
        assert max(map(len, lines)) <= 60
        assert " ".join(lines).split() == ["star"] * 80
