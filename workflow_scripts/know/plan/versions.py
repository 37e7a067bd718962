"""The code digests in a plan, and the plug-ins that a job's digest covers."""

from collections.abc import Iterable
from typing import Protocol

from know.hypernetwork.models import MODELS
from know.plan.requests import Settings
from know.predictors import PREDICTORS


class VersionOf(Protocol):
    """Takes the digest of a workflow script and of plug-ins that it loads by name."""

    def __call__(self, script: str, *modules: str) -> str:
        """Return the digest of `workflow_scripts/{script}` and `modules`."""


def method_modules(config: Settings, methods: Iterable[str]) -> list[str]:
    """List the modules of predicting methods and of their hypernetworks, each once."""
    modules = set()
    for method in methods:
        definition = config["methods"][method]
        modules.add(PREDICTORS.module_of(definition["predictor"]))
        if "hypernetwork" in definition:
            model = config["hypernetworks"][definition["hypernetwork"]]["model"]
            modules.add(MODELS.module_of(model))
    return sorted(modules)
