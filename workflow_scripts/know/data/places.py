"""Where pictures lie: each a file, or a stretch of an archive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from know.errors import KnowError

TO_THE_END = -1
"""Length of a picture that ends with its file."""


@dataclass(frozen=True)
class Places:
    """Places of pictures, readable in any order and by many threads."""

    folder: Path
    files: tuple[str, ...]
    """Paths below the folder."""
    places_N3: NDArray[np.int64]
    """Of each picture the number of its file, its first byte and its length."""

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.places_N3)

    def __getitem__(self, chosen: NDArray[np.int64] | slice) -> Self:
        """The places of some of the pictures."""
        return replace(self, places_N3=self.places_N3[chosen])

    def name(self, number: int) -> str:
        """What to call a picture in a message."""
        file, offset, _ = self.places_N3[number]
        path = self.folder / self.files[file]
        return f"{path}, byte {offset}" if offset else str(path)

    def content(self, number: int) -> bytes:
        """A picture as it is stored.

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


def places_of_files(folder: Path, paths: Sequence[Path]) -> Places:
    """Places of pictures that are files, below `folder`."""
    files = tuple(path.relative_to(folder).as_posix() for path in paths)
    places_N3 = np.zeros((len(files), 3), dtype=np.int64)
    places_N3[:, 0] = np.arange(len(files))
    places_N3[:, 2] = TO_THE_END
    return Places(folder, files, places_N3)
