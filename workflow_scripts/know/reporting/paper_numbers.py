"""Accuracies that the paper published, to stand beside ours."""

from dataclasses import dataclass

TABLE_1_SETTING = "ResNet18, CIFAR-100 -> CIFAR-10, 10 trials"


@dataclass(frozen=True)
class PaperScore:
    """One cell of a published table."""

    mean: float
    """Percent points."""
    std: float | None = None
    """Percent points; None where no spread is known."""


# Source: Table 1 of Jang et al. (arXiv 2508.05059). Keys: the paper's row, the data
# multiplier, the fraction of CIFAR-100 that Theta_0 saw.
TABLE_1: dict[tuple[str, float, float], PaperScore] = {
    ("naive", 1.0, 1.0): PaperScore(92.40),
    ("naive", 1.0, 0.5): PaperScore(92.08),
    ("KNOWN", 2.0, 1.0): PaperScore(93.00, 0.11),
    ("KNOWN", 2.0, 0.5): PaperScore(92.58, 0.14),
    ("KNOWN", 2.0, 0.25): PaperScore(92.29, 0.04),
    ("KNOWN", 2.0, 0.125): PaperScore(92.11, 0.10),
    ("KNOWN", 2.0, 0.0625): PaperScore(91.90, 0.13),
    ("KNOWN", 4.0, 1.0): PaperScore(93.27, 0.09),
    ("KNOWN", 4.0, 0.5): PaperScore(92.62, 0.25),
    ("KNOWN", 4.0, 0.25): PaperScore(92.88, 0.11),
    ("KNOWN", 4.0, 0.125): PaperScore(92.40, 0.06),
    ("KNOWN", 4.0, 0.0625): PaperScore(91.98, 0.14),
    ("KNOWN", 8.0, 1.0): PaperScore(93.55, 0.05),
    ("KNOWN", 8.0, 0.5): PaperScore(93.11, 0.19),
    ("KNOWN", 8.0, 0.25): PaperScore(92.92, 0.15),
    ("KNOWN", 8.0, 0.125): PaperScore(92.22, 0.37),
    ("KNOWN", 8.0, 0.0625): PaperScore(92.07, 0.18),
}
