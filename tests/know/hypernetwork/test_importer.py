import hashlib
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import importer
from know.hypernetwork.files import load, read_card
from know.hypernetwork.importer import import_keras
from know.hypernetwork.models.wnn import Wnn

PUBLISHED = importer._PUBLISHED["known"]
AUTHORS = Path(__file__).parents[4] / "shared" / "reference" / "authors_known"
FILES = ["KNOWN_Conv.h5", "KNOWN_FC.h5", "KNOWN_Bias.h5"]
KINDS = ["conv", "fc", "bias"]
WIDTHS = [(64, 8), (8, 64), (8, 64), (8, 64), (64, 32)]


def layers(seed, stages=5):
    """Random kernels and biases in the order of the authors' files."""
    draw = np.random.default_rng(seed)
    shapes = [(stages, 64), *WIDTHS, (stages - 1, 64), *WIDTHS, (64, 1)]
    return [
        (
            draw.normal(0, 0.2, shape).astype(np.float32),
            draw.normal(0, 0.2, shape[1]).astype(np.float32),
        )
        for shape in shapes
    ]


def write_keras(path, arrays, group="", start=0):
    with h5py.File(path, "w") as file:
        for index, (kernel, bias) in enumerate(arrays, start):
            name = f"dense_{index}" if index else "dense"
            file[f"{group}/{name}/{name}/kernel:0"] = kernel
            file[f"{group}/{name}/{name}/bias:0"] = bias


def import_known(directory, output):
    paths = [directory / name for name in FILES]
    return import_keras("known", dict(zip(KINDS, paths, strict=True)), output)


@pytest.fixture
def published(tmp_path):
    directory = tmp_path / "published"
    directory.mkdir()
    for seed, name in enumerate(FILES):
        write_keras(directory / name, layers(seed))
    return directory


@pytest.fixture(autouse=True)
def _no_hash(monkeypatch):
    """Let files of a test's own pass for the authors'."""
    monkeypatch.setattr(importer, "_PUBLISHED", {})


@pytest.fixture
def history():
    """Values of 30 weights at 5 stages."""
    return torch.randn(30, 5, generator=torch.Generator().manual_seed(0))


def test_three_files_named_after_their_kind_are_written(published, tmp_path):
    written = import_known(published, tmp_path / "out")
    assert [path.name for path in written] == [
        "known_conv.safetensors",
        "known_fc.safetensors",
        "known_bias.safetensors",
    ]
    assert [read_card(path)["kind"] for path in written] == KINDS


def test_layers_land_where_keras_had_them(published, tmp_path, history, reference):
    for seed, path in enumerate(import_known(published, tmp_path / "out")):
        wanted = reference(layers(seed), history.numpy())
        found = load(path).residual(history).numpy()
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_a_file_of_a_whole_model_is_read_too(published, tmp_path):
    write_keras(published / FILES[0], layers(0), group="model_weights")
    assert load(import_known(published, tmp_path / "out")[0]).stages == 5


def test_a_network_for_fewer_stages_is_read_too(published, tmp_path):
    write_keras(published / FILES[1], layers(0, stages=3))
    assert load(import_known(published, tmp_path / "out")[1]).stages == 3


def test_everything_wrong_is_named_and_nothing_written(published, tmp_path):
    (published / FILES[0]).unlink()
    (published / FILES[1]).write_text("not HDF5")
    arrays = layers(2)
    arrays[3] = (np.zeros((8, 63), np.float32), arrays[3][1])
    arrays[12] = (arrays[12][0] * np.nan, arrays[12][1])
    write_keras(published / FILES[2], arrays)
    with pytest.raises(KnowError) as refusal:
        import_known(published, tmp_path / "out")
    message = str(refusal.value)
    assert "KNOWN_Conv.h5: there is no such file" in message
    assert "KNOWN_FC.h5: not a readable HDF5 file" in message
    assert "KNOWN_Bias.h5: dense_3/kernel has shape (63, 8), wanted (64, 8)" in message
    assert "KNOWN_Bias.h5: dense_12/kernel is not finite" in message
    assert not (tmp_path / "out").exists()


def test_missing_layers_are_named(published, tmp_path):
    write_keras(published / FILES[0], layers(0)[:12])
    with pytest.raises(KnowError, match="dense_12/kernel is missing"):
        import_known(published, tmp_path / "out")


def test_layers_that_keras_counted_on_from_another_network_are_read_too(
    published, tmp_path, history, reference
):
    write_keras(published / FILES[0], layers(0), start=95)
    conv, _, _ = import_known(published, tmp_path / "out")
    wanted = reference(layers(0), history.numpy())
    found = load(conv).residual(history).numpy()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_wnns_files_of_any_name_are_written_as_its_own(
    published, tmp_path, history, reference
):
    files = dict(zip(KINDS, FILES, strict=True))
    files = {kind: published / name for kind, name in files.items()}
    written = import_keras("wnn", files, tmp_path / "out")
    for seed, (kind, path) in enumerate(zip(files, written, strict=True)):
        assert path.name == f"wnn_{kind}.safetensors"
        card, model = read_card(path), load(path)
        assert card["kind"] == kind
        assert card["source"] == f"{FILES[seed]}, said to be of jjh6297/WNN"
        assert type(model) is Wnn
        wanted = reference(layers(seed), history.numpy())
        found = model.residual(history).numpy()
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_what_is_not_the_published_file_is_refused(published, tmp_path, monkeypatch):
    hashes = {
        kind: hashlib.sha256((published / name).read_bytes()).hexdigest()
        for kind, name in zip(KINDS, FILES, strict=True)
    }
    monkeypatch.setattr(importer, "_PUBLISHED", {"known": hashes})
    conv, *_ = import_known(published, tmp_path / "out")
    assert read_card(conv)["source"] == "jjh6297/KNOW KNOWN_Conv.h5"
    assert read_card(conv)["source_sha256"] == hashes["conv"]
    content = bytearray((published / FILES[0]).read_bytes())
    content[-1] ^= 1
    (published / FILES[0]).write_bytes(content)
    with pytest.raises(
        KnowError, match=r"KNOWN_Conv\.h5: its SHA-256 is .* again from"
    ):
        import_known(published, tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_a_file_whose_hash_is_not_known_says_so(published, tmp_path, caplog):
    import_known(published, tmp_path / "out")
    assert caplog.text.count("no SHA-256 of the published file is known") == 3


@pytest.mark.skipif(not AUTHORS.is_dir(), reason="the authors' files are not here")
def test_the_authors_network_answers_as_their_own_program(tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "_PUBLISHED", {"known": PUBLISHED})
    golden = np.load(AUTHORS / "conv_golden.npz")
    copies = shutil.copytree(AUTHORS, tmp_path / "copies")
    conv, _, _ = import_known(copies, tmp_path / "out")
    found = load(conv).residual(torch.from_numpy(golden["x"])).numpy()
    np.testing.assert_allclose(found, golden["residual"], rtol=0, atol=1e-6)
