"""Pixels of pictures that stay in their files, decoded ahead of the training."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice

import torch
from torch import Tensor

from know.data.arrays import ByteArray
from know.data.picture_list import PictureList
from know.errors import KnowError

# Shape suffixes: N pictures, B batch, C channels, H height, W width.

AHEAD = 4
"""Batches that lie decoded, or are being decoded, before they are asked for."""


@dataclass
class _Batch:
    """Pictures that are being decoded."""

    indices_B: Tensor
    """What they will be asked for by."""
    pixels_BHWC: Tensor
    at_work: list[Future[None]]


class PixelStream:
    """Stands where `Images` has the pixels of a split that a device can hold.

    As many threads as PyTorch computes with decode the batches that it was told to
    expect. Which pictures a batch holds, and their bytes, do not depend on the threads.
    """

    def __init__(self, pictures: PictureList, *, device: torch.device) -> None:
        """Take a list of pictures; nothing is read yet.

        Args:
            pictures: of the split.
            device: where batches are wanted.
        """
        self.pictures = pictures
        self.device = device
        self._coming: Iterator[tuple[Tensor, Tensor]] = iter(())
        self._started: deque[_Batch] = deque()

    @property
    def shape(self) -> torch.Size:
        """That of the pixels: (pictures, channels, height, width)."""
        number, height, width, channels = self.pictures.shape
        return torch.Size((number, channels, height, width))

    def __getitem__(self, chosen: Tensor | slice) -> "PixelStream":
        """A stream of some of the pictures."""
        places = chosen.cpu().numpy() if isinstance(chosen, Tensor) else chosen
        return PixelStream(self.pictures[places], device=self.device)

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Begin to decode what `read` will be asked for, and forget what it was before.

        Args:
            batches: the very tensors that `read` will be given, in their order: to look
                into one then would wait for the device.
        """
        for batch in self._started:
            for future in batch.at_work:
                future.cancel()
        self._started.clear()
        numbers_N = torch.cat(list(batches)).cpu() if batches else torch.empty(0)
        sizes = [len(indices_B) for indices_B in batches]
        self._coming = zip(batches, torch.split(numbers_N, sizes), strict=True)
        self._start_more()

    def read(self, indices_B: Tensor) -> Tensor:
        """Pixels of a batch on the device, uint8, shape (B, C, H, W).

        Raises:
            KnowError: naming a picture that cannot be read.
        """
        if self._started and self._started[0].indices_B is indices_B:
            batch = self._started.popleft()
            self._start_more()
        else:
            batch = self._start(indices_B, indices_B)
        try:
            for future in batch.at_work:
                future.result()
        except KnowError:
            self.expect([])
            raise
        pixels_BHWC = batch.pixels_BHWC.to(self.device, non_blocking=True)
        return pixels_BHWC.permute(0, 3, 1, 2).contiguous()

    def _start_more(self) -> None:
        for indices_B, numbers_B in islice(self._coming, AHEAD - len(self._started)):
            self._started.append(self._start(indices_B, numbers_B))

    def _start(self, indices_B: Tensor, numbers_B: Tensor) -> _Batch:
        _, *size = self.pictures.shape
        pixels_BHWC = torch.empty(
            (len(numbers_B), *size),
            dtype=torch.uint8,
            pin_memory=self.device.type == "cuda",
        )
        pool = _pool(torch.get_num_threads())
        at_work = [
            pool.submit(self._decode, number, into_HWC)
            for number, into_HWC in zip(
                numbers_B.tolist(), pixels_BHWC.numpy(), strict=True
            )
        ]
        return _Batch(indices_B, pixels_BHWC, at_work)

    def _decode(self, number: int, into_HWC: ByteArray) -> None:
        into_HWC[...] = self.pictures.picture(number)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that decode for all streams of this process."""
    return ThreadPoolExecutor(threads, thread_name_prefix="decode")
