"""Pixels of pictures that stay in their files, decoded ahead of the training.

Threads do that, not the worker processes of PyTorch's `DataLoader`: Pillow decodes
outside of Python's lock, so they are as fast, and they begin at once, share the list
of pictures and need no fork of a process that has CUDA and OpenMP running.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice

import torch
from torch import Tensor

from know.data.arrays import ByteArray
from know.data.picture_list import PictureList

# Shape suffixes: B batch, C channels, H height, W width.

AHEAD = 4
"""Batches that are decoded, or being decoded, before they are asked for."""


def decoded_ahead(
    pictures: PictureList, batches: Sequence[Tensor], *, device: torch.device
) -> Iterator[Tensor]:
    """Decode batches of pictures on as many threads as PyTorch computes with.

    The pixels do not depend on the number of threads.

    Yields:
        Pixels of the pictures with one batch's indices, uint8, shape (B, C, H, W).

    Raises:
        KnowError: naming a picture that cannot be read.
    """
    if not batches:
        return
    # In one go, because each copy from a GPU would wait for it.
    numbers_N = torch.cat(list(batches)).cpu()
    sizes = [len(indices_B) for indices_B in batches]
    coming = (
        _started(pictures, numbers_B.tolist(), is_pinned=device.type == "cuda")
        for numbers_B in torch.split(numbers_N, sizes)
    )
    started = deque(islice(coming, AHEAD))
    try:
        while started:
            pixels_BHWC, at_work = started.popleft()
            started.extend(islice(coming, 1))
            for future in at_work:
                future.result()
            yield (
                pixels_BHWC.to(device, non_blocking=True)
                .permute(0, 3, 1, 2)
                .contiguous()
            )
    finally:
        for _, at_work in started:
            for future in at_work:
                future.cancel()


def _started(
    pictures: PictureList, numbers_B: list[int], *, is_pinned: bool
) -> tuple[Tensor, list[Future[None]]]:
    """Memory for a batch, and the work that fills it."""
    _, *size = pictures.shape
    pixels_BHWC = torch.empty(
        (len(numbers_B), *size), dtype=torch.uint8, pin_memory=is_pinned
    )

    def decode(number: int, into_HWC: ByteArray) -> None:
        into_HWC[...] = pictures.picture(number)

    pool = _pool(torch.get_num_threads())
    at_work = [
        pool.submit(decode, number, into_HWC)
        for number, into_HWC in zip(numbers_B, pixels_BHWC.numpy(), strict=True)
    ]
    return pixels_BHWC, at_work


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that decode for all streams of this process."""
    return ThreadPoolExecutor(threads, thread_name_prefix="decode")
