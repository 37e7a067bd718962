"""The device a job computes on, and its thread budget."""

import logging

import torch

from know.errors import KnowError

log = logging.getLogger("know")


def prepare_device(threads: int, *, gpus: int = 0) -> torch.device:
    """Set the process up for a reproducible computation, and log its device.

    Args:
        threads: CPU threads that the job may use.
        gpus: GPUs that the config gives the job.

    Returns:
        The CUDA device if there is one, else the CPU.

    Raises:
        KnowError: if the job is given a GPU and there is none.
    """
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    has_gpu = torch.cuda.is_available()
    if gpus and not has_gpu:
        raise KnowError(
            "wanted a GPU, as devices.gpus_per_job asks for; PyTorch "
            f"{torch.__version__} finds none. Install its CUDA build and a driver, or "
            "set devices: {gpus_per_job: 0}"
        )
    name = torch.cuda.get_device_name() if has_gpu else f"CPU, {threads} threads"
    log.info("device: %s", name)
    return torch.device("cuda" if has_gpu else "cpu")
