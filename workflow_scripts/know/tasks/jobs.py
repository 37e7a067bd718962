"""Settings of a job's trials, from its files and params."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from know.data.arrays import read_dataset
from know.forgetting.ladder import Ladder
from know.tasks import TASKS
from know.tasks.finetuning import Finetuning
from know.tasks.trials import Candidate, TrialSetting


def candidates_of(
    facts: Sequence[Mapping[str, Any]], paths: Sequence[str]
) -> list[Candidate]:
    """Pair the facts that the plan states about each candidate with its file."""
    return [
        Candidate(**fact, path=Path(path))
        for fact, path in zip(facts, paths, strict=True)
    ]


def trial_setting(files: Any, params: Any, *, device: torch.device) -> TrialSetting:
    """Collect what the trials of one job share.

    Args:
        files: the job's named inputs: `dataset`, `base`, and `calibration`, which
            is empty unless norm layers are measured on D_0.
        params: the job's params: `type` of the task, `settings`, `calibration` (how
            D_0 is drawn), `code`.
        device: where trials run.

    Returns:
        Data on the device and settings.
    """
    dataset = read_dataset(Path(files.dataset))
    digests = [dataset.digests]
    calibration = None
    for path in files.calibration:
        ladder = Ladder.read(Path(path), params.calibration, device=device)
        calibration = ladder.images
        digests.append(ladder.dataset.digests)
    return TrialSetting(
        task=TASKS[params.type](dataset, device=device),
        settings=Finetuning.from_config(params.settings),
        base=Path(files.base),
        calibration=calibration,
        purpose=[params.settings, params.calibration, params.code, digests],
        digests=dataset.digests,
    )
