"""Paired comparison of a user's own candidates by a user's own score."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pandas as pd

from know.errors import KnowError
from know.reporting.frames import each_row
from know.reporting.statistics import compare, equivalence_p, holm
from know.reporting.verdict import verdict_word

Candidate = TypeVar("Candidate")


def compare_candidates(
    candidates: Mapping[str, Candidate],
    score: Callable[[Candidate, int], float],
    *,
    seeds: Sequence[int],
    margin: float | None = None,
) -> pd.DataFrame:
    """Score every candidate with every seed, and compare each with the first one.

    Differences are paired by seed and tested as in the tables: a two-sided t-test,
    corrected by Holm over the candidates. The seeds are those of the scoring, so the
    answer is about these weights, not about another pre-training's.

    Args:
        candidates: weights or anything else that `score` takes, by name; the first one
            is the reference.
        score: called with a candidate and a seed; more is better.
        seeds: seeds to score with, two or more for a verdict.
        margin: largest difference that does not matter; None to ask for better or
            worse alone.

    Returns:
        A row per candidate: `mean` over the seeds; `delta` to the reference with its
        95 % interval, `low` and `high`; corrected `p_value`; `verdict`.

    Raises:
        KnowError: if there is nothing to compare, or a seed stands twice.
    """
    if len(candidates) < 2 or not seeds or len(set(seeds)) < len(seeds):
        raise KnowError(
            f"wanted two candidates or more and seeds that differ, got "
            f"{len(candidates)} candidates ({', '.join(candidates)}) and seeds "
            f"{list(seeds)}"
        )
    scores = pd.DataFrame(
        {
            name: [float(score(candidate, seed)) for seed in seeds]
            for name, candidate in candidates.items()
        },
        index=pd.Index(seeds, name="seed"),
    )
    reference, *others = scores.columns
    found = [compare(scores[name] - scores[reference]) for name in others]
    rows = pd.DataFrame(found, index=others)
    rows["mean"] = scores[others].mean()
    rows["p_value"] = holm(rows["p"])
    rows["p_equivalence"] = holm(
        [equivalence_p(each, len(seeds), margin or float("nan")) for each in found]
    )
    rows["margin"], rows["seeds"] = margin, len(seeds)
    rows["verdict"] = list(map(verdict_word, each_row(rows)))
    first = pd.DataFrame({"mean": [scores[reference].mean()]}, index=[reference])
    columns = ["mean", "delta", "low", "high", "p_value", "verdict"]
    table = pd.concat([first, rows])[columns]
    return table.assign(verdict=table["verdict"].fillna("reference"))
