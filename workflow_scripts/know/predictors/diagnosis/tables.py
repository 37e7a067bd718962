"""A diagnosis as tables of text, for whatever shows them."""

from collections.abc import Sequence
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
    """Every table of a diagnosis that has a row, in the order to read them."""
    tables = [
        _forgetting(found),
        _path(found),
        _steps(found),
        _norms(found),
        _back_tests(found),
        _refusals(found),
    ]
    return [table for table in tables if table.rows]


def _forgetting(found: Diagnosis) -> TextTable:
    rows = [
        [
            str(stage.stage),
            f"{stage.samples:,}",
            _number(stage.accuracy, ".2f"),
            _number(stage.test_accuracy, ".2f"),
            _number(stage.noise, ".2f"),
            stage.since_previous or "-",
            stage.since_start or "-",
        ]
        for stage in found.stages
    ]
    return TextTable(
        title="Does it forget? (accuracy in percent)",
        columns=[
            "stage",
            "samples",
            "on D_0",
            "on test",
            "noise",
            "since the stage before",
            "since stage 0",
        ],
        rows=rows,
    )


def _path(found: Diagnosis) -> TextTable:
    rows = [
        [
            shape.kind,
            _numbers(shape.angles, ".1f"),
            _number(shape.curvature, ".3g"),
            _number(shape.straightness, ".3f"),
            f"{_number(shape.effective_rank, '.2f')} of {len(shape.step_lengths)}",
            _numbers(shape.cosines_to_start, "+.3f"),
            _percent(shape.share_along),
            _percent(shape.share_across),
        ]
        for shape in found.kinds
    ]
    return TextTable(
        title="Is it smooth? (angles between successive steps, degrees)",
        columns=[
            "kind",
            "angles",
            "curvature",
            "straightness",
            "effective rank",
            "steps' cosines to Theta_0",
            "along Theta_0",
            "across",
        ],
        rows=rows,
    )


def _steps(found: Diagnosis) -> TextTable:
    by_method: dict[str, list[str]] = {}
    for step in found.steps:
        by_method.setdefault(step.method, [step.method]).extend(
            [
                _number(step.step_ratio, ".4f"),
                _number(step.norm_ratio, ".4f"),
                _number(step.cosine, "+.3f"),
            ]
        )
    return TextTable(
        title="How far would each method step? (n stages ahead: step and norm over "
        "that of Theta_0, cosine to the last step)",
        columns=[
            "method",
            *(
                f"n={horizon} {what}"
                for horizon in HORIZONS
                for what in ("step", "norm", "cosine")
            ),
        ],
        rows=[*by_method.values()],
    )


def _norms(found: Diagnosis) -> TextTable:
    kinds = _kinds(found)
    return TextTable(
        title="Norm over that of Theta_0, n=1",
        columns=["method", *kinds],
        rows=[
            [
                step.method,
                *(_number(step.norm_ratios.get(kind), ".4f") for kind in kinds),
            ]
            for step in found.steps
            if step.horizon == 1 and step.refusal is None
        ],
    )


def _back_tests(found: Diagnosis) -> TextTable:
    kinds = _kinds(found)
    tests = [test for test in found.back_tests if test.refusal is None]
    return TextTable(
        title="Back-test on a hidden Theta_0 (error; copying: 1)",
        columns=["method", "all predicted", *kinds],
        rows=[
            [
                test.method,
                _number(test.error, ".3f"),
                *(_number(test.errors.get(kind), ".3f") for kind in kinds),
            ]
            for test in tests
        ],
    )


def _refusals(found: Diagnosis) -> TextTable:
    rows = [
        [step.method, f"n={step.horizon}", step.refusal]
        for step in found.steps
        if step.refusal
    ]
    rows += [
        [test.method, "back-test", test.refusal]
        for test in found.back_tests
        if test.refusal
    ]
    rows += [
        [method, "all", "no hyper-models: name their folder with --hyper-models"]
        for method in found.left_out
    ]
    return TextTable(
        title="What did not run", columns=["method", "where", "why"], rows=rows
    )


def _kinds(found: Diagnosis) -> list[str]:
    return [shape.kind for shape in found.kinds if shape.kind in PREDICTED_KINDS]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _numbers(values: Sequence[float | None], form: str) -> str:
    return " ".join(_number(value, form) for value in values) or "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
