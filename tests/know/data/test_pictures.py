import io
import zlib
from functools import partial

import numpy as np
import pytest
from PIL import Image

from know.data.decoding import decoded, resized, upright_size
from know.data.picture_list import Places
from know.data.reading import stacked
from know.errors import KnowError


def stored(array):
    """A picture as it lies in a file."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(stream, "PNG")
    stream.seek(0)
    return stream


@pytest.fixture
def ramp():
    """Four rows of eight columns, red being the column and green the row."""
    picture = np.zeros((4, 8, 3), dtype=np.uint8)
    picture[..., 0] = np.arange(8)
    picture[..., 1] = np.arange(4)[:, None]
    return picture


class TestOnePicture:
    def test_keeps_its_size_if_none_is_given(self, ramp):
        np.testing.assert_array_equal(decoded(stored(ramp), None), ramp)

    def test_is_squeezed_into_the_size(self, ramp):
        found = decoded(stored(ramp), (4, 4))
        # Means of two columns, 0.5 up to 6.5, rounded up.
        assert found[0, :, 0].tolist() == [1, 3, 5, 7]
        assert found[:, 0, 1].tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize("turned", [False, True])
    def test_is_cropped_about_its_centre(self, ramp, turned):
        picture = ramp.transpose(1, 0, 2) if turned else ramp
        found = decoded(stored(picture), (4, 4), crop=True)
        wanted = picture[2:6] if turned else picture[:, 2:6]
        np.testing.assert_array_equal(found, wanted)

    def test_is_made_smaller_after_it_is_cropped(self, ramp):
        found = decoded(stored(ramp), (2, 2), crop=True)
        assert found[0, :, 0].tolist() == [3, 5]

    def test_is_rgb_if_it_was_grey(self, ramp):
        found = decoded(stored(ramp[..., 0]), None)
        np.testing.assert_array_equal(found, np.repeat(ramp[..., :1], 3, axis=2))

    def test_may_have_a_palette_with_a_clear_colour(self, tmp_path):
        picture = Image.new("P", (2, 2), 1)
        picture.putpalette([0, 0, 0, 10, 20, 30])
        picture.save(tmp_path / "a.png", transparency=b"\xff\x00")
        assert decoded(tmp_path / "a.png", None)[0, 0].tolist() == [10, 20, 30]

    def test_of_more_than_eight_bits_is_refused(self):
        deep = np.zeros((2, 2), dtype=np.uint16)
        with pytest.raises(
            KnowError, match="8 bits per channel wanted, found mode I;16"
        ):
            decoded(stored(deep), None)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_orientation_counts_in_every_form(ramp, form, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.fromarray(np.repeat(ramp[..., :1], 3, axis=2) * 30)
    picture.save(tmp_path / "a", form, **({} if form == "BMP" else {"exif": exif}))
    found = decoded(tmp_path / "a", None)
    assert found.shape == ((4, 8, 3) if form == "BMP" else (8, 4, 3))
    assert upright_size(tmp_path / "a") == found.shape[:2]


class TestManyPictures:
    def test_of_several_sizes_need_a_size(self, tmp_path):
        for rows in (3, 5):
            array = np.zeros((rows, 4), dtype=np.uint8)
            Image.fromarray(array).save(tmp_path / f"{rows}.png")
        places = Places.of_files(tmp_path, ["3.png", "5.png"])
        with pytest.raises(KnowError, match=r"found 2 sizes \(3 x 4, 5 x 4 .*`size`"):
            stacked(places, partial(decoded, size=None))
        assert stacked(places, partial(decoded, size=(4, 4))).shape == (2, 4, 4, 3)

    def test_that_cannot_be_read_are_all_named(self, tmp_path, draw):
        draw(tmp_path, 1)
        content = (tmp_path / "001.png").read_bytes()
        (tmp_path / "cut.png").write_bytes(content[:50])
        (tmp_path / "text.png").write_text("no picture")
        # Width and height in the header, of 50,000 pixels each.
        huge = content[:16] + 2 * (50_000).to_bytes(4, "big") + content[24:29]
        huge += zlib.crc32(huge[12:]).to_bytes(4, "big") + content[33:]
        (tmp_path / "huge.png").write_bytes(huge)
        names = ["cut.png", "001.png", "text.png", "huge.png", "missing.png"]
        with pytest.raises(KnowError) as caught:
            stacked(Places.of_files(tmp_path, names), partial(decoded, size=None))
        lines = str(caught.value).splitlines()[1:]
        assert [line.split(": ")[1][:12] for line in lines] == [
            "a damaged pi",
            "not a pictur",
            "too large to",
            "[Errno 2] No",
        ]
        found = [line.split(": ")[0].removeprefix(f"  - {tmp_path}/") for line in lines]
        assert found == ["cut.png", "text.png", "huge.png", "missing.png"]


class TestArrays:
    def test_of_grey_images_become_three_equal_channels(self):
        grey = np.arange(8, dtype=np.uint8).reshape(1, 2, 4)
        for images in (grey, grey[..., None]):
            rgb = resized(images, None)
            np.testing.assert_array_equal(rgb, np.stack([grey] * 3, axis=3))

    def test_shrink_by_averaging_boxes_of_pixels(self):
        image = np.array([[[0, 100], [100, 200]]], dtype=np.uint8)
        assert resized(image, (1, 1)).tolist() == [[[[100, 100, 100]]]]

    def test_have_a_height_then_a_width(self):
        images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
        assert resized(images, (8, 6)).shape == (2, 8, 6, 3)
