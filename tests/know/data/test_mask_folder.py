from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from know.data.arrays import IGNORE
from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.data.sources.mask_folder import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(
    source="mask-folder", path="town", target="masks", test_splits=["val"], ignore=3
)
LEFT = [[0, 0, 1, 1], [0, 0, 1, 2], [0, 3, 1, 1], [0, 0, 1, 1]]


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, dtype=np.uint8)).save(path)


@pytest.fixture
def root(tmp_path):
    town = tmp_path / "town"
    town.mkdir()
    (town / "classes.txt").write_text("sky\nroad\ncar\nvoid\n")
    for split, count in (("train", 3), ("val", 2)):
        for number in range(count):
            save(town / split / "images" / f"{number}.png", np.full((4, 4, 3), number))
            save(
                town / split / "masks" / f"{number}.png", np.roll(LEFT, number, axis=1)
            )
    return tmp_path


def test_masks_go_with_their_pictures(root):
    dataset = prepare("town", SETTINGS, root)
    assert dataset.target == "masks"
    assert dataset.class_names == ("sky", "road", "car")
    assert dataset.train_images[:, 0, 0, 0].tolist() == [0, 1, 2]
    expected = np.array([np.roll(LEFT, number, axis=1) for number in range(3)])
    expected[expected == 3] = IGNORE
    np.testing.assert_array_equal(dataset.train_labels, expected)
    assert dataset.train_labels.dtype == np.uint8
    assert dataset.test_labels.shape == (2, 4, 4)


def test_a_subset_keeps_pictures_and_masks_together(root):
    dataset = prepare("town", replace(SETTINGS, train=2), root)
    for image, mask in zip(dataset.train_images, dataset.train_labels, strict=True):
        expected = np.roll(LEFT, image[0, 0, 0], axis=1)
        np.testing.assert_array_equal(mask, np.where(expected == 3, IGNORE, expected))


def test_a_mask_is_resized_to_the_nearest_pixel_s_class(root):
    dataset = prepare("town", replace(SETTINGS, size=8), root)
    assert dataset.train_images.shape == (3, 8, 8, 3)
    expected = np.kron(LEFT, np.ones((2, 2), dtype=int))
    found = dataset.train_labels[0].astype(int)
    np.testing.assert_array_equal(found, np.where(expected == 3, IGNORE, expected))


def test_classes_before_which_one_is_ignored_move_up(root):
    dataset = prepare("town", replace(SETTINGS, ignore=0), root)
    assert dataset.class_names == ("road", "car", "void")
    np.testing.assert_array_equal(
        dataset.train_labels[0], np.array(LEFT, dtype=np.uint8) - 1
    )


def test_pixels_of_other_classes_than_those_chosen_do_not_count(root):
    dataset = prepare("town", replace(SETTINGS, classes=[2, 0]), root)
    assert dataset.class_names == ("car", "sky")
    wanted = np.full((4, 4), IGNORE)
    wanted[np.array(LEFT) == 0], wanted[np.array(LEFT) == 2] = 1, 0
    np.testing.assert_array_equal(dataset.train_labels[0], wanted)


def test_a_palette_picture_gives_its_indices(root):
    mask = Image.fromarray(np.asarray(LEFT, dtype=np.uint8)).convert("P")
    mask.putdata(np.asarray(LEFT).ravel().tolist())
    mask.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 255, 255, 255])
    mask.save(root / "town" / "train" / "masks" / "0.png")
    with Image.open(root / "town" / "train" / "masks" / "0.png") as written:
        assert written.mode == "P"
    found = prepare("town", SETTINGS, root).train_labels[0].astype(int)
    np.testing.assert_array_equal(np.where(found == IGNORE, 3, found), LEFT)


def test_all_unusable_masks_and_pictures_are_named_at_once(root):
    town = root / "town"
    save(town / "train" / "masks" / "0.png", np.full((4, 4), 9))
    save(town / "val" / "masks" / "1.png", np.zeros((4, 4, 3)))
    (town / "train" / "images" / "2.png").write_text("no picture")
    with pytest.raises(KnowError) as caught:
        prepare("town", SETTINGS, root)
    heading, *lines = str(caught.value).splitlines()
    assert heading == "these pictures cannot be read:"
    assert [line.split("town/")[1].split(":")[0] for line in lines] == [
        "train/images/2.png",
        "train/masks/0.png",
        "val/masks/1.png",
    ]
    assert lines[1].endswith(
        "the values [9] are neither lines of classes.txt nor `ignore`"
    )
    assert lines[2].endswith("class numbers wanted (mode L or P), found RGB")


def test_all_pictures_without_a_partner_are_named(root):
    town = root / "town"
    (town / "train" / "masks" / "1.png").unlink()
    save(town / "val" / "masks" / "7.png", LEFT)
    save(town / "val" / "images" / "0.bmp", np.zeros((4, 4, 3)))
    problems = SOURCE.check(SETTINGS, root)
    assert problems == [
        f"{town / 'train' / 'images' / '1.png'} has no mask",
        f"{town / 'val' / 'images' / '0.png'} shares its name with "
        f"{town / 'val' / 'images' / '0.bmp'}",
        f"{town / 'val' / 'masks' / '7.png'} has no picture",
    ]


def test_class_names_may_have_a_mark_and_must_differ(root):
    path = root / "town" / "classes.txt"
    path.write_text("sky\r\nroad\r\ncar\r\nvoid\r\n", encoding="utf-8-sig")
    assert prepare("town", SETTINGS, root).class_names == ("sky", "road", "car")
    path.write_text("sky\n\nsky\nvoid\n")
    assert SOURCE.check(SETTINGS, root) == [
        f"{path}, line 2: wanted a class of its own, found ''",
        f"{path}, line 3: wanted a class of its own, found 'sky'",
    ]


def test_missing_folders_and_classes_are_named_together(root):
    (root / "town" / "classes.txt").unlink()
    settings = replace(SETTINGS, train_splits=["train", "more"])
    first, *others = SOURCE.check(settings, root)
    assert first.startswith("wanted one class per line, found no file at")
    assert [line.split("town/")[1] for line in others] == ["more/images", "more/masks"]


@pytest.mark.parametrize("size", [None, 4])
def test_every_mask_of_another_size_than_its_picture_is_named(root, size):
    for number in range(2):
        save(root / "town" / "val" / "masks" / f"{number}.png", np.zeros((2, 4)))
    with pytest.raises(KnowError) as caught:
        prepare("town", replace(SETTINGS, size=size), root)
    assert str(caught.value).splitlines()[1:] == [
        f"  - {root}/town/val/masks/{number}.png: 2 x 4 pixels, its picture has 4 x 4"
        for number in range(2)
    ]


def test_a_picture_is_turned_as_the_mask_drawn_on_it(root):
    mask = np.zeros((4, 2), dtype=np.uint8)
    mask[:2] = 1
    upright = np.repeat(mask[..., None] * 200, 3, axis=2)
    exif = Image.Exif()
    # The camera lay on its side: the first row of the file is the right-hand column.
    exif[0x0112] = 6
    for split, number in (("train", 3), ("val", 2)):
        for name in map(str, range(number)):
            folder = root / "town" / split
            (folder / "images" / f"{name}.png").unlink()
            Image.fromarray(np.rot90(upright)).save(
                folder / "images" / f"{name}.jpg", exif=exif, quality=100
            )
            save(folder / "masks" / f"{name}.png", mask)
    dataset = prepare("town", SETTINGS, root)
    is_bright = dataset.train_images[..., 0] > 99
    np.testing.assert_array_equal(is_bright, dataset.train_labels)
    assert dataset.train_labels[0].tolist() == mask.tolist()
