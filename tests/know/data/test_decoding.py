import io

import numpy as np
import pytest
from PIL import Image

from know.data.decoding import decoded
from know.errors import KnowError


def stored(array, **options):
    """A picture as it lies in a file."""
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG", **options)
    stream.seek(0)
    return stream


@pytest.fixture
def ramp():
    """Four rows of eight columns, red being the column and green the row."""
    picture = np.zeros((4, 8, 3), dtype=np.uint8)
    picture[..., 0] = np.arange(8)
    picture[..., 1] = np.arange(4)[:, None]
    return picture


def test_a_picture_keeps_its_size_where_none_is_given(ramp):
    np.testing.assert_array_equal(decoded(stored(ramp), None), ramp)


def test_a_picture_is_squeezed_into_the_size(ramp):
    found = decoded(stored(ramp), (4, 4))
    # Means of two columns, 0.5 up to 6.5, rounded up.
    assert found[0, :, 0].tolist() == [1, 3, 5, 7]
    assert found[:, 0, 1].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_is_cut_about_its_centre(ramp, turned):
    picture = ramp.transpose(1, 0, 2) if turned else ramp
    found = decoded(stored(np.ascontiguousarray(picture)), (4, 4), crop=True)
    np.testing.assert_array_equal(found, picture[2:6] if turned else picture[:, 2:6])


def test_what_is_cut_is_made_smaller_too(ramp):
    found = decoded(stored(ramp), (2, 2), crop=True)
    assert found[0, :, 0].tolist() == [3, 5]


def test_cutting_to_its_own_shape_changes_nothing(ramp):
    np.testing.assert_array_equal(decoded(stored(ramp), (4, 8), crop=True), ramp)


def test_grey_becomes_rgb(ramp):
    found = decoded(stored(ramp[..., 0]), None)
    np.testing.assert_array_equal(found, np.repeat(ramp[..., :1], 3, axis=2))


def test_more_than_eight_bits_are_refused():
    deep = np.zeros((2, 2), dtype=np.uint16)
    with pytest.raises(KnowError, match="8 bits a channel wanted, found mode I;16"):
        decoded(stored(deep), None)
