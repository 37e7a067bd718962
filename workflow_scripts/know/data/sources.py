"""Registry of the places that images come from."""

from know.data.captions_csv import captions_csv_problems, open_captions_csv
from know.data.digits import digits_problems, open_digits
from know.data.domain_folder import domain_folder_problems, open_domain_folder
from know.data.image_folder import image_folder_problems, open_image_folder
from know.data.image_stream import image_stream_problems, open_image_stream
from know.data.labels_csv import labels_csv_problems, open_labels_csv
from know.data.mask_folder import mask_folder_problems, open_mask_folder
from know.data.npz_folder import npz_problems, open_npz
from know.data.raw import Source
from know.data.shapes import open_shapes, shapes_problems
from know.data.torchvision_sets import open_torchvision, torchvision_problems

_SPLITS = ("train_splits", "test_splits")

SOURCES: dict[str, Source] = {
    "captions_csv": Source(
        open_captions_csv, captions_csv_problems, targets=("captions",), heeds=_SPLITS
    ),
    "digits": Source(open_digits, digits_problems),
    "domain_folder": Source(
        open_domain_folder, domain_folder_problems, heeds=("held_out", "crop")
    ),
    "image_folder": Source(
        open_image_folder, image_folder_problems, heeds=(*_SPLITS, "crop")
    ),
    "image_stream": Source(
        open_image_stream, image_stream_problems, heeds=(*_SPLITS, "crop")
    ),
    "labels_csv": Source(
        open_labels_csv, labels_csv_problems, heeds=(*_SPLITS, "crop")
    ),
    "mask_folder": Source(
        open_mask_folder,
        mask_folder_problems,
        targets=("masks",),
        heeds=(*_SPLITS, "ignore"),
    ),
    "npz": Source(open_npz, npz_problems),
    "shapes": Source(
        open_shapes,
        shapes_problems,
        generates=True,
        targets=("classes", "masks", "captions"),
        heeds=("held_out", "style", "grain", "objects"),
    ),
    "torchvision": Source(open_torchvision, torchvision_problems),
}
"""Source by the name that the config gives it."""
