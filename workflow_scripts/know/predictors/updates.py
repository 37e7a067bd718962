"""Task vectors along a trajectory: the difference of Theta_0 to each later stage."""

from torch import Tensor

from know.errors import KnowError

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.


def task_vectors(history_S: Tensor, count: int) -> list[Tensor]:
    """tau_k = Theta_0 - Theta_k for k = 1 .. count.

    Raises:
        KnowError: if there are fewer stages than that.
    """
    reach = len(history_S) - 1
    if count > reach:
        raise KnowError(
            f"mirrors one stage for each it predicts: {len(history_S)} stages allow a "
            f"horizon of at most {reach}, got {count}"
        )
    return [history_S[-1] - history_S[-1 - k] for k in range(1, count + 1)]
