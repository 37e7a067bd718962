"""Table 1 as a page to read, in the paper's layout and beside the paper's numbers."""

from collections.abc import Callable, Sequence
from statistics import fmean

from know.reporting.layout import RunFacts
from know.reporting.paper_numbers import TABLE_1, TABLE_1_SETTING
from know.reporting.seeds import SeedsRow
from know.reporting.statistics import PairedComparison, sample_std

SIGNIFICANT = 0.05
_LEGEND = """\
{trials} trials a seed, {seeds} pre-training seeds a cell. A cell is the mean over \
seeds of each seed's mean accuracy (%) ± the standard deviation over trials within a \
seed (root mean square over seeds).

Test: each seed's two-sided paired t-test over trials against naive, combined over the \
seeds of a cell (Stouffer, signed), then Holm corrected over all cells. `*`: corrected \
p < {level} and the mean difference above naive; `†`: likewise below. A mark is \
evidence in these pre-trainings together and says nothing of others; the spread over \
seeds stands beside each difference and in table1_seeds.csv. Details: \
docs/statistics.md."""
_PAPER = f"""\
Columns headed *paper* are the published numbers ({TABLE_1_SETTING}). They are not \
comparable with ours unless ours is that setting too."""
_DELTAS = """\
Percent points, paired by trial. One seed: mean [95 % interval over trials, not \
corrected]. Several seeds: mean over seeds ± standard deviation over seeds."""
_SAME_NORMS = """\
What a method has beyond the length of its weights: its difference from Theta_0 \
scaled, tensor by tensor, to the method's norms. Marks are those of \
this test, combined over seeds likewise and corrected over its own rows."""

Cell = Callable[[SeedsRow], str]


def markdown(seeds: Sequence[SeedsRow], *, runs: Sequence[RunFacts], note: str) -> str:
    """Render Table 1 for people.

    Args:
        seeds: the rows of `over_seeds`.
        runs: every run of the table, for the list at its head.
        note: what setting the numbers come from, and how they were made.

    Returns:
        A Markdown page: methods, controls, oracle, then the paired differences.
    """
    methods = [r for r in seeds if not (r.method.is_control or r.method.is_oracle)]
    controls = [r for r in seeds if r.method.is_control and not r.method.is_oracle]
    oracle = [r for r in seeds if r.method.is_oracle]
    compared = [r for r in seeds if r.naive_deltas]
    normed = [r for r in seeds if r.same_norms_deltas]
    published = _published_fractions(methods)
    sections = [
        ("Methods", _PAPER if published else "", _grid(methods, _accuracy, published)),
        ("Controls", "", _grid(controls, _accuracy)),
        ("Oracle (truly trained on more data)", "", _grid(oracle, _accuracy)),
        ("Difference from naive", _DELTAS, _grid(compared, _versus_naive)),
        (
            "Difference from Theta_0 at the same norms",
            _SAME_NORMS + " " + _DELTAS,
            _grid(normed, _versus_same_norms),
        ),
    ]
    parts = ["# Table 1", note.strip(), _legend(seeds), _run_list(runs)]
    for title, text, grid in sections:
        parts += [f"## {title}", text, grid] if grid else []
    return "\n\n".join(part for part in parts if part) + "\n"


def _legend(seeds: Sequence[SeedsRow]) -> str:
    trials = sorted({row.num_trials for row in seeds})
    counts = sorted({len(row.rows) for row in seeds})
    return _LEGEND.format(
        trials=" or ".join(map(str, trials)),
        seeds=" or ".join(map(str, counts)),
        level=SIGNIFICANT,
    )


def _run_list(runs: Sequence[RunFacts]) -> str:
    return "\n".join(
        f"- `{facts.run}`: {facts.title}; {_percent(facts.fraction)} of the data, "
        f"seed {facts.seed}"
        for facts in runs
    )


def _grid(
    seeds: Sequence[SeedsRow], cell: Cell, published: Sequence[float] = ()
) -> str:
    """Lay rows out as (method, factor) by fraction; nothing where there are none."""
    if not seeds:
        return ""
    fractions = sorted({row.fraction for row in seeds}, reverse=True)
    lines: dict[tuple[str, float], dict[float, SeedsRow]] = {}
    for row in seeds:
        lines.setdefault((row.method.method, row.factor), {})[row.fraction] = row
    methods = list(dict.fromkeys(method for method, _ in lines))
    head = ["method", "factor", *map(_percent, fractions)]
    head += [f"paper {_percent(fraction)}" for fraction in published]
    rows = [head, ["---"] * len(head)]
    for key in sorted(lines, key=lambda key: (methods.index(key[0]), key[1])):
        by_fraction = lines[key]
        cells = [cell(by_fraction[f]) if f in by_fraction else "" for f in fractions]
        paper_row = next(iter(by_fraction.values())).method.paper_row
        cells += [_paper_cell(paper_row, key[1], f) for f in published]
        rows.append([key[0], f"x{key[1]:g}", *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _accuracy(row: SeedsRow) -> str:
    cell = _plus_minus(row.mean, row.std_over_trials)
    return cell + _mark(row.p_value, row.naive_z, row.naive_deltas)


def _mark(p_value: float | None, z: float | None, deltas: Sequence[float]) -> str:
    """Star what the seeds together put above its reference, dagger what below.

    A small but steady difference in one seed can outweigh, in z, a large one of the
    other sign. Where z and the mean difference disagree there is no mark.
    """
    if p_value is None or z is None or p_value >= SIGNIFICANT:
        return ""
    mean = fmean(deltas)
    if min(mean, z) > 0:
        return " \\*"
    return " †" if max(mean, z) < 0 else ""


def _versus_naive(row: SeedsRow) -> str:
    deltas = [entry.vs_naive for entry in row.rows]
    return _delta(deltas) + _mark(row.p_value, row.naive_z, row.naive_deltas)


def _versus_same_norms(row: SeedsRow) -> str:
    deltas = [entry.vs_same_norms for entry in row.rows]
    return _delta(deltas) + _mark(
        row.p_value_same_norms, row.same_norms_z, row.same_norms_deltas
    )


def _delta(comparisons: Sequence[PairedComparison | None]) -> str:
    found = [comparison for comparison in comparisons if comparison]
    mean = fmean(comparison.mean for comparison in found)
    if len(found) > 1:
        spread = sample_std([comparison.mean for comparison in found])
        return f"{mean:+z.2f} ± {spread:.2f}"
    low, high = found[0].low, found[0].high
    interval = "" if low is None else f" [{low:+z.2f}, {high:+z.2f}]"
    return f"{mean:+z.2f}{interval}"


def _published_fractions(seeds: Sequence[SeedsRow]) -> list[float]:
    """Fractions of ours for which the paper has a number in any of our rows."""
    found = {
        row.fraction
        for row in seeds
        if (row.method.paper_row, row.factor, row.fraction) in TABLE_1
    }
    return sorted(found, reverse=True)


def _paper_cell(paper_row: str | None, factor: float, fraction: float) -> str:
    score = TABLE_1.get((paper_row or "", factor, fraction))
    return _plus_minus(score.mean, score.std) if score else ""


def _plus_minus(mean: float, std: float | None) -> str:
    return f"{mean:.2f}" if std is None else f"{mean:.2f} ± {std:.2f}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:g} %"
