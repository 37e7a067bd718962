"""Number of this process, and the sum of all processes' gradients.

`know.training.launch` starts processes that train one network together; otherwise there
is only one.
"""

import torch
from torch import Tensor, distributed, nn


def num_processes() -> int:
    """Number of processes that train one network together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def process_number() -> int:
    """Number of this process; process 0 measures, logs and writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


@torch.no_grad()
def sum_over_processes(loss: Tensor, network: nn.Module) -> Tensor:
    """Add up a step's losses, and its gradients in place, over all processes.

    Args:
        loss: this process's share, a scalar.
        network: its gradients are this process's share; the same parameters have one in
            every process.

    Returns:
        The sum of the losses, the same in every process.
    """
    if num_processes() == 1:
        return loss
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    # One message: with one per tensor, each would wait for the slowest process.
    flat = torch.cat([loss.reshape(1), *(grad.reshape(-1) for grad in gradients)])
    distributed.all_reduce(flat)
    total, *sums = torch.split(flat, [1, *(grad.numel() for grad in gradients)])
    for gradient, its_sum in zip(gradients, sums, strict=True):
        gradient.copy_(its_sum.view_as(gradient))
    return total[0]
