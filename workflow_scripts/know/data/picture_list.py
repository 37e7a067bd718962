"""Pictures that stay in their files, and stand for an array of images nevertheless."""

import hashlib
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from know.data.decoding import decoded
from know.data.places import Places
from know.errors import KnowError

UNREADABLE = (OSError, SyntaxError, ValueError)
"""What Pillow raises on a damaged picture, and KnowError among them."""


@dataclass(frozen=True)
class PictureList:
    """Pictures of one size, each decoded when it is asked for.

    `know.data.listing.listed` makes one of pictures that it has all decoded once.
    """

    places: Places
    checksums_N: NDArray[np.int64]
    """CRC-32 of each picture as it is stored."""
    mean_HWC: NDArray[np.float32]
    """Mean of the whole split / 255, whichever of its pictures these are."""
    crop: bool
    """Whether pictures are cut to the size's shape, not squeezed."""

    ARRAY_TYPES: ClassVar[dict[str, type[np.generic]]] = {
        "files": np.uint8,
        "places": np.int64,
        "checksums": np.int64,
        "mean": np.float32,
    }
    """Types of the arrays that a list is written as."""

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.places)

    @property
    def folder(self) -> Path:
        """That all the files lie below."""
        return self.places.folder

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """That of the array: (pictures, height, width, 3)."""
        height, width, channels = self.mean_HWC.shape
        return len(self), height, width, channels

    def __getitem__(self, chosen: NDArray[np.int64] | slice) -> Self:
        """A list of some of the pictures."""
        return replace(
            self, places=self.places[chosen], checksums_N=self.checksums_N[chosen]
        )

    def picture(self, number: int) -> NDArray[np.uint8]:
        """One picture as RGB, shape (height, width, 3).

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
        """SHA-256 of the list: names, places, checksums, size; not of the folder."""
        digest = hashlib.sha256("\0".join(self.places.files).encode())
        for array in (self.places.places_N3, self.checksums_N):
            digest.update(np.ascontiguousarray(array).data)
        digest.update(f"{self.shape[1:3]} {self.crop}".encode())
        return digest.hexdigest()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the folder and `crop`, for a file."""
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
        """The list that gave these `arrays`."""
        files = tuple(arrays["files"].tobytes().decode().split("\0"))
        places = Places(folder, files, arrays["places"])
        return cls(places, arrays["checksums"], arrays["mean"], crop)
