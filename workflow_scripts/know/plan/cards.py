"""Cards that the plan expects of files: see `know.cards`."""

from collections.abc import Iterator
from typing import Any

from know.plan.hypernetworks import KINDS
from know.plan.published import published_file
from know.plan.requests import (
    AVERAGES,
    Settings,
    dataset_file,
    network_file,
    prediction_file,
)

_NO_STAGE = {"run": None, "stage": 0}


def plan_cards(plan: Settings, config: Settings) -> dict[str, dict[str, Any]]:
    """Give, by file, the fields that tell it from other files of its kind."""
    cards = {dataset_file(name): {"name": name} for name in plan["datasets"]}
    for name in plan["networks"]:
        cards |= _with_optimizer(network_file(name), {"network": name, **_NO_STAGE})
        for average in AVERAGES:
            card = {"network": name, "average": average, **_NO_STAGE}
            cards[network_file(f"{name}.{average}")] = card
    for name, run in plan["runs"].items():
        network = run["settings"]["network"]
        first = 0 if "imported" in run else 1
        for stage, file in enumerate(run["weights"][first:], start=first):
            card = {"network": network, "run": name, "stage": stage}
            cards |= _with_optimizer(file, card)
        cards[f"results/incremental/{name}.safetensors"] = {"run": name, "stage": 0}
        cards[f"results/trajectories/{name}.zarr.zip"] = {"run": name, "kind": None}
    for stem, fetched in plan["published"].items():
        card = cards[published_file(config, stem)] = {"url": fetched["url"]}
        if fetched["sha256"]:
            # A second one, of the same file, is refused when it is fetched.
            card["published_sha256"] = fetched["sha256"][0]
    cards |= dict(_weights(plan))
    cards |= dict(_learnt(plan, config))
    for task, runs in plan["scores"].items():
        for name, methods in runs.items():
            for method, entry in methods.items():
                folder = f"results/scores/{task}/{name}/{method}"
                card = {"task": task, "run": name, "method": method}
                for block in entry["trials"]:
                    file = f"{folder}/block-{block}.safetensors"
                    cards[file] = {**card, "block": block}
    for name, run in plan["landscape"]["runs"].items():
        cards[f"results/landscape/{name}.zarr.zip"] = {"run": name, "kind": "landscape"}
        cards[f"results/landscape/{name}/map.safetensors"] = {
            "run": name,
            "block": None,
        }
        for block, file in zip(plan["landscape"]["points"], run["blocks"], strict=True):
            cards[file] = {"run": name, "block": block}
    return cards


def _with_optimizer(file: str, card: Settings) -> dict[str, dict[str, Any]]:
    """Give the cards of a stage's weights and of its optimizer state."""
    state = file.replace(".safetensors", ".optimizer.safetensors")
    return {
        file: {**card, "average": None, "content": None},
        state: {**card, "content": "optimizer state"},
    }


def _weights(plan: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the files of weights that methods make, with their cards."""
    for run, methods in plan["predictions"].items():
        for method in methods:
            for horizon in plan["horizons"]:
                card = {"run": run, "method": method, "horizon": horizon}
                yield prediction_file(run, method, horizon), card
    for section, folder in {"fits": "fitted", "selections": "selected"}.items():
        for run, methods in plan[section].items():
            for method in methods:
                file = f"results/{folder}/{run}/{method}.safetensors"
                yield file, {"run": run, "method": method}


def _learnt(plan: Settings, config: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the files of meta-data and hypernetworks, with their cards."""
    for name, metadata in plan["metadata"].items():
        for shard, numbers in metadata["trials"].items():
            card = {"metadata": name, "numbers": numbers}
            yield f"results/metadata/{name}/shard-{shard}.zarr.zip", card
            yield f"results/metadata/{name}/draws-{shard}.safetensors", card
    for name, entry in plan["hypernetworks"].items():
        section = config["hypernetworks"][name]
        own = {"hypernetwork": name} if section["source"] == "trained" else {}
        for kind, file in zip(KINDS, entry["files"], strict=True):
            yield file, {"architecture": section["model"], "kind": kind, **own}
