"""Answers to the primary questions of a table; the unit is the pre-training seed."""

import math
from typing import Any

import pandas as pd

from know.reporting.facts import Facts, TableFacts
from know.reporting.frames import cell, csv_text, each_row
from know.reporting.statistics import (
    SIGNIFICANT,
    Comparison,
    detectable,
    equivalence_p,
    holm,
)
from know.reporting.table import POOLED, SHORT, deciding_rows
from know.reporting.text import interval, markdown_grid, paragraphs

BETTER, WORSE = "better", "worse"
REFERENCE_TITLES = {"naive": "naive", "same-norms": "Theta_0 at the same norms"}
"""Title of each reference that rows are compared with, by its id in the config."""

_VERDICT = """\
task metric fraction method factor against seeds delta std low high p_value \
p_equivalence margin detectable verdict"""
_NOTHING_ASKED = """\
This table declares no primary question: its differences have intervals, and none is \
tested."""
_TESTS = """\
The pre-training seed is the unit: a difference is averaged over a seed's trials, then \
tested over seeds (two-sided t-test, Holm corrected over these {count} questions). \
*better*, *worse*: corrected p < {level}. *within*: else, if two one-sided tests place \
the difference inside the margin, corrected the same way. Intervals are 95 % of a \
single comparison."""
_DETECTABLE = """\
These questions could have detected a difference of {points:.2f} points (80 % power, \
two-sided, at p < {level} / {count}; the hardest of them is {hardest}, with a standard \
deviation of {std:.2f} over {seeds} seeds)."""
_UNDETECTABLE = "Without a spread over seeds, no difference can be detected."
_IMAGES = """\
All seeds are tested on the same test split, and the intervals hold for it."""
_ERROR = """ \
Another sample of as many would add a standard error of at most {points:.2f} points, \
that of two networks which err independently; it is less where both err on the same \
images."""


def judge(seeds: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Answer the primary questions of a table from its rows of `over_seeds`.

    Each task is judged by its first metric. The differences and the equivalences are
    a family each, corrected by Holm over all questions: for every question at most one
    of the two null hypotheses is true.

    Returns:
        A row per question: `POOLED`, `against`, `seeds`, the fields of `Comparison`,
        `p_value` and `p_equivalence`, both corrected; `margin`, `detectable` (the true
        difference that is detected with 80 % power at Holm's first level, 0.05 over the
        number of questions) and `verdict`. No row if the table asks nothing.
    """
    primary: Facts = facts.primary or {"methods": [], "against": [], "margin": 0}
    rows = deciding_rows(seeds, facts)
    rows = rows[rows["method"].isin(primary["methods"])]
    asked = [_compared(rows, against) for against in primary["against"]]
    if not asked:
        return pd.DataFrame(columns=_VERDICT.split())
    questions = pd.concat(asked, ignore_index=True)
    level, margin = SIGNIFICANT / len(questions), primary["margin"]
    found = [
        (Comparison(*row[:-1]), row.seeds)
        for row in each_row(questions[[*Comparison._fields, "seeds"]])
    ]
    equivalence = [equivalence_p(c, count, margin) for c, count in found]
    questions["p_value"] = holm(questions["p"])
    questions["p_equivalence"] = holm(equivalence)
    questions["margin"] = float(margin)
    questions["detectable"] = [detectable(c.std, count, level) for c, count in found]
    falling = {task["task"] for task in facts.tasks if task["lower_is_better"]}
    questions["verdict"] = [
        verdict_word(question, lower_is_better=question.task in falling)
        for question in each_row(questions)
    ]
    return questions


def _compared(rows: pd.DataFrame, against: str) -> pd.DataFrame:
    """Rows with the fields of one of their comparisons."""
    name = against.replace("-", "_")
    fields = {f"{field}_vs_{name}": field for field in Comparison._fields}
    asked = rows[[*POOLED, "seeds", "mean", *fields]].rename(columns=fields)
    return asked.assign(against=against)


def verdict_word(question: Any, *, lower_is_better: bool = False) -> str:
    """Answer one question.

    Args:
        question: has `seeds`, `delta`, `margin`, and the corrected `p_value` and
            `p_equivalence`.
        lower_is_better: whether a negative `delta` is an improvement.
    """
    if question.seeds < 2:
        return "cannot tell: one seed"
    if math.isnan(question.p_value):
        return "cannot tell: no spread over seeds"
    if question.p_value < SIGNIFICANT:
        return BETTER if (question.delta > 0) != lower_is_better else WORSE
    is_within = question.p_equivalence < SIGNIFICANT
    return f"within ±{question.margin:g} points" if is_within else "cannot tell"


def verdict_csv(questions: pd.DataFrame) -> str:
    """Render the questions with their answers, in the unit of each metric."""
    fine = dict.fromkeys(["p_value", "p_equivalence"], ".6f")
    return csv_text(questions, _VERDICT, {**SHORT, "margin": "g", **fine})


def verdict_text(questions: pd.DataFrame, facts: TableFacts) -> str:
    """Render the answers for the head of a table's page."""
    if questions.empty:
        return _NOTHING_ASKED
    grid = [_line(question, facts) for question in each_row(questions)]
    if len({line["where"] for line in grid}) == 1:
        grid = [{k: v for k, v in line.items() if k != "where"} for line in grid]
    count = len(questions)
    return paragraphs(
        [
            markdown_grid(grid[0], map(dict.values, grid)),
            _TESTS.format(count=count, level=SIGNIFICANT),
            f"{_power(questions)} {_images(questions, facts)}",
        ]
    ).strip()


def _line(question: Any, facts: TableFacts) -> dict[str, str]:
    difference = f"{question.delta:+z.2f}{interval(question.low, question.high)}"
    return {
        "question": _question(question),
        "where": facts.heading(question.task, question.fraction),
        "seeds": str(question.seeds),
        "difference": difference,
        "p": "< 0.001" if question.p_value < 0.001 else cell(question.p_value, ".3f"),
        "verdict": f"**{question.verdict}**",
    }


def _question(question: Any) -> str:
    reference = REFERENCE_TITLES[question.against]
    return f"{question.method} x{question.factor:g} against {reference}"


def _power(questions: pd.DataFrame) -> str:
    found = questions.dropna(subset="detectable").sort_values("detectable")
    if found.empty:
        return _UNDETECTABLE
    *_, hardest = each_row(found)
    return _DETECTABLE.format(
        points=hardest.detectable,
        level=SIGNIFICANT,
        count=len(questions),
        hardest=_question(hardest),
        std=hardest.std,
        seeds=hardest.seeds,
    )


def _images(questions: pd.DataFrame, facts: TableFacts) -> str:
    """Say how far the sample of test images bounds the questions' intervals."""
    counts = {task["task"]: task["test_images"] for task in facts.tasks}
    errors = [
        _sampling_error(question.mean, question.mean - question.delta, images)
        for question in each_row(questions)
        if question.metric.startswith("accuracy")
        and (images := counts[question.task]) is not None
    ]
    error = _ERROR.format(points=max(errors)) if errors else ""
    return f"{_IMAGES}{error}"


def _sampling_error(one: float, other: float, images: int) -> float:
    """Standard error of a difference of accuracies, in percent points.

    Networks that err independently disagree on a (1 - b) + (1 - a) b of the images;
    difficult images, which both get wrong, make it less.
    """
    a, b = one / 100, other / 100
    return 100 * math.sqrt((a * (1 - b) + (1 - a) * b) / images)
