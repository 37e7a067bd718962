"""Fetching from a hub on this machine; the real one is never asked."""

import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import safetensors.torch
import torch

from know.errors import KnowError
from know.weights.checkpoint import load_checkpoint
from know.weights.published import fetch_weights

PLACE = "timm/tiny/resolve/main/model.safetensors"
URL = f"https://huggingface.co/{PLACE}"
STATE = {
    "a": torch.arange(6.0).reshape(2, 3),
    "b": torch.tensor([7], dtype=torch.int64),
}
BYTES = safetensors.torch.save(STATE)
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The folder of a hub at `HF_ENDPOINT`, which breaks off files named `cut`."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *words):
            super().__init__(*words, directory=tmp_path / "hub")

        def log_message(self, *_):
            pass

        def send_header(self, name, value):
            # What is announced never comes.
            longer = name == "Content-Length" and "cut" in self.path
            super().send_header(name, str(2 * int(value)) if longer else value)

    file = tmp_path / "hub" / PLACE
    file.parent.mkdir(parents=True)
    file.write_bytes(BYTES)
    (file.parent / "cut").write_bytes(BYTES[:-8])
    (file.parent / "pickle").write_bytes(b"\x80\x04}.")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        yield file.parent
        server.shutdown()


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "published" / "tiny.safetensors"


@pytest.mark.parametrize("sha256", [[], [DIGEST]])
def test_weights_are_kept_with_their_address_and_digest(hub, kept, sha256, same):
    fetch_weights(kept, URL, sha256=sha256)
    state, card = load_checkpoint(kept)
    same(state, STATE)
    assert (card["url"], card["published_sha256"]) == (URL, DIGEST)


def test_a_file_on_this_machine_is_fetched_too(hub, kept, same):
    fetch_weights(kept, (hub / "model.safetensors").as_uri())
    same(load_checkpoint(kept)[0], STATE)


@pytest.mark.parametrize(
    ("url", "sha256", "message"),
    [
        (URL, ["0" * 64], f"SHA-256 is {DIGEST}, wanted 0{{64}}$"),
        (URL, [DIGEST, "1" * 64], "wanted 1{64}$"),
        (f"{URL}.gone", [], r"cannot be fetched: HTTP Error 404.* copy .*tiny\.safe"),
        ("http://127.0.0.1:9/x", [], "cannot be fetched: .*refused"),
        ("file:///gone/model.safetensors", [], "cannot be fetched: .*No such file"),
        (
            URL.replace("model.safetensors", "cut"),
            [],
            "no safetensors file, or damaged",
        ),
        (URL.replace("model.safetensors", "pickle"), [], "no safetensors file"),
    ],
)
def test_what_is_not_wanted_leaves_no_file(hub, kept, url, sha256, message):
    with pytest.raises(KnowError, match=message):
        fetch_weights(kept, url, sha256=sha256)
    assert list(kept.parent.iterdir()) == []
