"""Values that the paper published, to stand beside ours.

Source: Jang et al. (arXiv 2508.05059). Cells whose number is not known are empty.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from know.reporting.text import markdown_grid, percent


@dataclass(frozen=True)
class PaperTable:
    """The known cells of one published table, as text in percent points."""

    setting: str
    """Setting that its numbers come from."""
    metric: str
    grid: str
    """Lines of cells between bars; a head, then the paper's rows."""

    @cached_property
    def lines(self) -> list[list[str]]:
        """The cells of the grid, line by line, the head first."""
        return [
            [cell.strip() for cell in line.split("|")]
            for line in self.grid.strip().splitlines()
        ]

    @property
    def columns(self) -> list[str]:
        """The paper's columns, those of numbers alone."""
        return self.lines[0][2:]

    @cached_property
    def cells(self) -> dict[tuple[str, str, str], str]:
        """Known cells by the paper's row, the data multiplier (`x2`) and the column."""
        return {
            (row, factor, column): cell
            for row, factor, *cells in self.lines[1:]
            for column, cell in zip(self.columns, cells, strict=True)
            if cell
        }

    def column(self, paper_column: str | None, fraction: float) -> str | None:
        """The paper's column for a task, or for a fraction of the pre-training data."""
        own = (paper_column, percent(fraction))
        return next((column for column in own if column in self.columns), None)

    def cell(
        self, row: str | None, factor: float, column: str, stages: float = math.nan
    ) -> str:
        """The paper's cell for a row of ours; empty if it has none.

        Where the paper's rows differ in S, `stages` tells them apart.
        """
        rows = (row or "", f"{row}, S = {stages:g}")
        found = [self.cells.get((name, f"x{factor:g}", column)) for name in rows]
        return next(filter(None, found), "")

    def whole(self) -> str:
        """Render every known cell as a Markdown table."""
        head, *rows = self.lines
        return markdown_grid(head, rows)


# Columns of Tables 1 and 6 are the share of CIFAR-100 that Theta_0 saw.
PAPER_TABLES = {
    "table1": PaperTable(
        "ResNet18, CIFAR-100 -> CIFAR-10, 10 trials",
        "accuracy",
        """
method|factor| 100 %        | 50 %         | 25 %         | 12.5 %       | 6.25 %
naive | x1   | 92.40        | 92.08        |              |              |
KNOWN | x2   | 93.00 ± 0.11 | 92.58 ± 0.14 | 92.29 ± 0.04 | 92.11 ± 0.10 | 91.90 ± 0.13
KNOWN | x4   | 93.27 ± 0.09 | 92.62 ± 0.25 | 92.88 ± 0.11 | 92.40 ± 0.06 | 91.98 ± 0.14
KNOWN | x8   | 93.55 ± 0.05 | 93.11 ± 0.19 | 92.92 ± 0.15 | 92.22 ± 0.37 | 92.07 ± 0.18
""",
    ),
    "table2": PaperTable(
        "PVTv2, ImageNet to each data set",
        "accuracy",
        """
method | factor | CIFAR-100 | TinyImageNet | Cars | CUB | Flowers
TaskVector | x3 | | | | 71.00 ± 0.25 |
TSV   | x3 | | | 88.78 ± 0.12 | |
TSV   | x9 | | | 88.85 ± 0.09 | |
KNOWN | x3 | 82.46 ± 0.20 | 77.53 ± 0.11 | 88.57 ± 0.18 | 71.18 ± 0.45 | 88.65 ± 0.69
KNOWN | x9 | 82.33 ± 0.15 | 77.58 ± 0.12 | 88.85 ± 0.23 | 71.30 ± 0.28 | 88.53 ± 0.27
""",
    ),
    "table3": PaperTable(
        "PVTv2, ImageNet to PACS, 80 epochs, tested on the domain left out",
        "accuracy",
        """
method | factor | art | sketch | cartoon | photo | average
naive  | x1 | | | | | 63.48
LogFit | x3 | | 48.58 ± 1.66 | | | 65.74
LogFit | x9 | | | | | 66.53
TaskVector | x3 | | | | | 66.56
TaskVector | x9 | | | | | 66.57
MagMax | x9 | | | | | 63.17
TSV    | x3 | | | | | 62.97
TSV    | x9 | | | | | 63.45
KNOWN  | x3 | 72.12 ± 0.27 | 44.11 ± 1.52 | 62.73 ± 1.27 | 93.87 ± 1.10 | 68.21
KNOWN  | x9 | 72.07 ± 0.20 | 44.02 ± 0.78 | 64.28 ± 0.88 | 92.98 ± 0.29 | 68.33
""",
    ),
    "table4": PaperTable(
        "PVTv2 encoder, ImageNet to Flickr8K, 50 epochs; naive is about 37.2",
        "masked_accuracy",
        """
method | factor | Flickr8K
KNOWN  | x3     | 39.38 ± 0.15
KNOWN  | x9     | 39.25 ± 0.17
""",
    ),
    "table5": PaperTable(
        "DeepLabV3+ with MobileNet, Pascal VOC to Cityscapes, 150 epochs; the paper's "
        "table says mean IoU, its text mean class accuracy",
        "miou",
        """
method | factor | Cityscapes
KNOWN  | x3     | 69.00 ± 1.04
KNOWN  | x9     | 71.22 ± 0.82
""",
    ),
    "table6": PaperTable(
        "ResNet18, CIFAR-100 -> CIFAR-10",
        "accuracy",
        """
method            | factor | 100 %
TaskVector, S = 2 | x2     | 92.69
TaskVector, S = 2 | x4     | 92.70
TaskVector, S = 2 | x8     | 92.65
KNOWN, S = 3      | x2     | 93.01 ± 0.16
KNOWN, S = 3      | x4     | 93.04
KNOWN, S = 3      | x8     | 92.72
KNOWN, S = 4      | x2     | 92.97
KNOWN, S = 4      | x4     | 93.10 ± 0.13
KNOWN, S = 4      | x8     | 92.89 ± 0.16
KNOWN, S = 5      | x2     | 93.00 ± 0.11
KNOWN, S = 5      | x4     | 93.27 ± 0.09
KNOWN, S = 5      | x8     | 93.55 ± 0.05
""",
    ),
    "table7": PaperTable(
        "ResNet18, CIFAR-100, 200 epochs of 38 s at 100 %",
        "accuracy",
        """
method      | factor | training | prediction | accuracy (%)
naive 50 %  | x1     | 3,800.0  |            | 92.08
naive 100 % | x1     | 7,600.0  |            | 92.40
KNOWN 50 %  | x2     | 7,372.0  | 3.01       | 92.58
KNOWN 50 %  | x4     | 7,372.0  | 6.02       | 92.62
KNOWN 50 %  | x8     | 7,372.0  | 9.03       | 93.11
""",
    ),
}
"""By the id of the table. Table 7 holds seconds of pre-training and forgetting, seconds
of prediction and the accuracy, by the paper's row and the share of CIFAR-100."""
