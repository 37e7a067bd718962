"""Registry of the places that images come from."""

from know.data.digits import digits_problems, open_digits
from know.data.image_folder import image_folder_problems, open_image_folder
from know.data.labels_csv import labels_csv_problems, open_labels_csv
from know.data.npz_folder import npz_problems, open_npz
from know.data.raw import Source
from know.data.shapes import open_shapes, shapes_problems
from know.data.torchvision_sets import open_torchvision, torchvision_problems

SOURCES: dict[str, Source] = {
    "digits": Source(open_digits, digits_problems),
    "image_folder": Source(open_image_folder, image_folder_problems),
    "labels_csv": Source(open_labels_csv, labels_csv_problems),
    "npz": Source(open_npz, npz_problems),
    "shapes": Source(open_shapes, shapes_problems, generates=True),
    "torchvision": Source(open_torchvision, torchvision_problems),
}
"""Source by the name that the config gives it."""
