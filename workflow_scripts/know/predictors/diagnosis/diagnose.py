"""The whole diagnosis of one trajectory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from know.errors import KnowError
from know.predictors.diagnosis.methods import (
    BackTest,
    MethodStep,
    measure_methods,
    usable_methods,
)
from know.predictors.diagnosis.path import PathShape, path_shapes
from know.predictors.diagnosis.tables import as_text
from know.predictors.diagnosis.verdict import Verdict, verdict_on
from know.store.forgetting import StageForgetting, forgetting_of
from know.store.record import as_store
from know.store.shards import open_shard
from know.weights.kinds import PREDICTED_KINDS


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All that `know diagnose` shows."""

    path: str
    run: str
    sha256: str
    """Checksum of the file."""
    rate: float
    """Share of the samples that a stage keeps, on (geometric) average."""
    stages: tuple[StageForgetting, ...]
    kinds: tuple[PathShape, ...]
    """One for each predicted kind that occurs, then one for all together."""
    steps: list[MethodStep]
    back_tests: list[BackTest]
    left_out: tuple[str, ...]
    """Methods that did not run because they lack hypernetworks."""
    verdict: Verdict

    def __str__(self) -> str:
        """Show all tables as text, the verdict last."""
        return as_text(self)


def diagnose(
    paths: Sequence[Path],
    *,
    trial: int | None = None,
    hypernetworks: Path | None = None,
    rate: float = 0.5,
) -> Diagnosis:
    """Tell whether a trajectory forgets, is smooth, and what methods make of it.

    Args:
        paths: a trajectory store, or a shard of many; or the stages of a network, as
            `open_network` reads them, Theta_0 first.
        trial: number of the trajectory in a shard, from 0.
        hypernetworks: folder with `{method}_{kind}.safetensors`.
        rate: share of its data that each stage keeps, where the store does not say.

    Raises:
        KnowError: if the store or a hypernetwork is damaged, the trial is not told or
            not there, or there is nothing that methods could predict.
    """
    if not 0 < rate < 1:
        raise KnowError(f"wanted a rate between 0 and 1, got {rate}")
    with as_store(paths) as store, open_shard(store) as found:
        path = paths[0]
        if trial is None and len(found) == 1:
            trial = 0
        if trial is None or not 0 <= trial < len(found):
            raise KnowError(
                f"{path} holds trajectories 0 to {len(found) - 1}: choose one with "
                f"--trial, got {'none' if trial is None else trial}"
            )
        trajectory = found[trial]
        records = trajectory.attributes.stages
        kinds = [kind for kind in PREDICTED_KINDS if trajectory.lengths.get(kind)]
        if len(records) < 2 or not kinds:
            raise KnowError(
                "a diagnosis needs stages >= 2 and weights of a kind that methods "
                f"predict ({', '.join(PREDICTED_KINDS)}); {path} has {len(records)} "
                f"stages of kinds {', '.join(trajectory.lengths)}"
            )
        rate = trajectory.attributes.rate or rate
        methods, left_out = usable_methods(hypernetworks, kinds=kinds)
        stages = forgetting_of(trajectory.attributes)
        shapes = path_shapes(trajectory)
        steps, tests = measure_methods(trajectory, methods, rate=rate)
        return Diagnosis(
            path=", ".join(map(str, paths)),
            run=trajectory.attributes.run,
            sha256=trajectory.checksum,
            rate=rate,
            stages=stages,
            kinds=shapes,
            steps=steps,
            back_tests=tests,
            left_out=left_out,
            verdict=verdict_on(stages, shapes[-1], tests),
        )
