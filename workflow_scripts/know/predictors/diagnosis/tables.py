"""A diagnosis as tables of text, for whatever shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from know.predictors.diagnosis.diagnose import Diagnosis
from know.predictors.diagnosis.methods import HORIZONS
from know.weights.kinds import PREDICTED_KINDS


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A title, a head and rows."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def tables_of(found: Diagnosis) -> list[TextTable]:
    """Lay out every table of a diagnosis that has a row, in the order to read them."""
    kinds = [shape.kind for shape in found.kinds if shape.kind in PREDICTED_KINDS]
    parts = ("step", "norm", "cosine")
    tables = [
        TextTable(
            title="Does it forget? (accuracy in percent)",
            columns=[
                *("stage", "samples", "on D_0", "on test", "noise"),
                *("since the stage before", "since stage 0"),
            ],
            rows=[
                [
                    str(stage.stage),
                    f"{stage.samples:,}",
                    *_numbers(
                        [stage.accuracy, stage.test_accuracy, stage.noise], ".2f"
                    ),
                    stage.since_previous or "-",
                    stage.since_start or "-",
                ]
                for stage in found.stages
            ],
        ),
        TextTable(
            title="Is it smooth? (angles between successive steps, degrees)",
            columns=[
                *("kind", "angles", "curvature", "straightness", "effective rank"),
                *("steps' cosines to Theta_0", "along Theta_0", "across"),
            ],
            rows=[
                [
                    shape.kind,
                    " ".join(_numbers(shape.angles, ".1f")) or "-",
                    _number(shape.curvature, ".3g"),
                    _number(shape.straightness, ".3f"),
                    f"{_number(shape.effective_rank, '.2f')} "
                    f"of {len(shape.step_lengths)}",
                    " ".join(_numbers(shape.cosines_to_start, "+.3f")) or "-",
                    _percent(shape.share_along),
                    _percent(shape.share_across),
                ]
                for shape in found.kinds
            ],
        ),
        TextTable(
            title="How far would each method step? (n stages ahead: step and norm over "
            "that of Theta_0, cosine to the last step)",
            columns=["method", *(f"n={n} {part}" for n in HORIZONS for part in parts)],
            rows=_steps(found),
        ),
        TextTable(
            title="Norm over that of Theta_0, n=1",
            columns=["method", *kinds],
            rows=[
                [step.method, *_numbers(map(step.norm_ratios.get, kinds), ".4f")]
                for step in found.steps
                if step.horizon == 1 and step.refusal is None
            ],
        ),
        TextTable(
            title="Back-test on a hidden Theta_0 (error; copying: 1)",
            columns=["method", "all predicted", *kinds],
            rows=[
                [
                    test.method,
                    *_numbers([test.error, *map(test.errors.get, kinds)], ".3f"),
                ]
                for test in found.back_tests
                if test.refusal is None
            ],
        ),
        TextTable(
            title="What did not run",
            columns=["method", "where", "why"],
            rows=_refusals(found),
        ),
    ]
    return [table for table in tables if table.rows]


def _steps(found: Diagnosis) -> list[list[str]]:
    by_method: dict[str, list[str]] = {}
    for step in found.steps:
        by_method.setdefault(step.method, [step.method]).extend(
            [
                *_numbers([step.step_ratio, step.norm_ratio], ".4f"),
                _number(step.cosine, "+.3f"),
            ]
        )
    return [*by_method.values()]


def _refusals(found: Diagnosis) -> list[list[str]]:
    steps = [(step.method, f"n={step.horizon}", step.refusal) for step in found.steps]
    tests = [(test.method, "back-test", test.refusal) for test in found.back_tests]
    wanted = "no hypernetworks: name their folder with --hypernetworks"
    return [
        [method, where, why]
        for method, where, why in [
            *steps,
            *tests,
            *((method, "all", wanted) for method in found.left_out),
        ]
        if why
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _numbers(values: Iterable[float | None], form: str) -> list[str]:
    return [_number(value, form) for value in values]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
