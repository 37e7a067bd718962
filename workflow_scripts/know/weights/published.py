"""Weights that others published, fetched once into a checksummed file."""

import hashlib
import logging
import os
import shutil
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from know.errors import KnowError, reason_of
from know.weights.tensor_reader import open_tensors
from know.weights.tensor_writer import tensor_writer
from know.whole_files import beside

log = logging.getLogger("know")

_HUB = "https://huggingface.co"
_LONGEST_SILENCE = 60
"""Seconds."""


def fetch_weights(path: Path, url: str, *, sha256: Sequence[str] = ()) -> None:
    """Fetch a safetensors file, and keep it with its address and SHA-256 in its card.

    Addresses on Hugging Face's hub lead to the mirror that `HF_ENDPOINT` names, if it
    is set.

    Args:
        path: checksummed file to write, whole or not at all.
        url: address of the file; `file://` works too.
        sha256: digests that the fetched bytes are wanted to have, 64 hexadecimal
            digits each.

    Raises:
        KnowError: if the file cannot be fetched, has another digest, or is no
            safetensors file.
    """
    mirror = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    is_on_hub = url.startswith(f"{_HUB}/")
    address = mirror + url.removeprefix(_HUB) if is_on_hub else url
    log.info("fetching %s", address)
    with beside(path) as partial:
        try:
            # The config, which names addresses, is trusted (docs/trust.md).
            answer = urlopen(address, timeout=_LONGEST_SILENCE)  # noqa: S310
            with answer, partial.open("xb") as file:
                shutil.copyfileobj(answer, file)
        except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
            raise KnowError(
                f"{address} cannot be fetched: {reason_of(error)}. Where there is no "
                f"internet, copy {path} from a machine that has fetched it"
            ) from error
        with partial.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        log.info("%s has SHA-256 %s", address, found)
        if wrong := [wanted for wanted in sha256 if wanted != found]:
            raise KnowError(
                f"{address} is not the file that the config wants: its SHA-256 is "
                f"{found}, wanted {' and '.join(wrong)}"
            )
        card = {"url": url, "published_sha256": found}
        with (
            open_tensors(partial) as reader,
            tensor_writer(path, reader.layout, card) as writer,
        ):
            for name in writer.names:
                writer.write(name, reader.read(name))
