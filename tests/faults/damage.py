"""Damage files of every kind, and see how those who read them end.

    uv run python tests/faults/damage.py [--times 10]

Prints the table of docs/faults.md, and to standard error whatever is wrong. Each
reading is one of these:

- refused: an error for users (`KnowError`) that names the file (or, if it is missing,
  the folder), says what is wrong,
  and has at most a heading, ten lines and a count, none of them endless. Of a progress
  file: a warning that does so, and the training starts afresh;
- the same: the content read is that of the whole file, bit by bit;
- another: the form of the file has no checksum, and the damage left a whole file with
  another content, which nobody can tell from one that was meant so;
- unclear: an error for users without any of this;
- crash: any other exception;
- silent: another content where the form has a checksum, or where a piece is missing.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import logging
import random
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from artefacts import Artefact
from brought_files import BROUGHT
from written_files import WRITTEN

from know.errors import MOST_LINES, KnowError
from know.job_log import logged_by

ARTEFACTS = {**WRITTEN, **BROUGHT}
OUTCOMES = ("refused", "the same", "another", "unclear", "crash", "silent")
BAD = ("unclear", "crash", "silent")
_LONGEST_LINE = 600
_FLIPS, _CUTS = 72, 36


def damages(whole: bytes, other: bytes, times: float) -> Iterator[tuple[str, bytes]]:
    """Yield damaged contents of a file, with what was done to it."""
    draw = random.Random(len(whole))
    for _ in range(round(_FLIPS * times)):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        yield "flip", bytes(flipped)
    for _ in range(round(_CUTS * times)):
        yield "cut", whole[: draw.randrange(1, len(whole))]
    for share in (0.25, 0.5, 0.75, 1):
        # As after a crash of the machine: the length is there, pages are not.
        start = round(len(whole) * share) - min(64, len(whole) // 4)
        zeros = bytes(min(64, len(whole) // 4))
        yield "zeros", whole[:start] + zeros + whole[start + len(zeros) :]
    yield "empty", b""
    yield "longer", whole + whole[-7:]
    yield "longer", whole + bytes(512)
    yield "another run's", other


def outcome(
    artefact: Artefact, path: Path, wanted: str, damage: str
) -> tuple[str, str]:
    """Read a file, and class how that ends; with the message of an error."""
    said = StringIO()
    try:
        with logged_by(logging.StreamHandler(said)):
            found = artefact.read(path)
    except KnowError as error:
        clear = is_clear(str(error), path, artefact.called)
        return ("refused" if clear else "unclear"), str(error)
    except Exception as error:  # noqa: BLE001 - that none is raised is what is tested
        return "crash", f"{type(error).__name__}: {error}"
    if found is None:
        warning = said.getvalue()
        return ("refused" if is_clear(warning, path) else "unclear"), warning
    if digest(found) == wanted:
        return "the same", ""
    return ("silent" if damage in artefact.notices else "another"), ""


def is_clear(message: str, path: Path, called: str = "") -> bool:
    """Tell whether a message names a file, says what is wrong, and is short."""
    # Of what is missing, the folder that should have it.
    names_it = (called or path.name) in message or (
        not path.exists() and str(path.parent) in message
    )
    says_why = len(message.replace(str(path), "").strip(" :")) > 10
    return names_it and says_why and is_short(message)


def is_short(message: str) -> bool:
    """Tell whether a message has a heading, ten lines and a count, or less."""
    lines = message.splitlines()
    return (
        len(lines) <= MOST_LINES + 2
        and all(len(line) <= _LONGEST_LINE for line in lines)
        and "Traceback" not in message
    )


def digest(value: Any) -> str:
    """SHA-256 of plain values, dataclasses, arrays and tensors at any depth."""
    return sha256("".join(_parts(value)).encode()).hexdigest()


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, np.ndarray):
        yield f"{value.shape} {value.dtype} {sha256(value.tobytes()).hexdigest()}"
    elif is_dataclass(value):
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, dict):
        for key in sorted(value):
            yield f"{key!r}: "
            yield from _parts(value[key])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _parts(each)
    else:
        yield repr(value)


def tried(name: str, folder: Path, times: float) -> Iterator[tuple[str, str, str]]:
    """Damage one kind of file; yield what was done, how it ended, what was said."""
    artefact = ARTEFACTS[name]
    (folder / "other").mkdir(parents=True)
    (folder / "own").mkdir()
    other = artefact.make(folder / "other", "b").read_bytes()
    path = artefact.make(folder / "own", "a")
    whole, wanted = path.read_bytes(), digest(artefact.read(path))
    for damage, content in damages(whole, other, times * artefact.share):
        if content == whole:
            continue
        path.write_bytes(content)
        yield damage, *outcome(artefact, path, wanted, damage)
        assert path.read_bytes() == content, "a reader changed the file"
    path.unlink()
    # Without a progress file a training begins, and need not say so.
    if name != "progress":
        yield "missing", *outcome(artefact, path, wanted, "missing")
    for kind, another in OTHER_KINDS.items():
        # A picture is as good as another.
        if kind != "picture" or name.split()[0] not in ("picture", "mask"):
            path.write_bytes(another)
            yield f"a {kind}", *outcome(artefact, path, wanted, "empty")


OTHER_KINDS = {
    "text": b"once upon a time\n",
    "number": b"7\n",
    "JSON list": b"[]\n",
    "picture": bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c6360000000020001487bcd6a0000000049454e44ae426082"
    ),
    "zip archive": b"PK\x05\x06" + bytes(18),
    "pickle": b"\x80\x04N.",
    "binary file": bytes(range(256)) * 4,
}
"""Whole files of other kinds."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=float, default=1.0, help="more of each damage")
    parser.add_argument("--only", nargs="*", help="some kinds of file")
    given = parser.parse_args()
    warnings.simplefilter("error")
    # Pillow warns of metadata that it passes over.
    warnings.filterwarnings("ignore", module="PIL")
    total: Counter[str] = Counter()
    print(f"| file | damaged | {' | '.join(OUTCOMES)} |")
    print("|---|" + "---:|" * (1 + len(OUTCOMES)))
    for name in given.only or ARTEFACTS:
        with tempfile.TemporaryDirectory() as folder:
            found = list(tried(name, Path(folder), given.times))
        counts = Counter(end for _, end, _ in found)
        total += counts
        print(row(name, counts), flush=True)
        for damage, end, said in found:
            if end in BAD:
                print(f"{name}, {damage}: {end}: {said}", file=sys.stderr)
    print(row("all", total))


def row(name: str, counts: Counter[str]) -> str:
    """Render a line of the table."""
    numbers = [counts.total(), *(counts[end] for end in OUTCOMES)]
    return f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


if __name__ == "__main__":
    main()
