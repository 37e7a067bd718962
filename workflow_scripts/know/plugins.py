"""Every kind of plug-in, by the name that the config's schema gives it."""

from collections.abc import Mapping
from typing import Any

from know.architectures import ARCHITECTURES
from know.data.sources import SOURCES
from know.hypernetwork.models import MODELS
from know.predictors import PREDICTORS
from know.registry import Registry
from know.tasks import TASKS

PLUGINS: Mapping[str, Registry[Any]] = {
    "architecture": ARCHITECTURES,
    "hypernetwork": MODELS,
    "predictor": PREDICTORS,
    "source": SOURCES,
    "task": TASKS,
}
