"""Image data sets as arrays, and the checksummed file that holds one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from know.checksum import (
    checksummed_file,
    checksummed_metadata,
    header_like,
    verified_metadata,
)
from know.data.picture_list import PictureList
from know.data.root import data_root
from know.errors import KnowError

ByteArray = NDArray[np.uint8]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.floating[Any]]
LabelArray = IntArray | ByteArray
ImageArray = ByteArray | PictureList
"""Images of shape (N, H, W, 3), or a list of pictures in files that stands for them."""

FORMAT = 1

Target = Literal["classes", "masks", "captions", "text"]
"""Kind of the labels of a data set."""

IGNORE = 255
"""Mask value of a pixel that does not count."""

PAD, START, END, UNKNOWN = 0, 1, 2, 3
"""Token numbers of `SPECIAL_WORDS`, which begin every vocabulary."""
SPECIAL_WORDS = ("<pad>", "<start>", "<end>", "<unknown>")

LABEL_DTYPES: dict[str, type[np.generic]] = {
    "classes": np.int64,
    "masks": np.uint8,
    "captions": np.int64,
    "text": np.uint8,
}
"""Type of the labels by target."""


@dataclass(frozen=True, kw_only=True)
class ImageDataset:
    """Two splits of labelled images, with digests that `image_dataset` takes."""

    name: str
    train_images: ImageArray
    """Shape (N, H, W, 3), or pictures in files; texts are (N, 1, L, 1), the code of
    each character."""
    train_labels: LabelArray
    """Labels by `target`: classes int64 (N,); masks uint8 (N, H, W), with `IGNORE` for
    pixels that do not count; captions int64 (N, K, L), K per image of up to L words,
    each `START` ... `END` followed by `PAD`; of texts uint8 (N, 1, L), the character
    after each. All but `IGNORE` index `class_names`."""
    test_images: ImageArray
    test_labels: LabelArray
    class_names: tuple[str, ...]
    """Names of the classes; for captions the words, `SPECIAL_WORDS` first; for texts
    the characters."""
    target: Target = "classes"
    digests: dict[str, str]
    """SHA-256 of the bytes of images and labels, for `train` and for `test`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings that it was prepared with, ready for JSON."""


def image_dataset(
    name: str,
    *,
    train: tuple[ImageArray, LabelArray],
    test: tuple[ImageArray, LabelArray],
    class_names: tuple[str, ...],
    settings: Mapping[str, Any],
    target: Target = "classes",
) -> ImageDataset:
    """Put two splits, each of images and labels, together and digest them."""
    return ImageDataset(
        name=name,
        train_images=train[0],
        train_labels=train[1],
        test_images=test[0],
        test_labels=test[1],
        class_names=class_names,
        target=target,
        digests={"train": split_digest(*train), "test": split_digest(*test)},
        settings=dict(settings),
    )


def split_digest(images: ImageArray, labels: LabelArray) -> str:
    """SHA-256 of the images' bytes followed by the labels' bytes, in hexadecimal.

    Pictures in files are covered by their list's digest, which includes checksums.
    """
    if isinstance(images, PictureList):
        digest = hashlib.sha256(images.digest().encode())
    else:
        digest = hashlib.sha256(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def write_dataset(path: Path, dataset: ImageDataset) -> None:
    """Write `dataset` to a checksummed safetensors file, whole or not at all.

    Pictures in files are written as a list of these, below the settings' `path`.
    """
    metadata = {
        "format": FORMAT,
        "name": dataset.name,
        "class_names": dataset.class_names,
        "target": dataset.target,
        "digests": dataset.digests,
        "settings": dataset.settings,
    }
    arrays: dict[str, NDArray[Any]] = {}
    for split in ("train", "test"):
        images = getattr(dataset, f"{split}_images")
        arrays[f"{split}_labels"] = getattr(dataset, f"{split}_labels")
        if isinstance(images, PictureList):
            metadata["pictures"] = {"crop": images.crop}
            arrays |= {
                f"{split}_{key}": value for key, value in images.arrays().items()
            }
        else:
            arrays[f"{split}_images"] = images
    empty = {key: np.empty(0, value.dtype) for key, value in arrays.items()}
    sample = safetensors.numpy.save(empty, metadata=checksummed_metadata(metadata))
    sizes = {key: (value.shape, value.nbytes) for key, value in arrays.items()}
    header, names = header_like(sample, sizes)
    with checksummed_file(path, header) as file:
        for name in names:
            file.write(np.ascontiguousarray(arrays[name]).data)


def read_dataset(path: Path) -> ImageDataset:
    """Open a data set after checking every byte of its file, without copying pixels.

    The arrays are memory maps in copy-on-write mode: many jobs on one machine share
    their pages, `torch.from_numpy` takes them as they are, and a write into one stays
    in this process. Pictures in files are looked for below `data_root()`.

    Raises:
        KnowError: if the file is missing, damaged, or not a data set of this format.
    """
    # Torch maps the file; only jobs that use torch anyway read a data set.
    import safetensors.torch

    metadata = verified_metadata(path)
    tensors = safetensors.torch.load_file(path)
    arrays = {key: tensor.numpy() for key, tensor in tensors.items()}
    target, pictures = metadata.get("target"), metadata.get("pictures")
    found = {key: array.dtype.type for key, array in arrays.items()}
    if metadata.get("format") != FORMAT or found != _types(target, pictures):
        raise KnowError(
            f"wanted a data set of format {FORMAT} whose labels are one of "
            f"{sorted(LABEL_DTYPES)}, found format {metadata.get('format')} with "
            f"{sorted(arrays)} and labels {target!r} in {path}"
        )
    return ImageDataset(
        name=metadata["name"],
        class_names=tuple(metadata["class_names"]),
        target=metadata["target"],
        digests=metadata["digests"],
        settings=metadata["settings"],
        train_images=_images(arrays, "train", metadata),
        train_labels=arrays["train_labels"],
        test_images=_images(arrays, "test", metadata),
        test_labels=arrays["test_labels"],
    )


def _types(target: str | None, pictures: object) -> dict[str, type[np.generic] | None]:
    """Type of each array in a file with labels of this target."""
    images = {"images": np.uint8} if pictures is None else PictureList.ARRAY_TYPES
    types = {**images, "labels": LABEL_DTYPES.get(str(target))}
    splits = ("train", "test")
    return {f"{split}_{key}": types[key] for split in splits for key in types}


def _images(
    arrays: Mapping[str, NDArray[Any]], split: str, metadata: Mapping[str, Any]
) -> ImageArray:
    if "pictures" not in metadata:
        return arrays[f"{split}_images"]
    own = {key: arrays[f"{split}_{key}"] for key in PictureList.ARRAY_TYPES}
    folder = data_root() / metadata["settings"]["path"]
    return PictureList.from_arrays(
        own, folder=folder, crop=metadata["pictures"]["crop"]
    )
