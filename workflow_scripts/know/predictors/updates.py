"""Task vectors along a trajectory: what each stage lost against Theta_0."""

from torch import Tensor

from know.errors import KnowError
from know.predictors.contract import check_option

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

READINGS = ("mirror", "scaled", "sum", "size", "power")


def check_reach(history_S: Tensor, *, method: str, horizon: int) -> None:
    """Refuse a horizon that would need a stage beyond the oldest one."""
    reach = len(history_S) - 1
    if horizon > reach:
        raise KnowError(
            f"{method} mirrors one stage for each it predicts: {len(history_S)} "
            f"stages allow a horizon of at most {reach}, got {horizon}"
        )


def cumulative_updates(history_S: Tensor, count: int) -> list[Tensor]:
    """tau_k = Theta_0 - Theta_k for k = 1 .. count."""
    return [history_S[-1] - history_S[-1 - k] for k in range(1, count + 1)]


def step_updates(history_S: Tensor, count: int) -> list[Tensor]:
    """u_k = Theta_(k-1) - Theta_k for k = 1 .. count."""
    return [history_S[-k] - history_S[-1 - k] for k in range(1, count + 1)]


def task_vector_update(
    history_S: Tensor,
    *,
    method: str,
    horizon: int,
    rate: float,
    reading: str,
    exponent: float = 0.5,
) -> Tensor:
    """What TaskVector adds to Theta_0, before its step size.

    Source: the paper's formulas for more than one stage are lost; five readings that
    agree with its text at horizon 1 (`size` and `power` up to their step size).

    Args:
        history_S: weights, shape (stages, ...).
        method: name of the method, for messages.
        horizon: n, stages to extrapolate.
        rate: r, share of the samples that each stage keeps.
        reading: `mirror` (tau_n), `scaled` (n tau_1), `sum` (tau_1 + .. + tau_n),
            `size` (tau_1 times r^-1 + .. + r^-n, linear in the count of samples) or
            `power` (tau_1 times r^p + .. + r^(np), a power law in that count).
        exponent: p of the power law.

    Returns:
        The update, of the weights' shape.

    Raises:
        KnowError: if the reading is unknown, or needs more stages than there are.
    """
    check_option(reading, READINGS, method=method, option="reading")
    if reading in ("mirror", "sum"):
        check_reach(history_S, method=method, horizon=horizon)
    if reading == "mirror":
        return history_S[-1] - history_S[-1 - horizon]
    if reading == "sum":
        return sum_of(cumulative_updates(history_S, horizon))
    ratio = {"scaled": 1.0, "size": 1 / rate, "power": rate**exponent}[reading]
    factor: float = sum(ratio**j for j in range(1, horizon + 1))
    return factor * (history_S[-1] - history_S[-2])


def sum_of(updates: list[Tensor]) -> Tensor:
    """Sum of at least one update."""
    total = updates[0].clone()
    for update in updates[1:]:
        total += update
    return total
