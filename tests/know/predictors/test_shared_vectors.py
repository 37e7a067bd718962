"""The vectors of the method definitions that belong to a method as it is read here.

`consensus_n3_masks` and `known_synth_*_residual` are vectors of parts, checked here
through those parts.
"""

import json
import re
from pathlib import Path

import pytest
import torch

from know.hypernetwork.models.known import Known
from know.hypernetwork.models.wnn import Wnn
from know.predictors import PREDICTORS
from know.predictors.consensus_ta import marked
from know.predictors.updates import task_vectors

PATH = Path(__file__).parents[4] / "shared" / "reference" / "baselines_vectors.json"
VECTORS = json.loads(PATH.read_text()) if PATH.is_file() else {"cases": {}}
CASES = VECTORS["cases"]
METHODS = {
    r"(linear|log)fit_stage_n(\d)": lambda m: (f"{m[1]}-fit", int(m[2]), {}),
    r"expfit_exp1_bmax1_n(\d)": lambda m: ("exp-fit", int(m[1]), {}),
    r"taskvector_(mirror|scaled)_n(\d)": lambda m: (
        "task-vector",
        int(m[2]),
        {"reading": m[1]},
    ),
    r"magmax_cumulative_n(\d)": lambda m: ("mag-max", int(m[1]), {}),
    r"consensus_n3_base_tv_lam0.4": lambda m: ("consensus-ta", 3, {}),
}

pytestmark = pytest.mark.skipif(not CASES, reason="the shared vectors are not here")


def reading_of(case):
    for pattern, reading in METHODS.items():
        if match := re.fullmatch(pattern, case):
            return reading(match)
    return None


PREDICTED = [case for case in CASES if reading_of(case)]


@pytest.fixture
def trajectory():
    return torch.tensor(VECTORS["trajectory"], dtype=torch.float64).T.flip(0)


@pytest.mark.parametrize("case", PREDICTED)
def test_the_method_gives_its_vector(case, trajectory, agrees):
    method, horizon, options = reading_of(case)
    found = PREDICTORS[method](trajectory, horizon=horizon, **options)
    agrees(found, CASES[case], 1e-5 if case.startswith("expfit_exp1") else 1e-9)


@pytest.mark.parametrize("fit", ["linear", "log"])
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_the_fits_weigh_the_stages_so(fit, horizon, agrees):
    identity = torch.eye(5, dtype=torch.float64)
    found = PREDICTORS[f"{fit}-fit"](identity, horizon=horizon)
    agrees(found, CASES[f"weights_{fit}fit_stage_S5_n{horizon}_oldest_first"])


def test_the_masks_of_consensus(trajectory):
    found = marked(task_vectors(trajectory, 3), 0.4)
    assert found.int().tolist() == CASES["consensus_n3_masks"]


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_the_residual_of_known(stages, trajectory, synthetic, agrees):
    found = synthetic(stages).residual(trajectory[-stages:].T)
    agrees(found, CASES[f"known_synth_S{stages}_residual"])


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_known_iterated(horizon, trajectory, synthetic, agrees):
    models = {"conv": synthetic(5)}
    found = PREDICTORS["known"](trajectory, horizon=horizon, models=models)
    agrees(found, CASES[f"known_synth_S5_iterated_n{horizon}"])


def test_wnn_on_its_normalised_history(trajectory, synthetic, agrees):
    models = {"conv": synthetic(5, Wnn)}
    agrees(PREDICTORS["wnn"](trajectory, models=models), CASES["wnn_synth"])


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 1, 3)])
def test_tsv_of_waves(shape, agrees):
    i, j = torch.arange(4.0).double()[:, None], torch.arange(6.0).double()
    update = torch.sin(i + 2 * j).reshape(shape)
    found = PREDICTORS["tsv"](torch.stack([-update, torch.zeros_like(update)]))
    agrees(found.reshape(4, 6), CASES["tsv_sin4x6_rank1"])


def test_the_parameters_of_known():
    for stages, count in CASES["known_param_counts"].items():
        assert Known(int(stages)).num_parameters == count
