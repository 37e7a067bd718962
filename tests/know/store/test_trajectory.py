import hashlib
import math
import shutil
import subprocess
import sys
import weakref
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import zarr
from zarr.storage import ZipStore

from know.errors import KnowError
from know.store.archive import pack
from know.store.describe import describe
from know.store.read import open_trajectory
from know.store.write import write_trajectory

GOLDEN = Path(__file__).parent / "golden" / "format-1.zarr.zip"


def changed(store, change):
    """Unpack `store`, let `change` work on its folder, checksum it anew."""
    folder = store.with_suffix(".folder")
    with zipfile.ZipFile(store) as archive:
        archive.extractall(folder)
    change(folder)
    pack(folder, store)
    shutil.rmtree(folder)


def refusal_of(store):
    """Message of a reader of every value about a store that it refuses."""
    with pytest.raises(KnowError) as refusal:
        describe(store)
    return str(refusal.value)


@pytest.mark.parametrize("golden", [False, True])
def test_everything_comes_back(golden, store, stages, kinds, attributes, network):
    with open_trajectory(GOLDEN if golden else store) as trajectory:
        assert trajectory.attributes == attributes
        assert trajectory.kinds == kinds
        for number, stage in enumerate(stages):
            found = trajectory.read_stage(number)
            assert list(found) == list(stage)
            for name, value in stage.items():
                assert found[name].dtype == value.dtype
                assert torch.equal(found[name], value)
            network.load_state_dict(found, strict=True)


def test_a_window_holds_all_stages_of_some_coordinates(store, stages):
    flat = torch.stack([stage["3.weight"].flatten() for stage in stages])
    with open_trajectory(store) as trajectory:
        window_SN = trajectory.read_window("fc", 5, 11)
    assert window_SN.dtype == torch.float32
    assert torch.equal(window_SN, flat[:, 5:11])


def test_a_stage_or_window_outside_the_store_is_refused(store):
    with open_trajectory(store) as trajectory:
        for stage in (-1, 4):
            with pytest.raises(KnowError, match=rf"wanted stage {stage}, .* 0 to 3"):
                trajectory.read_stage(stage)
        for start, stop in ((-1, 2), (0, 37), (3, 2)):
            message = f"coordinates {start} to {stop} of conv, .* 36"
            with pytest.raises(KnowError, match=message):
                trajectory.read_window("conv", start, stop)


class TestDamage:
    def test_of_a_missing_chunk_is_noticed_under_a_good_checksum(self, store):
        changed(store, lambda folder: (folder / "fc" / "c" / "2" / "0").unlink())
        with open_trajectory(store) as trajectory:
            assert trajectory.read_stage(1)
            message = r"48 values of fc .* stage 2 at coordinate 0, in '3.weight'"
            with pytest.raises(KnowError, match=message):
                trajectory.read_stage(2)
            with pytest.raises(KnowError, match=r"stage 2 at coordinate 7"):
                trajectory.read_window("fc", 7, 9)

    def test_of_a_chunk_is_noticed_under_a_good_checksum(self, store):
        def flip(folder):
            chunk = folder / "conv" / "c" / "1" / "0"
            content = bytearray(chunk.read_bytes())
            content[-10] ^= 1
            chunk.write_bytes(content)

        changed(store, flip)
        assert "damaged in conv" in refusal_of(store)

    def test_of_an_array_is_noticed(self, store):
        fc = Path("fc/zarr.json")
        changed(
            store,
            lambda folder: (folder / "bias/zarr.json").write_bytes(
                (folder / fc).read_bytes()
            ),
        )
        assert "bias: wanted float32 of shape (4, 7), found" in refusal_of(store)
        changed(store, lambda folder: shutil.rmtree(folder / "bias"))
        assert "bias: no such array" in refusal_of(store)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('"format": 1', '"format": 2', "wanted a trajectory of format 1, found 2"),
            ('"seed": 7', '"mood": 7', "mood"),
            ('"samples": 1024', '"sample": 1024', "sample"),
            ('"offset": 0', '"onset": 0', "onset"),
        ],
    )
    def test_of_the_attributes_is_named(self, store, old, new, message):
        def rewrite(folder):
            text = (folder / "zarr.json").read_text()
            assert old in text
            (folder / "zarr.json").write_text(text.replace(old, new, 1))

        changed(store, rewrite)
        assert message in refusal_of(store)


def test_what_is_no_store_is_refused(tmp_path):
    assert "found no file at" in refusal_of(tmp_path / "nowhere.zarr.zip")
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as plain:
        plain.writestr("zarr.json", "{}")
    assert "not sealed by know" in refusal_of(tmp_path / "plain.zip")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note.txt").write_text("no store")
    pack(tmp_path / "folder", tmp_path / "packed.zip")
    assert "is not a trajectory store" in refusal_of(tmp_path / "packed.zip")


class TestWriting:
    def test_the_same_gives_the_same_bytes_without_a_date(
        self, store, stages, kinds, attributes, tmp_path
    ):
        write_trajectory(tmp_path / "again", stages, kinds, attributes)
        assert (tmp_path / "again").read_bytes() == store.read_bytes()
        with zipfile.ZipFile(store) as archive:
            members = archive.infolist()
            assert archive.testzip() is None
            checksum = archive.comment.decode()
        assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
        assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}
        assert hashlib.sha256(store.read_bytes()[:-64]).hexdigest() == checksum
        with open_trajectory(store) as trajectory:
            assert trajectory.checksum == checksum

    def test_each_array_has_the_promised_layout(self, store):
        group = zarr.open_group(ZipStore(store, mode="r"), mode="r")
        assert group.metadata.zarr_format == 3
        assert set(group.array_keys()) == {"conv", "fc", "bias", "norm", "buffer"}
        for kind, array in group.arrays():
            assert array.dtype == np.float32
            assert math.isnan(array.fill_value)
            assert array.chunks[0] == 1
            assert array.metadata.dimension_names == ("stage", f"{kind}_coordinate")
            assert "crc32c" in str(array.metadata.codecs[-1]).lower()
        group.store.close()

    def test_a_long_kind_is_cut_into_chunks_of_equal_length(self, tmp_path, attributes):
        state = {"weight": torch.zeros(2**20 + 2)}
        attributes = replace(attributes, stages=attributes.stages[:1])
        write_trajectory(tmp_path / "a", [state], {"weight": "bias"}, attributes)
        group = zarr.open_group(ZipStore(tmp_path / "a", mode="r"), mode="r")
        assert group["bias"].chunks == (1, 2**19 + 1)
        group.store.close()

    def test_replaces_an_older_store_whole_or_not_at_all(
        self, store, stages, kinds, attributes
    ):
        before = store.read_bytes()
        with pytest.raises(KnowError):
            write_trajectory(store, stages[:-1], kinds, attributes)
        assert store.read_bytes() == before
        write_trajectory(store, stages, kinds, replace(attributes, seed=8))
        assert store.read_bytes() != before
        assert list(store.parent.iterdir()) == [store]

    def test_names_every_offender_with_its_stage(
        self, tmp_path, stages, kinds, attributes
    ):
        stages[1]["0.weight"][0] = math.nan
        stages[1]["3.bias"][0] = math.inf
        stages[2]["3.weight"] = torch.zeros(10, 16)
        del stages[3]["1.weight"]
        stages[3]["head"] = torch.zeros(1)
        with pytest.raises(KnowError) as caught:
            write_trajectory(tmp_path / "a", stages, kinds, attributes)
        for wanted in (
            "stage 1: '0.weight' has 9 values that are not finite",
            "stage 1: '3.bias' has 1 values that are not finite",
            "stage 2: '3.weight' has shape (10, 16), float32, wanted (3, 16)",
            "stage 3: '1.weight' is missing",
            "stage 3: 'head' is not in the table",
        ):
            assert wanted in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("count", [0, 3, 5])
    def test_refuses_a_number_of_stages_without_records(
        self, count, tmp_path, stages, kinds, attributes
    ):
        with pytest.raises(KnowError, match=f"{count} stages, but 4 stage records"):
            write_trajectory(tmp_path / "a", (stages * 2)[:count], kinds, attributes)

    def test_lets_a_stage_go_before_the_next_one_loads(self, tmp_path, attributes):
        weights = []

        def loaded(value):
            weight = torch.full((1000,), float(value))
            weights.append(weakref.ref(weight))
            return {"weight": weight}

        def stages():
            for stage, _ in enumerate(attributes.stages):
                assert all(weight() is None for weight in weights)
                yield loaded(stage)

        write_trajectory(tmp_path / "a", stages(), {"weight": "bias"}, attributes)
        assert len(weights) == len(attributes.stages)


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
