"""Export of a run's stages into its trajectory store."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

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
        stages=[stage_record(each, checkpoint=each["sha256"]) for each in facts],
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


def stage_record(facts: Mapping[str, Any], *, checkpoint: str) -> StageRecord:
    """Select what a store says of a stage from the facts of a `TrainedStage`.

    Args:
        facts: the stage's facts.
        checkpoint: checksum of the file of the stage's weights, or empty.
    """
    names = [each.name for each in fields(StageRecord) if each.name != "checkpoint"]
    return StageRecord(checkpoint=checkpoint, **{name: facts[name] for name in names})
