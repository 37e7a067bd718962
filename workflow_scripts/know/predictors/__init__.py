"""Methods that predict weights, by name. Each is a module with a function `predict`.

A module states what the rest must know about it in literal constants, which
`PREDICTORS.facts(name)` reads without importing it. All may be left out:

- `OPTIONS`: the options that a config may set, as properties of a JSON schema. One may
  be `at_most` the `stages` of a trajectory, or the `outputs` of the hypernetwork;
- `MIRRORS_STAGES`: it has no horizon that is not below the number of stages, where
  these options are as stated;
- `NEEDS_HYPERNETWORK = True`: it predicts by the hypernetwork of its own name;
- `IGNORES_HORIZON = True`: it gives the same weights for every horizon, so that a table
  has one row of it;
- `NEEDS_SEED = True`: it draws from the `generator` that it takes as an argument;
- `PREDICTS_WINDOWS = True`: of a window of a large tensor it gives what it gives there
  of the whole, having measured that (`checked`) if it must. Others get whole tensors.
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
