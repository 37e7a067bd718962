"""Files in the wrong place: each whole, and not what its job was promised."""

import shutil
import zipfile

import pytest
import torch

from know.cards import check_cards, read_card
from know.errors import KnowError
from know.weights.checkpoint import save_checkpoint

CARDS = {
    "known.safetensors": {"run": "r0", "method": "known", "horizon": 1},
    "tsv.safetensors": {"run": "r0", "method": "tsv", "horizon": 1},
}


@pytest.fixture
def expected(tmp_path):
    """Two predictions, each in its place, and their cards."""
    for name, card in CARDS.items():
        save_checkpoint(tmp_path / name, {"w": torch.ones(2)}, card)
    return {str(tmp_path / name): card for name, card in CARDS.items()}


def refusal(expected):
    with pytest.raises(KnowError, match=r"^files are not those of the plan") as found:
        check_cards(expected)
    return [line.removeprefix("  - ") for line in str(found.value).splitlines()[1:]]


def test_files_in_their_places_pass(expected):
    check_cards(expected)


def test_a_copy_of_another_file_is_named_with_all_that_differs(expected):
    known, tsv = expected
    shutil.copy(tsv, known)
    assert refusal(expected) == [f"{known}: wanted method 'known', found 'tsv'"]


def test_a_field_may_be_forbidden(expected):
    known, _ = expected
    check_cards({known: {"average": None}})
    assert refusal({known: {"method": None, "run": "r1"}}) == [
        f"{known}: wanted method None, found 'known'",
        f"{known}: wanted run 'r1', found 'r0'",
    ]


@pytest.mark.parametrize("content", [b"", b"12345678", b"\x02" + b"\0" * 7 + b"{}"])
@pytest.mark.parametrize("name", ["a.safetensors", "a.zarr.zip"])
def test_a_file_without_a_card_is_damaged(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    (problem,) = refusal({str(path): {"run": "r0"}})
    assert problem.startswith(f"{path} is damaged: no card in it")
    (problem,) = refusal({str(tmp_path / "absent.zarr.zip"): {"run": "r0"}})
    assert "absent.zarr.zip is damaged" in problem


def test_a_shard_counts_its_meta_runs_and_those_left_out(tmp_path):
    path = tmp_path / "shard-0.zarr.zip"
    with zipfile.ZipFile(path, "w") as archive:
        left_out = '{"attributes": {"left_out": [{"number": 5}]}}'
        archive.writestr("zarr.json", left_out)
        for place, number in enumerate((4, 6)):
            group = f'{{"attributes": {{"run": "small-0000{number}"}}}}'
            archive.writestr(f"trial-000{place}/zarr.json", group)
            archive.writestr(f"trial-000{place}/conv/zarr.json", "{}")
    assert read_card(path) == {"metadata": "small", "numbers": [4, 5, 6]}
