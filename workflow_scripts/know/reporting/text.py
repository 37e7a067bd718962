"""Numbers, metrics and tables as people read them."""

import math
from collections.abc import Collection, Iterable

_TITLES = {
    "accuracy": "accuracy (%)",
    "accuracy_selected": "accuracy, selected epoch (%)",
    "masked_accuracy": "masked accuracy (%)",
    "bleu4": "BLEU-4 (%)",
    "cider": "CIDEr-D (times 100)",
    "miou": "mean IoU (%)",
    "class_accuracy": "mean class accuracy (%)",
    "word_perplexity": "perplexity per word (lower is better)",
    "bits_per_byte": "bits per byte (lower is better)",
}


def metric_title(metric: str) -> str:
    """Name and unit of a metric; its id where it has no other name."""
    return _TITLES.get(metric, metric)


def markdown_grid(head: Collection[str], rows: Iterable[Iterable[str]]) -> str:
    """Render a table of a Markdown page."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def paragraphs(parts: Iterable[str]) -> str:
    """Join the parts of a Markdown page, leaving out empty ones."""
    return "\n\n".join(part for part in parts if part) + "\n"


def plus_minus(mean: float, std: float) -> str:
    """Render a mean with its spread, if it has one."""
    return f"{mean:.2f}" if math.isnan(std) else f"{mean:.2f} ± {std:.2f}"


def interval(low: float, high: float, decimals: int = 2) -> str:
    """Render an interval to stand behind its estimate, if it has ends."""
    ends = f" [{low:+z.{decimals}f}, {high:+z.{decimals}f}]"
    return "" if math.isnan(low) else ends


def percent(share: float) -> str:
    """Render a share in [0, 1]."""
    return f"{100 * share:g} %"
