"""Methods that predict weights, by name. Each is a module with a function `predict`.

A module states what the rest must know about it in literal constants, which
`PREDICTORS.facts(name)` reads without importing it. Both may be left out:

- `OPTIONS`: the options that a config may set, as properties of a JSON schema;
- `NEEDS_HYPERNETWORK = True`: it predicts by the hypernetwork of its own name.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

PREDICTORS: Registry[Callable[..., "Tensor"]] = Registry(
    "know.predictors", kind="a predictor", entry="predict"
)
"""Every method: `predict(history, *, horizon=1, rate=0.5, kind="conv", ...)`."""
