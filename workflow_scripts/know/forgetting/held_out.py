"""The pre-training task's test split in two: one half chooses, the other measures."""

from know.errors import KnowError
from know.forgetting.ladder import Ladder
from know.training.evaluation import accuracy
from know.training.images import Images
from know.weights.checkpoint import State


def zero_shot_accuracy(ladder: Ladder, state: State) -> float:
    """Accuracy of weights on the pre-training task, before any fine-tuning.

    Head and norm layers are those that come with the weights; inputs are centred by the
    mean of D_0, with masks it is the accuracy of pixels.

    Returns:
        Percent of the half of the test split that measures (`held_out_halves`).
    """
    _, measures = held_out_halves(ladder.test)
    precision = ladder.settings.training.precision
    return accuracy(ladder.network(state), measures, precision=precision)


def held_out_halves(test: Images) -> tuple[Images, Images]:
    """Split images that no training has seen, so that no choice scores itself.

    Args:
        test: the test split of the pre-training data.

    Returns:
        The images at even places, by which coefficients are chosen or fitted, and those
        at odd places, on which weights are measured.

    Raises:
        KnowError: if there are fewer than two images.
    """
    if len(test) < 2:
        raise KnowError(
            "wanted two test images of the pre-training data or more, one to choose "
            f"by and one to measure on; found {len(test)}"
        )
    return test.part(slice(0, None, 2)), test.part(slice(1, None, 2))
