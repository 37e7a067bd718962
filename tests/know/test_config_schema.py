"""The config's schema lists exactly what the library has."""

import dataclasses
from pathlib import Path
from typing import get_args

import pytest
import yaml

from know.data.arrays import LABEL_DTYPES
from know.data.drawing.catalogues import CATALOGUES
from know.data.drawing.rendering import STYLES
from know.data.settings import DatasetSettings
from know.hypernetwork.meta_training import MetaTraining
from know.hypernetwork.metadata import MetaDataSettings, OptimizerDraw
from know.hypernetwork.roles import HeldOut
from know.predictors.controls import CONTROLS
from know.training.settings import Optimizer, Precision, Schedule, Trainable

SCHEMAS = Path(__file__).parents[2] / "config/schemas"
CONFIG = yaml.safe_load((SCHEMAS / "config.yaml").read_text())
DEFINED = CONFIG["$defs"]
BLOCK = {
    section: form["additionalProperties"]
    for section, form in CONFIG["properties"].items()
    if isinstance(form.get("additionalProperties"), dict)
}
(CONTROL,) = (
    form["properties"]
    for form in BLOCK["methods"]["oneOf"]
    if "control" in form["properties"]
)
DRAWS = BLOCK["metadata"]["properties"]
DATASET = BLOCK["datasets"]["properties"]
TRAINING = DEFINED["training"]["properties"]
PHASE = TRAINING["phases"]["items"]["properties"]
OPTIMIZERS = get_args(Optimizer)
# What is told of meta-data and no trial depends on.
UNDRAWN = {"datasets", "held_out", "shards", "trials_per_shard", "weights_per_tensor"}


@pytest.mark.parametrize(
    ("listed", "held"),
    [
        (DATASET["target"], LABEL_DTYPES),
        (DATASET["style"], STYLES),
        (DATASET["grain"], CATALOGUES),
        (CONTROL["control"], CONTROLS),
        (PHASE["schedule"], get_args(Schedule)),
        (PHASE["trainable"], get_args(Trainable)),
        (TRAINING["precision"], get_args(Precision)),
        (DRAWS["optimizers"]["items"]["properties"]["optimizer"], OPTIMIZERS),
        (DRAWS["schedules"]["items"], get_args(Schedule)),
    ],
)
def test_names_are_those_of_the_library(listed, held):
    assert sorted(listed["enum"]) == sorted(held)


@pytest.mark.parametrize(
    ("section", "settings", "given"),
    [
        (BLOCK["datasets"], DatasetSettings, set()),
        (BLOCK["metadata"], MetaDataSettings, {"metadata"}),
        (DRAWS["optimizers"]["items"], OptimizerDraw, set()),
        (DRAWS["held_out"], HeldOut, set()),
        (
            BLOCK["hypernetworks"]["properties"]["training"],
            MetaTraining,
            {"hypernetwork", "model", "kind"},
        ),
    ],
)
def test_keys_are_those_of_the_settings(section, settings, given):
    listed = set(section["properties"])
    fields = {field.name for field in dataclasses.fields(settings)}
    assert fields - listed == given
    assert listed - fields <= UNDRAWN
