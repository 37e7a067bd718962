import math
import tracemalloc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
import zarr
from zarr.storage import ZipStore

from know.errors import KnowError
from know.store.trajectory import write_trajectory


def test_two_writes_give_the_same_bytes(tmp_path, stages, kinds, attributes):
    for name in ("a", "b"):
        write_trajectory(tmp_path / name, stages, kinds, attributes)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_each_array_has_the_promised_layout(store):
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


def test_a_long_kind_is_cut_into_chunks_of_equal_length(tmp_path, attributes):
    state = {"weight": torch.zeros(2**20 + 2)}
    attributes = replace(attributes, stages=attributes.stages[:1])
    write_trajectory(tmp_path / "a", [state], {"weight": "bias"}, attributes)
    group = zarr.open_group(ZipStore(tmp_path / "a", mode="r"), mode="r")
    assert group["bias"].chunks == (1, 2**19 + 1)
    group.store.close()


def test_an_older_store_is_replaced_and_nothing_else_left(
    store, stages, kinds, attributes
):
    before = store.read_bytes()
    write_trajectory(store, stages, kinds, replace(attributes, seed=8))
    assert store.read_bytes() != before
    assert list(store.parent.iterdir()) == [store]


def test_a_refusal_leaves_the_older_store_alone(store, stages, kinds, attributes):
    before = store.read_bytes()
    with pytest.raises(KnowError):
        write_trajectory(store, stages[:-1], kinds, attributes)
    assert store.read_bytes() == before
    assert list(store.parent.iterdir()) == [store]


def test_what_a_killed_writer_left_is_no_hindrance(store, stages, kinds, attributes):
    left = store.with_name(f"{store.name}.partial") / "store" / "conv"
    left.mkdir(parents=True)
    (left / "zarr.json").write_text("half of it")
    before = store.read_bytes()
    write_trajectory(store, stages, kinds, attributes)
    assert store.read_bytes() == before


def test_every_offender_is_named_with_its_stage(tmp_path, stages, kinds, attributes):
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


def test_a_number_of_stages_without_records_is_refused(
    tmp_path, stages, kinds, attributes
):
    for count in (0, 3, 5):
        given = (stages * 2)[:count]
        with pytest.raises(KnowError, match=f"{count} stages, but 4 stage records"):
            write_trajectory(tmp_path / "a", given, kinds, attributes)


def test_no_stage_at_all_is_refused(tmp_path, kinds, attributes):
    with pytest.raises(KnowError, match="0 stages"):
        write_trajectory(tmp_path / "a", [], kinds, replace(attributes, stages=()))


def test_a_tensor_without_a_kind_is_refused(tmp_path, stages, attributes):
    with pytest.raises(KnowError, match=r"'0\.weight' has no kind"):
        write_trajectory(tmp_path / "a", stages, {}, attributes)


def test_a_stage_is_let_go_before_the_next_one_loads(tmp_path, attributes):
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


def test_written_stages_do_not_pile_up_in_memory(tmp_path, attributes):
    attributes = replace(attributes, stages=attributes.stages * 3)
    stages = ({"weight": torch.randn(2**20)} for _ in attributes.stages)
    tracemalloc.start()
    write_trajectory(tmp_path / "a", stages, {"weight": "bias"}, attributes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Twelve stages hold 48 MB; zarr copies one chunk of 4 MB, and again to encode it.
    assert peak < 20e6
