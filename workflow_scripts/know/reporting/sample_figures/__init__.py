"""Figures of samples: test images beside what fine-tuned networks make of them.

Each type of task whose samples can be drawn has a module of its name here with a
function `draw(pictures, samples)`, which returns a figure, and the constant `SAMPLE`:
the name under which a trial stores what is drawn. Adding one needs no change here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWINGS: Registry[Callable[..., "Figure"]] = Registry(
    "know.reporting.sample_figures",
    kind="a type of task whose samples can be drawn",
    entry="draw",
)
