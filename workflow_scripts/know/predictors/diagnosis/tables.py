"""A diagnosis as tables of text, for whatever shows them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from know.plain_text import Table, laid_out, number
from know.predictors.diagnosis.methods import HORIZONS
from know.weights.kinds import PREDICTED_KINDS

if TYPE_CHECKING:
    from know.predictors.diagnosis.diagnose import Diagnosis

_STAGES = "stage,samples,on D_0,on test,noise,since the stage before,since stage 0"
_PATH = (
    "kind,angles,curvature,straightness,effective rank,steps' cosines to Theta_0,"
    "along Theta_0,across"
)
_STEPS = (
    "How far would each method step? (n stages ahead: step and norm over that of "
    "Theta_0, cosine to the last step)"
)


def tables_of(found: "Diagnosis") -> list[Table]:
    """Title, columns and rows of every table that has a row, in the order to read."""
    kinds = [shape.kind for shape in found.kinds if shape.kind in PREDICTED_KINDS]
    stages = [
        [
            str(stage.stage),
            f"{stage.samples:,}",
            *_numbers([stage.accuracy, stage.test_accuracy, stage.noise], ".2f"),
            stage.since_previous or "-",
            stage.since_start or "-",
        ]
        for stage in found.stages
    ]
    path = [
        [
            shape.kind,
            " ".join(_numbers(shape.angles, ".1f")) or "-",
            number(shape.curvature, ".3g"),
            number(shape.straightness, ".3f"),
            f"{number(shape.effective_rank, '.2f')} of {len(shape.step_lengths)}",
            " ".join(_numbers(shape.cosines_to_start, "+.3f")) or "-",
            *_numbers([shape.share_along, shape.share_across], ".1%"),
        ]
        for shape in found.kinds
    ]
    steps = {step.method: [step.method] for step in found.steps}
    for step in found.steps:
        steps[step.method] += _numbers([step.step_ratio, step.norm_ratio], ".4f")
        steps[step.method] += _numbers([step.cosine], "+.3f")
    norms = [
        [step.method, *_numbers(map(step.norm_ratios.get, kinds), ".4f")]
        for step in found.steps
        if step.horizon == 1 and step.refusal is None
    ]
    tests = [
        [test.method, *_numbers([test.error, *map(test.errors.get, kinds)], ".3f")]
        for test in found.back_tests
        if test.refusal is None
    ]
    refusals = [
        *([s.method, f"n={s.horizon}", s.refusal] for s in found.steps if s.refusal),
        *([t.method, "back-test", t.refusal] for t in found.back_tests if t.refusal),
        *(
            [name, "all", "no hypernetworks: name their folder with --hypernetworks"]
            for name in found.left_out
        ),
    ]
    parts = [f"n={n} {part}" for n in HORIZONS for part in ("step", "norm", "cosine")]
    tables = [
        ("Does it forget? (accuracy in percent)", _STAGES.split(","), stages),
        (
            "Is it smooth? (angles between successive steps, degrees)",
            _PATH.split(","),
            path,
        ),
        (_STEPS, ["method", *parts], [*steps.values()]),
        ("Norm over that of Theta_0, n=1", ["method", *kinds], norms),
        (
            "Back-test on a hidden Theta_0 (error; copying: 1)",
            ["method", "all predicted", *kinds],
            tests,
        ),
        ("What did not run", ["method", "where", "why"], refusals),
    ]
    return [table for table in tables if table[2]]


def as_text(found: "Diagnosis") -> str:
    """Lay the tables out as text, the verdict last."""
    facts = {"trajectory": found.path, "run": found.run, "sha256": found.sha256}
    return laid_out(facts, tables_of(found), f"verdict: {found.verdict.text}")


def _numbers(values: Iterable[float | None], form: str) -> list[str]:
    return [number(value, form) for value in values]
