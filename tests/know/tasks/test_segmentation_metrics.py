"""Segmentation metrics: by hand, and against torchmetrics and scikit-learn."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_jaccard_index

from know.data.arrays import IGNORE
from know.errors import KnowError
from know.tasks.segmentation import confusion_matrix, segmentation_metrics


def scores_of(truth, predicted, num_classes):
    counts = confusion_matrix(
        torch.tensor(truth), torch.tensor(predicted), num_classes=num_classes
    )
    return segmentation_metrics(counts)


def random_masks(seed, *, num_classes, used, ignored):
    """Three pairs of masks, half right; `used` classes are true or predicted."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, used, (3, 6, 7), dtype=np.uint8)
    guess = rng.integers(0, used, truth.shape, dtype=np.uint8)
    predicted = np.where(rng.random(truth.shape) < 0.5, truth, guess)
    truth[rng.random(truth.shape) < ignored] = IGNORE
    assert used <= num_classes
    return torch.from_numpy(truth), torch.from_numpy(predicted)


class TestByHand:
    def test_counts_true_class_by_predicted_class(self):
        truth = torch.tensor([[0, 0, 1], [1, 2, IGNORE]], dtype=torch.uint8)
        predicted = torch.tensor([[0, 1, 1], [1, 0, 2]])
        assert confusion_matrix(truth, predicted, num_classes=3).tolist() == [
            [1, 1, 0],
            [0, 2, 0],
            [1, 0, 0],
        ]

    def test_three_classes(self):
        # Unions 3, 3, 1; intersections 1, 2, 0.
        found = scores_of([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 3)
        assert found == pytest.approx(
            {
                "miou": 100 * (1 / 3 + 2 / 3 + 0) / 3,
                "class_accuracy": 100 * (1 / 2 + 1 + 0) / 3,
            }
        )

    def test_masks_that_agree_have_100_percent(self):
        found = scores_of([[0, 2], [2, IGNORE]], [[0, 2], [2, 1]], 4)
        assert found == {"miou": 100, "class_accuracy": 100}

    def test_a_class_that_is_neither_there_nor_predicted_is_left_out(self):
        assert scores_of([0, 0], [0, 0], 2) == scores_of([0, 0], [0, 0], 9)

    def test_a_class_that_is_only_predicted_has_no_union_and_no_class_accuracy(self):
        found = scores_of([0, 0, 0, 0], [0, 0, 0, 1], 2)
        assert found == {"miou": 37.5, "class_accuracy": 75}

    def test_what_is_predicted_where_nothing_counts_is_no_matter(self):
        assert scores_of([0, 1, IGNORE], [0, 1, 0], 2)["miou"] == 100

    def test_counts_add_up_over_batches(self):
        truth, predicted = random_masks(0, num_classes=4, used=4, ignored=0.2)
        whole = confusion_matrix(truth, predicted, num_classes=4)
        parts = [
            confusion_matrix(t, p, num_classes=4)
            for t, p in zip(truth, predicted, strict=True)
        ]
        assert torch.equal(whole, torch.stack(parts).sum(0))

    def test_a_class_that_the_data_set_does_not_name_is_refused(self):
        with pytest.raises(KnowError, match="masks of 2 classes hold the class 7"):
            scores_of([0, 7], [0, 1], 2)


@pytest.mark.parametrize(
    ("used", "ignored"), [(5, 0.0), (5, 0.3), (3, 0.3), (1, 0.3), (5, 0.97)]
)
@pytest.mark.parametrize("seed", range(2))
class TestAgreement:
    """Five classes, of which the first few may be used, with ignored pixels."""

    @pytest.fixture
    def masks(self, seed, used, ignored):
        return random_masks(seed, num_classes=5, used=used, ignored=ignored)

    @pytest.fixture
    def found(self, masks):
        return segmentation_metrics(confusion_matrix(*masks, num_classes=5))

    def test_with_torchmetrics(self, masks, found):
        truth, predicted = (mask.long() for mask in masks)
        shared = {"num_classes": 5, "ignore_index": IGNORE}
        union = multiclass_jaccard_index(predicted, truth, average="macro", **shared)
        assert found["miou"] == pytest.approx(100 * float(union), rel=1e-6)
