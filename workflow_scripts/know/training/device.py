"""The device a job computes on, and its thread budget."""

import torch


def prepare_device(threads: int) -> torch.device:
    """Set the process up for a reproducible computation.

    Args:
        threads: CPU threads that the job may use.

    Returns:
        The CUDA device if there is one, else the CPU.
    """
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
