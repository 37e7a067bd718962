"""Weights that networks start from: published ones are fetched to a file first."""

import re
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.requests import Settings

_SHA256 = "#sha256="


def with_fetched(config: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Replace published weights in a config by the files that they are fetched to.

    An architecture's options to start from, which its module states as `STARTS`, hold a
    path; a word that the module knows, or an address. To the last two
    `#sha256=0123...` may be added, a digest that is demanded.

    Returns:
        The config, and by the name of each file in the folder `published`, without its
        ending, the `url` and the list of digests that are demanded.
    """
    architectures: dict[str, Any] = {}
    published: dict[str, Any] = {}
    for name, section in config["architectures"].items():
        facts = ARCHITECTURES.facts(section["architecture"])
        options = dict(section["options"])
        forms = facts.get("OPTIONS", {})
        every = {k: form["default"] for k, form in forms.items() if "default" in form}
        for option, words in facts.get("STARTS", {}).items():
            word, _, sha256 = (options.get(option) or "").partition(_SHA256)
            url = words[word].format(**every | options) if word in words else word
            if "://" not in url:
                continue
            stem = re.sub(r"[^A-Za-z0-9._]+", "-", url.partition("://")[2]).strip("-")
            stem = stem.removesuffix(".safetensors")
            demanded = published.setdefault(stem, {"url": url, "sha256": []})["sha256"]
            if sha256 and sha256.lower() not in demanded:
                demanded.append(sha256.lower())
            options[option] = published_file(config, stem)
        architectures[name] = {**section, "options": options}
    return {**config, "architectures": architectures}, published


def published_file(config: Settings, stem: str) -> str:
    """Path of fetched weights."""
    return f"{config['published']}/{stem}.safetensors"


def start_files(architecture: Settings) -> list[str]:
    """List the files of weights that a network of the config starts from."""
    starts = ARCHITECTURES.facts(architecture["architecture"]).get("STARTS", {})
    found = [architecture["options"].get(option) for option in starts]
    return [file for file in found if file]
