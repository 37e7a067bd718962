"""KNOWN for prediction: fewer, larger steps than in training, and no allocation a tile.

Layers that follow each other without a nonlinearity are multiplied out, layers with the
same input stand in one matrix, biases are a column of it that meets a row of ones, and
the exponential is a power of two, which PyTorch computes twice as fast.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from know.hypernetwork.layers import EXPONENT_LIMIT, NEGATIVE_SLOPE, Stream

# Shape suffixes: N weights, S stages (oldest knowledge first), B weights of a block,
# T weights of a tile, I inputs of a stream and the one of the bias, O outputs.

_POWER_LIMIT = EXPONENT_LIMIT / math.log(2)
_WIDTH, _CODE, _FEATURES = 64, 8, 32
_TILE = 1040
"""Weights at once: a tile's activations (265 numbers per weight) lie in a core's cache,
and no two rows of them a multiple of 4096 bytes apart, where they would displace each
other."""
_TILES_OF_A_BLOCK = 16
_TILE_ON_GPU = 2**17
"""Weights at once on an accelerator, where each small step has a cost of its own."""


@dataclass(frozen=True, kw_only=True)
class FusedStream:
    """The matrices of one of KNOWN's streams."""

    lift_OI: Tensor
    """Inputs to what is lifted (64) and the code (8)."""
    gate_OI: Tensor
    """Code to the exponents' factors, as powers of two (64), and the scales (64)."""
    mix_OI: Tensor
    """Scaled exponentials (64) and code to the features (32)."""
    limit: float
    """No exponent needs clamping while no input is larger than this."""


class FusedKnown:
    """KNOWN's weights laid out for prediction; a copy, so training goes on unseen."""

    @torch.no_grad()
    def __init__(self, streams: Sequence[Stream], head: nn.Linear) -> None:
        """Multiply out KNOWN's streams of weights and of steps, and its last layer."""
        weight = head.weight
        self.stages = streams[0].lift.in_features
        self.dtype, self.device = weight.dtype, weight.device
        self.streams = [_fused(stream) for stream in streams]
        self.head = weight.detach().clone()
        self.head_bias = head.bias.item()

    def residual(self, history_NS: Tensor) -> Tensor:
        """Residual of each weight, on as many threads as PyTorch may use.

        The outcome does not depend on the number of threads: each one computes whole
        tiles, which are the same for any number. Otherwise as `Known.residual`.
        """
        on_cpu = self.device.type == "cpu"
        residual_N = torch.empty(
            len(history_NS), dtype=self.dtype, device=history_NS.device
        )
        tile = _TILE if on_cpu else _TILE_ON_GPU
        block = tile * (_TILES_OF_A_BLOCK if on_cpu else 1)
        starts = range(0, len(history_NS), block)
        work = partial(self._compute, history_NS, residual_N, tile=tile, block=block)
        threads = torch.get_num_threads()
        workers = min(threads, len(starts)) if on_cpu else 1
        try:
            if workers > 1:
                shares = [starts[worker::workers] for worker in range(workers)]
                with ThreadPoolExecutor(
                    workers, initializer=torch.set_num_threads, initargs=(1,)
                ) as pool:
                    list(pool.map(work, shares))
            else:
                torch.set_num_threads(1)
                work(starts)
        finally:
            torch.set_num_threads(threads)
        return residual_N

    # A thread that was just made would record gradients.
    @torch.no_grad()
    def _compute(
        self,
        history_NS: Tensor,
        residual_N: Tensor,
        starts: Sequence[int],
        *,
        tile: int,
        block: int,
    ) -> None:
        """Fill in the blocks of `residual_N` that begin at `starts`."""
        block = min(block, len(residual_N))
        new = partial(torch.empty, dtype=self.dtype, device=self.device)
        inputs_IB, outputs_B = new(2 * self.stages + 1, block).fill_(1), new(block)
        room = _Room(min(tile, block), new)
        for start in starts:
            piece = residual_N[start : start + block]
            inputs = self._load(history_NS[start : start + block], inputs_IB)
            clamps = [
                not _largest(each[:-1]) <= stream.limit
                for each, stream in zip(inputs, self.streams, strict=True)
            ]
            output_B = outputs_B[: len(piece)]
            tiles = (torch.split(each, tile, dim=-1) for each in (*inputs, output_B))
            for *inputs_IT, output_T in zip(*tiles, strict=True):
                size = len(output_T)
                place = room if size == room.size else _Room(size, new)
                self._compute_tile(inputs_IT, output_T, place, clamps)
            piece.copy_(output_B).add_(self.head_bias).tanh_()

    def _compute_tile(
        self,
        inputs_IT: Sequence[Tensor],
        output_T: Tensor,
        room: "_Room",
        clamps: Sequence[bool],
    ) -> None:
        """The head's output for a tile, before its bias."""
        for stream, stream_IT, features_OT, clamp in zip(
            self.streams, inputs_IT, room.features, clamps, strict=True
        ):
            room.compute(stream, stream_IT, out=features_OT, clamp=clamp)
        nn.functional.leaky_relu_(room.all_features, NEGATIVE_SLOPE)
        torch.mm(self.head, room.all_features, out=output_T[None])

    def _load(self, history_BS: Tensor, inputs_IB: Tensor) -> tuple[Tensor, Tensor]:
        """Put a block's weights and steps above the rows of ones of `inputs_IB`."""
        # One row per stage: every layer then is a matrix times contiguous columns.
        history_SB = history_BS.T.to(dtype=self.dtype, device=self.device)
        inputs_IB = inputs_IB[:, : history_SB.shape[1]]
        weights_IB, steps_IB = inputs_IB.tensor_split([self.stages + 1])
        weights_IB[:-1].copy_(history_SB)
        torch.sub(history_SB[1:], history_SB[:-1], out=steps_IB[:-1])
        return weights_IB, steps_IB


class _Room:
    """Memory for the activations of one tile."""

    def __init__(self, size: int, new: Callable[..., Tensor]) -> None:
        self.size = size
        # The last row stays: the ones of the biases.
        self.scaled_code_one = new(_WIDTH + _CODE + 1, size)
        self.scaled_code_one[-1] = 1
        self.lifted_code = self.scaled_code_one[:-1]
        self.code_one = self.scaled_code_one[_WIDTH:]
        self.scaled = self.lifted = self.scaled_code_one[:_WIDTH]
        self.code = self.lifted_code[_WIDTH:]
        self.gate_and_scale = new(2 * _WIDTH, size)
        self.gate, self.scale = torch.split(self.gate_and_scale, _WIDTH)
        self.all_features = new(2 * _FEATURES, size)
        self.features = torch.split(self.all_features, _FEATURES)

    def compute(
        self, stream: FusedStream, inputs_IT: Tensor, *, out: Tensor, clamp: bool
    ) -> None:
        """A stream's features before their nonlinearity."""
        torch.mm(stream.lift_OI, inputs_IT, out=self.lifted_code)
        self.code.relu_()
        torch.mm(stream.gate_OI, self.code_one, out=self.gate_and_scale)
        self.gate.mul_(self.lifted)
        if clamp:
            self.gate.clamp_(-_POWER_LIMIT, _POWER_LIMIT)
        torch.mul(self.gate.exp2_(), self.scale, out=self.scaled)
        torch.mm(stream.mix_OI, self.scaled_code_one, out=out)


def _fused(stream: Stream) -> FusedStream:
    lift = _with_bias(stream.lift.weight, stream.lift.bias)
    squeeze = _with_bias(
        stream.squeeze.weight @ stream.lift.weight, stream.squeeze(stream.lift.bias)
    )
    exponent = _with_bias(stream.exponent.weight, stream.exponent.bias) / math.log(2)
    scale = _with_bias(stream.scale.weight, stream.scale.bias)
    shift = _with_bias(
        stream.mix.weight @ stream.shift.weight, stream.mix(stream.shift.bias)
    )
    return FusedStream(
        lift_OI=torch.cat([lift, squeeze]),
        gate_OI=torch.cat([exponent, scale]),
        mix_OI=torch.cat([stream.mix.weight, shift], dim=1),
        limit=_input_limit(lift, squeeze, exponent),
    )


def _with_bias(weight: Tensor, bias: Tensor) -> Tensor:
    return torch.cat([weight, bias[:, None]], dim=1)


def _input_limit(lift: Tensor, squeeze: Tensor, exponent: Tensor) -> float:
    """The size of inputs up to which no exponent can come near its limit.

    An exponent is a factor, linear in the code, times a lifted value; with all signs
    at their worst it is a x^2 + b x + c for inputs of size x.
    """

    def worst(matrix: Tensor) -> tuple[Tensor, Tensor]:
        return matrix[:, :-1].abs().sum(1), matrix[:, -1].abs()

    slope, start = worst(lift.double())
    code_slope, code_start = worst(squeeze.double())
    factors, factor_start = exponent.double().abs()[:, :-1], exponent[:, -1].abs()
    factor_slope = factors @ code_slope
    factor_start = factors @ code_start + factor_start
    a, b = factor_slope * slope, factor_slope * start + factor_start * slope
    # A little less than the limit: the products that are computed are rounded.
    room = 0.9 * _POWER_LIMIT - factor_start * start
    limits = 2 * room / (b + (b.square() + 4 * a * room).clamp_min(0).sqrt())
    limit = float(limits.nan_to_num(nan=math.inf, posinf=math.inf).min())
    return limit if bool((room > 0).all()) else -math.inf


def _largest(values: Tensor) -> float:
    """The largest absolute value; NaN where there is one."""
    least, most = torch.aminmax(values)
    return max(-least.item(), most.item())
