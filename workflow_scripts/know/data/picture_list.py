"""Pictures that stay in their files, each decoded when it is asked for."""

import hashlib
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from know.data.decoding import UNREADABLE, decoded
from know.errors import KnowError

TO_THE_END = -1
"""Length of a picture that ends with its file."""


@dataclass(frozen=True)
class Places:
    """Places of pictures in files, readable in any order and by many threads."""

    folder: Path
    files: tuple[str, ...]
    """Paths below the folder."""
    places_N3: NDArray[np.int64]
    """File number, first byte and length in bytes of each picture."""

    @classmethod
    def of_files(cls, folder: Path, files: list[str]) -> Self:
        """Places of pictures that are whole files below `folder`."""
        places_N3 = np.zeros((len(files), 3), dtype=np.int64)
        places_N3[:, 0] = np.arange(len(files))
        places_N3[:, 2] = TO_THE_END
        return cls(folder, tuple(files), places_N3)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.places_N3)

    def __getitem__(self, chosen: NDArray[np.int64] | slice) -> Self:
        """Return the places of some of the pictures."""
        return replace(self, places_N3=self.places_N3[chosen])

    def name(self, number: int) -> str:
        """Name a picture for a message."""
        file, offset, _ = self.places_N3[number]
        path = self.folder / self.files[file]
        return f"{path}, byte {offset}" if offset else str(path)

    def content(self, number: int) -> bytes:
        """Read the bytes of a picture.

        Raises:
            KnowError: if the file ends before the picture does.
            OSError: if the file cannot be read.
        """
        file, offset, length = (int(value) for value in self.places_N3[number])
        with (self.folder / self.files[file]).open("rb") as stream:
            stream.seek(offset)
            content = stream.read(length)
        if length not in (TO_THE_END, len(content)):
            raise KnowError(f"wanted {length} bytes, found {len(content)}")
        return content


@dataclass(frozen=True)
class PictureList:
    """Pictures of one size that stand for an array of images.

    `know.data.reading.listed` makes one after decoding all its pictures once.
    """

    places: Places
    checksums_N: NDArray[np.int64]
    """CRC-32 of each picture's bytes."""
    mean_HWC: NDArray[np.float32]
    """Mean of the whole split / 255, also when these are a part of it."""
    crop: bool
    """Whether pictures are cropped to the size's shape, not squeezed."""

    ARRAY_TYPES: ClassVar[dict[str, type[np.generic]]] = {
        "files": np.uint8,
        "places": np.int64,
        "checksums": np.int64,
        "mean": np.float32,
    }
    """Types of the arrays that a list is written as."""

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.places)

    @property
    def folder(self) -> Path:
        """Folder that all the files lie below."""
        return self.places.folder

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the array it stands for: (pictures, height, width, 3)."""
        height, width, channels = self.mean_HWC.shape
        return len(self), height, width, channels

    def __getitem__(self, chosen: NDArray[np.int64] | slice) -> Self:
        """Return a list of some of the pictures."""
        return replace(
            self, places=self.places[chosen], checksums_N=self.checksums_N[chosen]
        )

    def picture(self, number: int) -> NDArray[np.uint8]:
        """Decode one picture to RGB, shape (height, width, 3).

        Raises:
            KnowError: if it cannot be read, or is not the picture that was listed.
        """
        try:
            content = self.places.content(number)
            if zlib.crc32(content) != self.checksums_N[number]:
                raise KnowError("the file has changed since its data set was prepared")
            return decoded(io.BytesIO(content), self.shape[1:3], crop=self.crop)
        except UNREADABLE as error:
            raise KnowError(f"{self.places.name(number)}: {error}") from error

    def digest(self) -> str:
        """SHA-256 of names, places, checksums and size, but not of the folder."""
        digest = hashlib.sha256("\0".join(self.places.files).encode())
        for array in (self.places.places_N3, self.checksums_N):
            digest.update(np.ascontiguousarray(array).data)
        digest.update(f"{self.shape[1:3]} {self.crop}".encode())
        return digest.hexdigest()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything but the folder and `crop` as arrays, for a file."""
        names = "\0".join(self.places.files).encode()
        return {
            "files": np.frombuffer(names, dtype=np.uint8),
            "places": self.places.places_N3,
            "checksums": self.checksums_N,
            "mean": self.mean_HWC,
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], *, folder: Path, crop: bool
    ) -> Self:
        """Make the list whose `arrays()` these are."""
        files = tuple(arrays["files"].tobytes().decode().split("\0"))
        places = Places(folder, files, arrays["places"])
        return cls(places, arrays["checksums"], arrays["mean"], crop)
