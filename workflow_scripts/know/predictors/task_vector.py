"""TaskVector: Theta_0 and, on its other side, what forgetting did to it."""

from torch import Tensor

from know.errors import KnowError
from know.predictors.contract import checked

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

PREDICTS_WINDOWS = True
MIRRORS_STAGES = {"reading": "mirror"}
OPTIONS = {"reading": {"enum": ["mirror", "scaled"]}}


@checked("task-vector")
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, reading: str = "mirror"
) -> Tensor:
    """Negate what was forgotten.

    Source: baseline TaskVector of Jang et al. (arXiv 2508.05059) after Ilharco et al.
    (arXiv 2212.04089); which vector stands for more than one stage is not said, and
    both readings agree for one. Decision 8.

    `reading` is `mirror`, Theta_0 + (Theta_0 - Theta_n) for a horizon n below the
    stages, or `scaled`, Theta_0 + n (Theta_0 - Theta_1).
    """
    if reading == "mirror":
        return history[-1] + task_vectors(history, horizon)[-1]
    if reading == "scaled":
        return history[-1] + horizon * (history[-1] - history[-2])
    raise KnowError(f"needs a reading, mirror or scaled, got {reading!r}")


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
