"""Some four hundred mistakes that people make in configs, commands and files."""

import itertools
import json
import math
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from know.predictors import PREDICTORS

Place = tuple[str | int, ...]

# Configs.

WRONG = {
    bool: ("maybe", 2, None, []),
    int: ("many", -1, 1.5, [], {}, True, "1e3"),
    float: ("many", math.nan, math.inf, [], {}, True, "1e-3"),
    str: (5, [], {}, None, True),
    list: ("x", {}, 7, [None], [[]]),
    dict: ("x", [], 7, None),
}
"""Values that are wrong, whatever is wanted, in place of one of a type."""
MEANT = {
    # Null is a value there.
    *(("tables", "table1", "primary"), ("landscape", "images")),
}
"""Places where one of these may be right."""


def config_mistakes(config: dict[str, Any], count: int) -> list[tuple[Place, Any]]:
    """Draw places of a config with a wrong value for each; also unknown keys."""
    found = [
        (place, wrong)
        for place, value in _values(config)
        if place not in MEANT
        for wrong in WRONG.get(type(value), ())
    ]
    found += [
        ((*place, "unheard-of"), 1)
        for place, value in _values(config)
        if isinstance(value, dict) and len(place) > 1
    ]
    return random.Random(0).sample(found, count)


def _values(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if place:
        yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*place, key))


def changed(config: Any, place: Place, value: Any) -> Any:
    """Copy a config with another value at a place."""
    if not place:
        return value
    key, *rest = place
    inner = config.get(key, {}) if isinstance(config, dict) else {}
    return {**config, key: changed(inner, tuple(rest), value)}


# Commands. Files t0, t1 and t2.safetensors are stages of a network; run.zarr.zip is a
# trajectory; text.txt is none of these; folder is an empty folder.

STAGES = "t0.safetensors t1.safetensors t2.safetensors"
PREDICT = f"predict {STAGES} -o out.safetensors"


def command_mistakes() -> list[str]:
    """List commands that cannot be done."""
    numbers = ("0", "-1", "1.5", "one", "1,", ",", "1,,2", "nan", "1e1", "'1 2'", "''")
    options = {
        name: facts["OPTIONS"]
        for name in PREDICTORS
        if "OPTIONS" in (facts := PREDICTORS.facts(name))
    }
    needs = [n for n in PREDICTORS if PREDICTORS.facts(n).get("NEEDS_HYPERNETWORK")]
    return [
        *(f"{PREDICT} --horizon {n}" for n in numbers),
        *(f"{PREDICT} --rate {n}" for n in ("0", "1", "-0.5", "2", "nan", "inf", "x")),
        *(
            f"{PREDICT} --method {m}"
            for m in ("tvs", "''", "os:system", "a:b", "x.y:z")
        ),
        *(f"{PREDICT} --device {d}" for d in ("gpu", "cuda:99", "''", "cpu:x")),
        *(f"{PREDICT} --option {o}" for o in ("x", "=1", "''", "factor=2")),
        *(
            f"{PREDICT} --method {name} --option {key}={value}"
            for name, known in options.items()
            for key in known
            for value in ("abc", "true", "[]", "-1", "''", "null")
        ),
        *(f"{PREDICT} --method {name} --option unheard-of=1" for name in options),
        *(f"{PREDICT} --method {name} --hypernetworks folder" for name in needs),
        *(f"{PREDICT} --kind {k}" for k in ("x", "=conv", "*=weight", "''", "*=")),
        *(f"{PREDICT} --only {glob}" for glob in ("nothing.*",)),
        f"{PREDICT} --hypernetworks folder",
        f"{PREDICT} --method tsv --horizon 3",
        f"{PREDICT} --method tsv --hypernetworks folder",
        f"predict {STAGES}",
        *(
            f"predict {STAGES} -o {out}"
            for out in (
                *("''", ".", "/", "t0.safetensors", "./t1.safetensors", "folder"),
                *("out.txt", "out", "run.zarr.zip", "text.txt/out.safetensors"),
                *("/dev/null", "folder/../t2.safetensors"),
            )
        ),
        f"predict {STAGES} -o out.safetensors --horizon 1,1",
        *(
            f"predict {stages} -o out.safetensors"
            for stages in (
                *("", "t0.safetensors", "t0.safetensors absent.safetensors"),
                *(
                    "t0.safetensors folder",
                    "t0.safetensors text.txt",
                    "text.txt text.txt",
                ),
                *("t0.safetensors run.zarr.zip", "run.zarr.zip run.zarr.zip", "folder"),
                *("absent.zarr.zip", "t0.safetensors ''", "text.zarr.zip", "."),
            )
        ),
        *(
            f"record {words}"
            for words in (
                *(
                    STAGES,
                    f"{STAGES} -o out",
                    f"{STAGES} -o ''",
                    f"{STAGES} -o out.zip",
                ),
                *("-o out.zarr.zip", "text.txt -o out.zarr.zip"),
                *("t0.safetensors absent.pt -o out.zarr.zip", "folder -o out.zarr.zip"),
                f"{STAGES} -o text.txt/out.zarr.zip",
            )
        ),
        *(
            f"record {STAGES} -o out.zarr.zip --samples {s}"
            for s in ("9", "9,8", "8,9,10", "9,8,x", "9,8,0", "-9,8,7", "''", "9,8,7,6")
            if s != "''"
        ),
        *(
            f"record {STAGES} -o out.zarr.zip --accuracy {a}"
            for a in (
                "9",
                "9,x,8",
                "9,8,7,6",
                "nan,1,2",
                "101,5,4",
                "-1,2,3",
                "inf,1,2",
            )
        ),
        *(
            f"inspect {words}"
            for words in (
                *("", "absent.safetensors", "text.txt", "folder", "''", "/dev/null"),
                *(
                    "text.zarr.zip",
                    "t0.safetensors t1.safetensors",
                    "absent.zarr.zip",
                    ".",
                ),
            )
        ),
        *(
            f"diagnose {words}"
            for words in (
                *("", "text.txt", "t0.safetensors", "run.zarr.zip --trial 1"),
                *(
                    "run.zarr.zip --trial -1",
                    "run.zarr.zip --trial x",
                    "absent.zarr.zip",
                ),
                *("run.zarr.zip t0.safetensors", f"{STAGES} --hypernetworks text.txt"),
                *("run.zarr.zip --rate x", f"{STAGES} --rate 0", f"{STAGES} --rate 2"),
            )
        ),
        *(
            f"plan {words}"
            for words in (
                *("unheard-of", "runs/unheard-of", "results/unheard-of.csv", "''x"),
                *(
                    "--configfile absent.yaml",
                    "--configfile text.txt",
                    "--project folder",
                ),
                *("--configfile folder", "--configfile t0.safetensors", "a b c"),
            )
        ),
        *(
            f"import-known {w}"
            for w in ("absent -o out", "folder -o out", "folder", "")
        ),
        *(
            f"import-wnn {w}"
            for w in ("absent -o out", "folder -o out", "text.txt -o out")
        ),
        *(
            f"import-nino {w}"
            for w in (
                "absent.pt -o out",
                "text.txt -o out",
                "folder -o out",
                "text.txt",
            )
        ),
        "keep-reference out -c absent.yaml --command x",
        "keep-reference out",
        *("unheard-of", "--unheard-of", "predict --unheard-of", "methods tsv"),
    ]


# Files of weights.


def bad_files(folder: Path, state: dict[str, torch.Tensor]) -> Iterator[Path]:
    """Write files that are no stage of a network of this state, one after the other."""
    number = itertools.count()

    def place(suffix: str) -> Path:
        return folder / f"bad-{next(number)}{suffix}"

    for header, size in bad_headers():
        path = place(".safetensors")
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
        yield path
    for length in (0, 1, 7, 2**31, 2**63, 2**64 - 1):
        path = place(".safetensors")
        path.write_bytes(struct.pack("<Q", length) + b"{}")
        yield path
    for content in bad_contents(state):
        for suffix in (".pt", ".ckpt"):
            path = place(suffix)
            torch.save(content, path)
            yield path
    for other in bad_states(state):
        path = place(".safetensors")
        save_file({name: value.contiguous() for name, value in other.items()}, path)
        yield path
    for content in (
        b"",
        b"PK",
        b"\x80\x02.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\n" * 99,
    ):
        for suffix in (".pt", ".safetensors", ".bin"):
            path = place(suffix)
            path.write_bytes(content)
            yield path
    for index in (
        "{}",
        "[]",
        "x",
        '{"weight_map": 3}',
        '{"weight_map": {}}',
        "[" * 9999,
    ):
        path = place("")
        path.mkdir()
        (path / "model.safetensors.index.json").write_text(index)
        yield path


def bad_headers() -> Iterator[tuple[Any, int]]:
    """Yield headers of safetensors files, as JSON or bytes, and bytes behind them."""
    for shape, offsets, size in (
        ([10**12], [0, 4 * 10**12], 8),
        ([2**63], [0, 8], 8),
        ([-1], [0, 8], 8),
        ([2.5], [0, 8], 8),
        (["2"], [0, 8], 8),
        ([2], [0, 7], 8),
        ([2], [8, 0], 8),
        ([2], [-8, 0], 8),
        ([2], [0, 8], 7),
        ([2], [0, 8], 9),
        ([2], [4, 12], 12),
        ([1] * 70, [0, 4], 4),
        (2, [0, 8], 8),
        ([2], None, 8),
        ([2], [0], 8),
    ):
        yield {"w": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}, size
    for dtype in ("F8_E4M3", "C64", "f32", "", 3, None):
        yield {"w": {"dtype": dtype, "shape": [2], "data_offsets": [0, 8]}}, 8
    whole = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    yield {"w": whole, "v": whole}, 8
    yield {"w": {**whole, "more": 1}}, 8
    yield {"w": []}, 8
    yield [whole], 8
    yield b"{", 0
    yield b"", 0
    yield b"\xff\xfe{}", 0
    yield b"[" * 100_000, 0
    yield b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 0
    yield {"__metadata__": {"know": "{}"}, "w": whole}, 8
    yield {"__metadata__": {"know": "x"}, "w": whole}, 8
    yield {"__metadata__": {"know": 3}, "w": whole}, 8
    yield {"__metadata__": [], "w": whole}, 8


def bad_contents(state: dict[str, torch.Tensor]) -> Iterator[Any]:
    """Yield what people save with `torch.save` and what is no network's weights."""
    yield torch.nn.Linear(2, 2)
    yield torch.zeros(3)
    yield [state]
    yield {}
    yield {"epoch": 3}
    yield {"a": state, "b": state}
    yield {1: torch.zeros(2)}
    yield {"w": np.zeros(2)}
    yield {"w": torch.zeros(2, 2).to_sparse()}
    yield {"w": torch.zeros(2, dtype=torch.complex64)}
    yield {"model": {"deep": {"deeper": state, "deepest": state}}}
    yield Path("x")


def bad_states(state: dict[str, torch.Tensor]) -> Iterator[dict[str, torch.Tensor]]:
    """Yield states that do not go with this one as a stage of the same network."""
    names = list(state)
    for name in names:
        others = {other: state[other] for other in names if other != name}
        value = state[name]
        yield others
        yield {**others, f"{name}x": value}
        yield {**others, name: torch.zeros((*value.shape, 1)).to(value.dtype)}
        if value.dtype.is_floating_point:
            yield {**others, name: value.double()}
            yield {**others, name: torch.full_like(value, math.nan)}
            yield {**others, name: torch.full_like(value, -math.inf)}
    yield {**state, "more": torch.zeros(2)}
    yield {}
