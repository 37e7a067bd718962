"""Speed of reading pictures from shards in any order, and of decoding them.

    uv run python benchmarks/streams.py [--pictures 2000]

Draws JPEGs of about ImageNet's usual size, writes them to a folder and to a webdataset
shard, and measures, each time from a cold cache: webdataset's reader from front to
back, and a `PictureList` in the order of an epoch. docs/benchmarks.md holds the table
that this prints.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import webdataset
from machine import machine, spread
from PIL import Image

from know.data.picture_list import PictureList, Places
from know.data.reading import listed
from know.data.tar_shards import places_in_shards

HEIGHT, WIDTH = 375, 500
SIZE = (224, 224)


def draw(number: int) -> bytes:
    """Draw a JPEG of smooth noise, about as large as ImageNet's."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (HEIGHT // 3, WIDTH // 3, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def forget_cached(folder: Path) -> None:
    """Drop the files from the page cache, so that they are read from the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def rates(
    work: Callable[[], None], number: int, folder: Path, repeats: int
) -> tuple[str, str]:
    """Pictures per second, and per second of the processor."""
    seconds, cpu_seconds = [], []
    for _ in range(repeats):
        forget_cached(folder)
        begun, cpu_begun = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - cpu_begun)
    wall, cpu = ([number / s for s in taken] for taken in (seconds, cpu_seconds))
    return spread(wall, ".0f"), spread(cpu, ".0f")


def read_in_order(shard: Path) -> None:
    """Read with webdataset, from front to back, without decoding."""
    for sample in webdataset.WebDataset(str(shard), shardshuffle=False):
        len(sample["jpg"])


def read_shuffled(places: Places) -> None:
    """Read every picture once in the order of an epoch, without decoding."""
    for number in np.random.default_rng(0).permutation(len(places)):
        places.content(number)


def decode_shuffled(pictures: PictureList, threads: int) -> None:
    """Read and decode every picture once, in the order of an epoch."""
    order = np.random.default_rng(0).permutation(len(pictures))
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(pictures.picture, order.tolist()):
            pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    number, repeats = given.pictures, given.repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        (folder / "shards").mkdir()
        shard = folder / "shards" / "0.tar"
        size = 0
        with webdataset.TarWriter(str(shard)) as writer:
            for index in range(number):
                content = draw(index)
                size += len(content)
                (folder / "files" / f"{index}.jpg").write_bytes(content)
                writer.write({"__key__": str(index), "jpg": content, "cls": 0})
        names = sorted(path.name for path in (folder / "files").iterdir())
        files = Places.of_files(folder / "files", names)
        stretches, _ = places_in_shards(folder, [shard])
        (pictures,) = listed([stretches], SIZE, crop=True, threads=2)
        rows: list[tuple[str, Callable[[], None]]] = [
            (
                "read a shard from front to back (webdataset)",
                lambda: read_in_order(shard),
            ),
            ("read a shard in an epoch's order", lambda: read_shuffled(stretches)),
            ("read files in an epoch's order", lambda: read_shuffled(files)),
            ("read and decode, 1 thread", lambda: decode_shuffled(pictures, 1)),
            ("read and decode, 2 threads", lambda: decode_shuffled(pictures, 2)),
        ]
        print(
            f"{machine()}; {number} pictures of {size / number / 1000:.0f} kB, "
            f"median [least, most] of n = {repeats}\n"
        )
        print("| task | pictures per second | per CPU second |\n|---|---:|---:|")
        for what, work in rows:
            print("|", what, "|", " | ".join(rates(work, number, folder, repeats)), "|")


if __name__ == "__main__":
    main()
