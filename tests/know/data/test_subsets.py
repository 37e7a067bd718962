import numpy as np
import pytest

from know.data.subsets import absent_classes, nested_order, stage_sizes
from know.errors import KnowError

LABELS = np.repeat(np.arange(4), [40, 40, 10, 10])


@pytest.mark.parametrize("stratified", [False, True])
class TestEveryOrder:
    def test_holds_every_image_once(self, stratified):
        order = nested_order(LABELS, seed=1, stratified=stratified)
        assert order.dtype == np.int64
        assert sorted(order) == list(range(100))

    def test_depends_on_the_seed_alone(self, stratified):
        first, again, other = (
            nested_order(LABELS, seed=s, stratified=stratified) for s in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


def test_masks_are_shuffled_but_have_no_classes_to_deal_out():
    masks = np.zeros((20, 4, 4), dtype=np.uint8)
    assert sorted(nested_order(masks, seed=1)) == list(range(20))
    with pytest.raises(KnowError, match=r"a class for each image, .*\(20, 4, 4\)"):
        nested_order(masks, seed=1, stratified=True)


def test_every_prefix_of_a_stratified_order_is_balanced():
    order = nested_order(LABELS, seed=3, stratified=True)
    for size in range(1, 101):
        counts = np.bincount(LABELS[order[:size]], minlength=4)
        assert np.all(np.abs(counts - size * np.array([0.4, 0.4, 0.1, 0.1])) <= 1)


def test_classes_without_an_image_are_listed():
    assert absent_classes(np.array([3, 1, 3]), 5) == [0, 2, 4]
    assert absent_classes(np.zeros((2, 4, 4), dtype=np.uint8), 5) == []


def test_stages_shrink_by_the_rate_and_round_down():
    assert stage_sizes(50_000, rate=0.5, stages=5) == [50000, 25000, 12500, 6250, 3125]
    assert stage_sizes(7, rate=0.5, stages=3) == [7, 3, 1]


@pytest.mark.parametrize(
    ("rate", "size"), [(0.7, 343), (0.9, 729), (0.3, 27), (0.1, 1)]
)
def test_a_decimal_rate_is_taken_as_written(rate, size):
    assert stage_sizes(1000, rate=rate, stages=4)[3] == size


def test_a_stage_without_an_image_is_refused():
    with pytest.raises(KnowError, match="none left at stage 4 of 10 images"):
        stage_sizes(10, rate=0.5, stages=5)


@pytest.mark.parametrize(("rate", "stages"), [(0.0, 2), (1.5, 2), (0.5, 0)])
def test_a_rate_or_number_out_of_range_is_refused(rate, stages):
    with pytest.raises(KnowError, match=f"found rate {rate} and {stages} stages"):
        stage_sizes(10, rate=rate, stages=stages)
