"""Export of a run's stages into its trajectory store."""

from collections.abc import Sequence
from pathlib import Path

from know.checksum import verified_metadata
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory
from know.weights.checkpoint import load_checkpoint


def export_trajectory(
    path: Path, checkpoints: Sequence[Path], *, run: str, code: str
) -> None:
    """Write the weights of every stage into one store, one stage at a time.

    Args:
        path: store to write.
        checkpoints: one per stage, all data first.
        run: id of the trajectory.
        code: version of the code.
    """
    facts = [verified_metadata(checkpoint) for checkpoint in checkpoints]
    start = facts[0]
    attributes = TrajectoryAttributes(
        run=run,
        stages=[
            StageRecord(
                samples=stage["samples"],
                epochs=stage["epochs"],
                learning_rate=stage["learning_rate"],
                accuracy=stage["accuracy"],
                test_accuracy=stage["test_accuracy"],
                checkpoint=stage["sha256"],
            )
            for stage in facts
        ],
        seed=start["seed"],
        code_version=code,
        versions=start["versions"],
        settings={
            key: start[key]
            for key in ("architecture", "dataset", "digests", "network", "options")
        },
    )
    states = (load_checkpoint(checkpoint)[0] for checkpoint in checkpoints)
    write_trajectory(path, states, dict(start["kinds"]), attributes)
