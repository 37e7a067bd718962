"""Threads that each work on one window of a tensor at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")


class WindowPool(ThreadPoolExecutor):
    """Threads for windows; PyTorch computes with one thread in each of them.

    Threads that share every operation would wait for each other after each.
    """

    def __init__(self, workers: int) -> None:
        """Prepare at most `workers` threads."""
        super().__init__(workers, initializer=torch.set_num_threads, initargs=(1,))
        self.workers = workers

    def work_on(
        self, work: Callable[[Tensor], Result], windows: Sequence[Callable[[], Tensor]]
    ) -> Iterator[Result]:
        """Read windows and work on them; no more than there are threads are in memory.

        Args:
            work: called on each window, in this thread on an only one.
            windows: functions that read a window each.

        Yields:
            The results, in the order of the windows.
        """
        if len(windows) == 1:
            yield work(windows[0]())
            return
        pending: deque[Future[Result]] = deque()
        for read in windows:
            pending.append(self.submit(_read_and, work, read))
            if len(pending) > self.workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _read_and(work: Callable[[Tensor], Result], read: Callable[[], Tensor]) -> Result:
    return work(read())
