import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from know.errors import KnowError
from know.store.archive import pack
from know.store.trajectory import open_trajectory, verify

GOLDEN = Path(__file__).parent / "golden" / "format-1.zarr.zip"
NUM_PLACES = 200


def repacked(store, change):
    """Unpack `store`, let `change` work on its folder, checksum it anew."""
    folder = store.with_suffix(".folder")
    with zipfile.ZipFile(store) as archive:
        archive.extractall(folder)
    change(folder)
    pack(folder, store)
    shutil.rmtree(folder)


def test_each_stage_comes_back(store, stages):
    with open_trajectory(store) as trajectory:
        assert trajectory.num_stages == len(stages)
        for number, stage in enumerate(stages):
            found = trajectory.read_stage(number)
            assert list(found) == list(stage)
            for name, value in stage.items():
                assert found[name].dtype == value.dtype
                assert torch.equal(found[name], value)


def test_a_stage_loads_into_the_network(store, network):
    with open_trajectory(store) as trajectory:
        network.load_state_dict(trajectory.read_stage(2), strict=True)


def test_a_window_holds_all_stages_of_some_coordinates(store, stages):
    flat = torch.stack([stage["3.weight"].flatten() for stage in stages])
    with open_trajectory(store) as trajectory:
        window_SN = trajectory.read_window("fc", 5, 11)
    assert window_SN.dtype == torch.float32
    assert torch.equal(window_SN, flat[:, 5:11])


def test_windows_cover_a_kind(store):
    with open_trajectory(store) as trajectory:
        found = torch.cat(list(trajectory.windows("conv")), dim=1)
        assert torch.equal(found, trajectory.read_window("conv", 0, 36))


def test_the_attributes_come_back(store, attributes, kinds):
    with open_trajectory(store) as trajectory:
        assert trajectory.attributes == attributes
        assert trajectory.kinds == kinds
        assert trajectory.checksum == verify(store)


def test_there_is_no_stage_before_or_after(store):
    with open_trajectory(store) as trajectory:
        for stage in (-1, 4):
            with pytest.raises(KnowError, match=rf"wanted stage {stage}, .* 0 to 3"):
                trajectory.read_stage(stage)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 37), (3, 2)])
def test_a_window_outside_the_kind_is_refused(store, start, stop):
    with (
        open_trajectory(store) as trajectory,
        pytest.raises(KnowError, match=f"coordinates {start} to {stop} of conv, .* 36"),
    ):
        trajectory.read_window("conv", start, stop)


def test_a_flipped_byte_is_noticed_anywhere(store):
    whole = store.read_bytes()
    places = random.Random(0)
    for _ in range(NUM_PLACES):
        content = bytearray(whole)
        content[places.randrange(len(whole))] ^= places.randrange(1, 256)
        store.write_bytes(content)
        with pytest.raises(KnowError, match="damaged"), open_trajectory(store):
            pass


def test_a_missing_end_is_noticed_at_any_length(store):
    whole = store.read_bytes()
    lengths = random.Random(0)
    for _ in range(NUM_PLACES):
        store.write_bytes(whole[: lengths.randrange(len(whole))])
        with pytest.raises(KnowError, match="damaged"), open_trajectory(store):
            pass


def test_a_missing_chunk_is_noticed_under_a_good_checksum(store):
    repacked(store, lambda folder: (folder / "fc" / "c" / "2" / "0").unlink())
    with open_trajectory(store) as trajectory:
        assert trajectory.read_stage(1)
        with pytest.raises(
            KnowError, match=r"48 values of fc .* stage 2 at coordinate 0, in '3.weigh"
        ):
            trajectory.read_stage(2)
        with pytest.raises(KnowError, match=r"stage 2 at coordinate 7"):
            trajectory.read_window("fc", 7, 9)
    with pytest.raises(KnowError, match="incomplete"):
        verify(store)


def test_a_damaged_chunk_is_noticed_under_a_good_checksum(store):
    def flip(folder):
        chunk = folder / "conv" / "c" / "1" / "0"
        content = bytearray(chunk.read_bytes())
        content[-10] ^= 1
        chunk.write_bytes(content)

    repacked(store, flip)
    with pytest.raises(KnowError, match="damaged in conv"):
        verify(store)


def test_a_missing_array_is_noticed(store):
    repacked(store, lambda folder: shutil.rmtree(folder / "bias"))
    with pytest.raises(KnowError, match="bias: no such array"):
        verify(store)


def test_an_array_of_another_shape_is_noticed(store):
    def swap(folder):
        (folder / "bias" / "zarr.json").write_bytes(
            (folder / "fc" / "zarr.json").read_bytes()
        )

    repacked(store, swap)
    with pytest.raises(KnowError, match=r"bias: wanted float32 of shape \(4, 7\)"):
        verify(store)


def test_a_checksummed_archive_of_something_else_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note.txt").write_text("no store")
    pack(tmp_path / "folder", tmp_path / "a")
    with pytest.raises(KnowError, match="is not a trajectory store"):
        verify(tmp_path / "a")


def test_the_golden_store_stays_readable(stages, kinds, attributes):
    verify(GOLDEN)
    with open_trajectory(GOLDEN) as trajectory:
        assert trajectory.attributes == attributes
        assert trajectory.kinds == kinds
        for number, stage in enumerate(stages):
            found = trajectory.read_stage(number)
            assert all(torch.equal(found[name], stage[name]) for name in stage)


OPEN_BY_ZARR = """
import zarr
from zarr.storage import ZipStore

group = zarr.open_group(store=ZipStore(path, mode="r"), mode="r")
entry = next(e for e in group.attrs["tensors"] if e["name"] == "3.weight")
values = group["fc"][2, entry["offset"] : entry["offset"] + 48]
assert values.tolist() == [(i + 1) * 3 / 64 for i in range(48)]
assert group.attrs["stages"][1]["samples"] == 512
group.store.close()
"""

OPEN_BY_XARRAY = """
import xarray
from zarr.storage import ZipStore

store = ZipStore(path, mode="r")
dataset = xarray.open_zarr(store, consolidated=False)
assert dict(dataset.sizes)["stage"] == 4
assert dataset["conv"].dims == ("stage", "conv_coordinate")
assert dataset["fc"].dtype == "float32"
values = dataset["fc"].isel(stage=2).values
assert values.tolist() == [(i + 1) * 3 / 64 for i in range(48)]
assert dataset.attrs["format"] == 1
dataset.close()
store.close()
"""


@pytest.mark.parametrize("script", [OPEN_BY_ZARR, OPEN_BY_XARRAY], ids=["zarr", "xr"])
def test_none_of_our_code_is_needed_to_read(script, tmp_path):
    head = f"import sys\nsys.modules['know'] = None\npath = {str(GOLDEN)!r}\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", head + script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
