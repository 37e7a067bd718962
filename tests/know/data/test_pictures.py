import numpy as np
import pytest
from PIL import Image

from know.data.pictures import file_split, read_pictures, resized
from know.errors import KnowError


def save(path, array):
    Image.fromarray(np.asarray(array, dtype=np.uint8)).save(path)
    return path


def test_grey_images_become_three_equal_channels():
    grey = np.arange(8, dtype=np.uint8).reshape(1, 2, 4)
    for images in (grey, grey[..., None]):
        rgb = resized(images, None)
        assert rgb.shape == (1, 2, 4, 3)
        np.testing.assert_array_equal(rgb, np.stack([grey] * 3, axis=3))


def test_shrinking_averages_boxes_of_pixels():
    image = np.array([[[0, 100], [100, 200]]], dtype=np.uint8)
    assert resized(image, (1, 1)).tolist() == [[[[100, 100, 100]]]]


def test_a_size_is_height_then_width():
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    assert resized(images, (8, 6)).shape == (2, 8, 6, 3)


def test_a_size_they_have_already_changes_nothing():
    images = np.random.default_rng(0).integers(256, size=(2, 4, 6, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resized(images, (4, 6)), images)


def test_grey_and_colour_files_are_read_as_rgb(tmp_path):
    paths = [
        save(tmp_path / "a.png", np.full((3, 3), 7)),
        save(tmp_path / "b.png", np.full((3, 3, 3), 9)),
    ]
    images = read_pictures(paths, None)
    assert images.shape == (2, 3, 3, 3)
    assert images[:, 0, 0].tolist() == [[7, 7, 7], [9, 9, 9]]


def test_a_palette_with_a_clear_colour_is_read_without_a_warning(tmp_path):
    picture = Image.new("P", (2, 2), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.save(tmp_path / "a.png", transparency=b"\xff\x00")
    assert read_pictures([tmp_path / "a.png"], None)[0, 0, 0].tolist() == [10, 20, 30]


def test_pictures_of_several_sizes_need_a_size(tmp_path):
    paths = [save(tmp_path / f"{n}.png", np.zeros((n, 4))) for n in (3, 5)]
    with pytest.raises(KnowError, match=r"found 2 sizes \(3 x 4, 5 x 4 .*give `size`"):
        read_pictures(paths, None)
    assert read_pictures(paths, (4, 4)).shape == (2, 4, 4, 3)


def test_all_unreadable_pictures_are_named(tmp_path):
    good = save(tmp_path / "good.png", np.zeros((4, 4)))
    content = good.read_bytes()
    (tmp_path / "cut.png").write_bytes(content[:40])
    (tmp_path / "text.png").write_text("no picture")
    paths = [tmp_path / name for name in ("cut.png", "good.png", "text.png")]
    with pytest.raises(KnowError) as caught:
        read_pictures(paths, None)
    assert "cut.png" in str(caught.value)
    assert "text.png" in str(caught.value)
    assert "good.png" not in str(caught.value)


def test_sixteen_bits_a_channel_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 300, dtype=np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(KnowError, match=r"deep\.png: 8 bits a channel wanted"):
        read_pictures([tmp_path / "deep.png"], None)


def test_a_split_of_files_reads_the_pictures_asked_for(tmp_path):
    paths = [save(tmp_path / f"{n}.png", np.full((2, 2), n)) for n in range(4)]
    split = file_split(paths, np.arange(4))
    assert split.read(np.array([3, 1]), None)[:, 0, 0, 0].tolist() == [3, 1]
