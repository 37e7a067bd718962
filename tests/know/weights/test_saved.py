import json
from contextlib import ExitStack

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

from know.errors import KnowError
from know.weights.saved import open_network, open_networks, unwrapped

STATE = {
    "a.weight": torch.arange(6.0).reshape(2, 3),
    "a.bias": torch.ones(2).bfloat16(),
    "b.weight": torch.arange(4).reshape(2, 2).half(),
}


def one_file(folder, name="model.safetensors"):
    folder.mkdir(parents=True, exist_ok=True)
    if name.endswith(".safetensors"):
        metadata = {"format": "pt"}
        safetensors.torch.save_file(STATE, folder / name, metadata=metadata)
    else:
        torch.save(STATE, folder / name)


def sharded(folder, name="model.safetensors"):
    folder.mkdir(parents=True)
    stem, suffix = name.split(".")
    shards = {
        f"{stem}-00001-of-00002.{suffix}": ["a.weight", "a.bias"],
        f"{stem}-00002-of-00002.{suffix}": ["b.weight"],
    }
    for shard, names in shards.items():
        part = {each: STATE[each] for each in names}
        if suffix == "safetensors":
            safetensors.torch.save_file(part, folder / shard, metadata={"format": "pt"})
        else:
            torch.save(part, folder / shard)
    weight_map = {each: shard for shard, names in shards.items() for each in names}
    index = {"metadata": {"total_size": 36}, "weight_map": weight_map}
    (folder / f"{name}.index.json").write_text(json.dumps(index))


def read(path):
    with open_network(path) as network:
        found = {}
        for name, value in network.layout.items():
            found[name] = torch.empty(value.shape, dtype=value.dtype)
            network.read_into(name, found[name])
        return found


def rewrite(source, target, *, facts=None, by=0):
    with open_network(source) as network, network.writer(target, facts or {}) as writer:
        for name in writer.names:
            writer.write(name, STATE[name] + by)


FOLDERS = {
    "transformers": (one_file, "model.safetensors"),
    "transformers, sharded": (sharded, "model.safetensors"),
    "transformers, pickled": (one_file, "pytorch_model.bin"),
    "transformers, pickled and sharded": (sharded, "pytorch_model.bin"),
    "peft": (one_file, "adapter_model.safetensors"),
    "diffusers": (one_file, "diffusion_pytorch_model.safetensors"),
}


@pytest.mark.parametrize("form", FOLDERS)
def test_a_folder_is_read_and_written_in_its_own_layout(tmp_path, form):
    save, name = FOLDERS[form]
    save(tmp_path / "in", name)
    (tmp_path / "in" / "config.json").write_text("{}")
    (tmp_path / "in" / "1_Pooling").mkdir()
    (tmp_path / "in" / "1_Pooling" / "config.json").write_text("{}")
    (tmp_path / "in" / "optimizer.pt").write_bytes(b"of the training")
    found = read(tmp_path / "in")
    assert {*found} == {*STATE}
    assert all(torch.equal(found[each], STATE[each]) for each in STATE)

    rewrite(tmp_path / "in", tmp_path / "out", by=1)
    written = read(tmp_path / "out")
    assert all(torch.equal(written[each], STATE[each] + 1) for each in STATE)
    assert all(written[each].dtype == STATE[each].dtype for each in STATE)
    names = {
        str(file.relative_to(tmp_path / "in"))
        for file in (tmp_path / "in").rglob("*")
        if file.name != "optimizer.pt"
    }
    assert names == {
        str(file.relative_to(tmp_path / "out"))
        for file in (tmp_path / "out").rglob("*")
    }


def test_the_metadata_of_others_is_kept_beside_ours(tmp_path):
    one_file(tmp_path)
    with open_network(tmp_path / "model.safetensors") as network:
        assert network.facts is None
    facts = {"horizon": 2}
    rewrite(tmp_path / "model.safetensors", tmp_path / "out.safetensors", facts=facts)
    with safe_open(tmp_path / "out.safetensors", framework="pt") as file:
        assert file.metadata()["format"] == "pt"
    with open_network(tmp_path / "out.safetensors") as network:
        assert network.facts["horizon"] == 2


def test_whatever_was_read_can_be_written_as_one_safetensors_file(tmp_path):
    sharded(tmp_path / "in")
    rewrite(tmp_path / "in", tmp_path / "out.safetensors")
    assert {*read(tmp_path / "out.safetensors")} == {*STATE}


def test_a_failure_leaves_neither_folder_nor_file(tmp_path):
    sharded(tmp_path / "in")
    with pytest.raises(TypeError):
        rewrite(tmp_path / "in", tmp_path / "out", by="a mistake")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("in", "in", "in exists: wanted the name of a new folder"),
        ("in/model.safetensors", "out.pt", "a name that ends in '.safetensors'"),
    ],
)
def test_a_wrong_name_for_the_output_is_refused(tmp_path, source, target, message):
    one_file(tmp_path / "in")
    with pytest.raises(KnowError, match=message):
        rewrite(tmp_path / source, tmp_path / target)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("[]", "no index of shards"),
        ('{"weight_map": {"a": "../secret.safetensors"}}', "lies in another folder"),
        ('{"weight_map": {}}', "names no shard"),
        ('{"weight_map": {"a": "lost.safetensors"}}', "is not there"),
    ],
)
def test_a_wrong_index_is_refused(tmp_path, index, message):
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(KnowError, match=message):
        open_network(tmp_path).__enter__()


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(KnowError, match=r"found none of .*adapter_model\.bin$"):
        open_network(tmp_path).__enter__()
    torch.save(STATE, tmp_path / "weights.pt")
    with pytest.raises(KnowError, match=r"name the files of its networks: weights\.pt"):
        open_network(tmp_path).__enter__()


def test_a_file_of_another_name_is_refused(tmp_path):
    torch.save(STATE, tmp_path / "stage.weights")
    with pytest.raises(KnowError, match=r"ends in \.safetensors, or in one of \.pt"):
        open_network(tmp_path / "stage.weights").__enter__()


def test_every_missing_stage_is_named(tmp_path):
    torch.save(STATE, tmp_path / "0.pt")
    paths = [tmp_path / f"{stage}.pt" for stage in range(3)]
    with pytest.raises(KnowError, match=r"found no.*at:\n.*1\.pt\n.*2\.pt$"):
        open_networks(paths).__enter__()


@pytest.mark.parametrize(
    ("prefixes", "wanted"),
    [
        (["", ""], ["", ""]),
        (["module.", "module."], ["module.", "module."]),
        (["_orig_mod.", ""], ["_orig_mod.", ""]),
        (["module._orig_mod.", ""], ["module._orig_mod.", ""]),
        (["model.", "model."], ["", ""]),
        (["model.", ""], ["model.", ""]),
        (["", "module.model."], ["", "module.model."]),
    ],
)
def test_wrappers_are_left_out_of_the_names(tmp_path, prefixes, wanted):
    networks = []
    for stage, prefix in enumerate(prefixes):
        path = tmp_path / f"{stage}.pt"
        torch.save({prefix + name: value for name, value in STATE.items()}, path)
        opened = open_network(path)
        networks.append(opened.__enter__())
    found = unwrapped(networks)
    assert ["".join(network.prefixes) for network in found] == wanted
    assert len({tuple(network.layout) for network in found}) == 1


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        # Of every name of a stage, of some, of none; and before or behind a wrapper.
        (["net.a", "net.b"], ["a", "b"]),
        (["net.a", "b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["module.net.a", "module.b"], ["a", "b"]),
        (["net.net.a", "b"], ["net.a", "b"]),
    ],
)
def test_a_prefix_is_stripped_from_the_names_that_have_it(tmp_path, names, wanted):
    stages = {"first.pt": ["net.a", "net.b"], "second.pt": names}
    for file, keys in stages.items():
        torch.save(dict.fromkeys(keys, torch.ones(2)), tmp_path / file)
    with ExitStack() as stack:
        opened = [stack.enter_context(open_network(tmp_path / file)) for file in stages]
        first, second = unwrapped(opened, "net.")
        assert [*first.layout] == ["a", "b"]
        assert [*second.layout] == wanted
        with second.writer(tmp_path / "out.pt", {}) as writer:
            for name in writer.names:
                writer.write(name, torch.ones(2))
    assert [*torch.load(tmp_path / "out.pt", weights_only=True)] == names


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("net.", "the same without 'net.':\n  - 'net.a' and 'a'"),
        ("ema.", "no tensor's name starts with 'ema.'"),
    ],
)
def test_a_prefix_that_cannot_be_stripped_is_refused(tmp_path, prefix, message):
    torch.save({"a": torch.ones(2), "net.a": torch.ones(2)}, tmp_path / "in.pt")
    with (
        open_network(tmp_path / "in.pt") as opened,
        pytest.raises(KnowError, match=message),
    ):
        unwrapped([opened], prefix)


def test_a_window_of_a_tensor_is_read_and_written(tmp_path):
    for name in ("in.safetensors", "in.pt"):
        one_file(tmp_path, name)
        with open_network(tmp_path / name) as network:
            window = torch.empty(3)
            network.read_into("a.weight", window, 2)
            assert window.tolist() == [2, 3, 4]
            output = tmp_path / f"out-{name}"
            with network.writer(output, {}) as writer:
                for each in writer.names:
                    flat = STATE[each].flatten()
                    writer.write(each, flat[:1])
                    writer.write(each, flat[1:])
        found = read(output)
        assert all(torch.equal(found[each], STATE[each]) for each in STATE)


def test_the_file_keeps_its_own_names(tmp_path):
    torch.save({"module.a.weight": STATE["a.weight"]}, tmp_path / "in.pt")
    with open_network(tmp_path / "in.pt") as opened:
        (network,) = unwrapped([opened])
        with network.writer(tmp_path / "out.pt", {}) as writer:
            assert writer.names == ["a.weight"]
            writer.write("a.weight", STATE["a.weight"])
    assert list(torch.load(tmp_path / "out.pt", weights_only=True)) == [
        "module.a.weight"
    ]
