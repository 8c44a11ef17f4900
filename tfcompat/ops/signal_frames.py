"""Signals cut into frames and put together again, and the transforms of frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat, split
from tfcompat.ops.filling import zeros
from tfcompat.ops.gather import gather
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.sequences import range as sequence
from tfcompat.ops.signal import irfft, rfft
from tfcompat.ops.signal_cosine import dct
from tfcompat.ops.signal_windows import hann_window, vorbis_window
from tfcompat.ops.tiling import pad, tile

Window = Callable[..., Any] | None


def _known(tensor: Tensor) -> int | None:
    value = GRAPH_VALUES.constant(tensor)
    return None if value is None else int(value)


def _scalar(value: Any, name: str) -> Tensor:
    """`value` as an int32 scalar."""
    tensor = convert_to_tensor(value, dtypes.int32, name=name)
    if tensor.shape.rank not in (0, None):
        raise ValueError(f"Shape {tensor.shape} must have rank 0")
    return tensor


@tf_export("signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Tensor:
    """Frames of a signal, which overlap when `frame_step` is less than `frame_length`.

    Args:
        signal: tensor of rank 1 at least.
        frame_length: int32 scalar, samples of a frame.
        frame_step: int32 scalar, samples from one frame to the next.
        pad_end: whether frames that reach beyond the end count, filled with `pad_value`.
        pad_value: scalar.
        axis: the axis to cut.
        name: name scope.

    Returns:
        Same type as `signal`, with two dimensions, frames and samples, in the place of `axis`.

    Raises:
        ValueError: ranks are wrong.
    """
    with name_scope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
        axis_tensor = _scalar(axis, "axis")
        place = _known(axis_tensor)
        if signal.shape.rank == 0:
            raise ValueError(f"Shape {signal.shape} must have rank at least 1")
        if place is None:
            raise ValueError("axis must be a constant")
        if signal.shape.rank is None:
            return _framed_any_rank(signal, length, step, pad_end, pad_value, place)
        place = place if place >= 0 else place + signal.shape.rank
        return _framed(signal, length, step, pad_end, pad_value, place)


def _framed_any_rank(signal: Tensor, length: Tensor, step: Tensor, pad_end: bool, value: Any, axis: int) -> Tensor:
    """The same for a signal of unknown rank, by way of three dimensions."""
    sizes = shape(signal)
    place = axis if axis >= 0 else axis + rank(signal)
    outer, inner = sizes[:place], sizes[place + 1 :]
    folded = reshape(
        signal, stack([raw_ops.Prod(input=outer, axis=0), sizes[place], raw_ops.Prod(input=inner, axis=0)])
    )
    framed = _framed(folded, length, step, pad_end, value, 1)
    return reshape(framed, concat([outer, shape(framed)[1:3], inner], 0))


def _framed(signal: Tensor, length: Tensor, step: Tensor, pad_end: bool, value: Any, axis: int) -> Tensor:
    size = signal.shape.as_list()[axis]
    count: Any = shape(signal)[axis] if size is None else size
    frame_length, frame_step = (v if k is None else k for v, k in ((length, _known(length)), (step, _known(step))))
    if pad_end:
        frames = -(-count // frame_step)
        missing = raw_ops.Maximum(x=0, y=frame_length + frame_step * (frames - 1) - count)
        amounts = [[0, 0]] * signal.shape.rank  # type: ignore[operator]
        amounts[axis] = [0, missing]
        value = convert_to_tensor(value, dtype=signal.dtype)
        if value.shape.rank not in (0, None):
            raise ValueError(f"Shape {value.shape} must have rank 0")
        signal = pad(signal, amounts, constant_values=value)
    else:
        frames = raw_ops.Maximum(x=0, y=1 + (count - frame_length) // frame_step)
    starts = sequence(frames) * frame_step
    places = expand_dims(starts, 1) + expand_dims(sequence(frame_length), 0)
    return gather(signal, places, axis=axis)


@tf_export("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """The signal of frames: what overlaps is added.

    Args:
        signal: [..., frames, samples], rank 2 at least.
        frame_step: integer scalar, samples from one frame to the next.
        name: name scope.

    Returns:
        [..., frame_step * (frames - 1) + samples].

    Raises:
        ValueError: `frame_step` is no integer, or a rank is wrong.
    """
    with name_scope(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        if signal.shape.rank is not None and signal.shape.rank < 2:
            raise ValueError(f"Shape {signal.shape} must have rank at least 2")
        step = convert_to_tensor(frame_step, name="frame_step")
        if not step.dtype.is_integer:
            raise ValueError(f"frame_step must be an integer. Got {step.dtype}")
        step = (
            cast(_scalar(step, "frame_step"), dtypes.int32) if step.dtype == dtypes.int32 else cast(step, dtypes.int32)
        )
        known = _known(step)
        by = step if known is None else known
        sizes = shape(signal)
        outer = sizes[:-2]
        dims = signal.shape.as_list() if signal.shape.rank is not None else [None, None]
        frames: Any = sizes[-2] if dims[-2] is None else dims[-2]
        length: Any = sizes[-1] if dims[-1] is None else dims[-1]
        total = length + by * (frames - 1)
        parts = -(-length // by)
        padding: Any = concat([zeros([rank(signal) - 2, 2], dtypes.int32), [[0, parts], [0, parts * by - length]]], 0)
        if signal.shape.rank is not None:
            padding = [[0, 0]] * (signal.shape.rank - 2) + [[0, parts], [0, parts * by - length]]
        rows = reshape(pad(signal, padding), concat([[-1], stack([frames + parts, parts, by])], 0))
        columns = reshape(transpose(rows, [0, 2, 1, 3]), stack([-1, (frames + parts) * parts, by]))
        shifted = reshape(columns[:, : (frames + parts - 1) * parts], stack([-1, parts, frames + parts - 1, by]))
        added = reshape(reduce_sum(shifted, 1), stack([-1, (frames + parts - 1) * by]))[:, :total]
        result = reshape(added, concat([outer, [total]], 0))
        if signal.shape.rank is not None:
            static = None if isinstance(total, Tensor) else total
            result.set_shape([*dims[:-2], static])
        return result


def _enclosing_power_of_two(value: Tensor) -> Any:
    known = _known(value)
    if known is not None:
        return 1 << max(0, known - 1).bit_length()
    wide = cast(value, dtypes.float64)
    return cast(raw_ops.Pow(x=convert_to_tensor(2.0, dtypes.float64), y=raw_ops.Ceil(
        x=raw_ops.Log(x=wide) / raw_ops.Log(x=convert_to_tensor(2.0, dtypes.float64)))), dtypes.int32)  # fmt: skip


@tf_export("signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """The transforms of frames of real signals.

    Args:
        signals: float32 or float64 [..., samples].
        frame_length: int32 scalar, samples of a frame.
        frame_step: int32 scalar, samples from one frame to the next.
        fft_length: int32 scalar; by default the next power of two from `frame_length`.
        window_fn: function of a length and `dtype` that gives the weights of a frame's samples, or None.
        pad_end: whether frames that reach beyond the end count, filled with zeros.
        name: name scope.

    Returns:
        complex64 or complex128 [..., frames, fft_length // 2 + 1].
    """
    with name_scope(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        if signals.shape.rank == 0:
            raise ValueError(f"Shape {signals.shape} must have rank at least 1")
        length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
        size = _enclosing_power_of_two(length) if fft_length is None else _scalar(fft_length, "fft_length")
        framed = frame(signals, length, step, pad_end=pad_end)
        if window_fn is not None:
            framed = framed * window_fn(length, dtype=framed.dtype)
        return rfft(framed, [size])  # type: ignore[no-any-return]


@tf_export("signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window = hann_window,
    name: str | None = None,
) -> Tensor:
    """The signal of transforms of frames, which are weighted again and added.

    Args:
        stfts: complex64 or complex128 [..., frames, bins].
        frame_length, frame_step, fft_length: as for `stft`.
        window_fn: weights of a frame's samples; see `inverse_stft_window_fn` for those that give the signal back.
        name: name scope.

    Returns:
        float32 or float64 [..., samples].
    """
    with name_scope(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        if stfts.shape.rank is not None and stfts.shape.rank < 2:
            raise ValueError(f"Shape {stfts.shape} must have rank at least 2")
        length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
        size = _enclosing_power_of_two(length) if fft_length is None else _scalar(fft_length, "fft_length")
        frames = irfft(stfts, [size])
        have = size if isinstance(size, int) else _known(size)
        want = _known(length)
        if want is None or have is None:
            frames = frames[..., :length]
            missing = raw_ops.Maximum(x=0, y=length - shape(frames)[-1])
            frames = _with_zeros(frames, missing)
        elif have > want:
            frames = frames[..., :want]
        elif have < want:
            frames = _with_zeros(frames, want - have)
        if window_fn is not None:
            frames = frames * window_fn(length, dtype=frames.dtype)
        return overlap_and_add(frames, step)


def _with_zeros(x: Tensor, count: Any) -> Tensor:
    """`x` with zeros behind its last dimension."""
    if x.shape.rank is not None:
        return pad(x, [[0, 0]] * (x.shape.rank - 1) + [[0, count]])
    return pad(x, concat([zeros([rank(x) - 1, 2], dtypes.int32), [[0, count]]], 0))


@tf_export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None) -> Any:
    """A window function for `inverse_stft` that undoes that of `stft`.

    Args:
        frame_step: samples from one frame to the next.
        forward_window_fn: the window function of `stft`.
        name: name scope.

    Returns:
        A function of `frame_length` and `dtype`.
    """

    def window(frame_length: Any, dtype: Any) -> Tensor:
        """The forward window over the sum of its squares where frames overlap."""
        with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
            length, step = _scalar(frame_length, "frame_length"), _scalar(frame_step, "frame_step")
            forward = forward_window_fn(length, dtype=dtype)
            overlaps = -(-length // step)
            squares = pad(forward * forward, [[0, overlaps * step - length]])
            added = reduce_sum(reshape(squares, stack([overlaps, step])), 0, keepdims=True)
            repeated = reshape(tile(added, stack([overlaps, 1])), stack([overlaps * step]))
            return forward / repeated[:length]

    return window


# ---------------------------------------------------------------- modified cosine transform


@tf_export("signal.mdct")
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Window = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The modified discrete cosine transform of frames that overlap by half.

    Args:
        signals: float32 or float64 [..., samples].
        frame_length: int32 scalar, divisible by 4.
        window_fn: function of a length and `dtype` that gives the weights of a frame's samples, or None.
        pad_end: whether frames that reach beyond the end count, filled with zeros.
        norm: None or "ortho".
        name: name scope.

    Returns:
        Same type, [..., frames, frame_length // 2].

    Raises:
        ValueError: `frame_length` is not divisible by 4.
    """
    with name_scope(name, "mdct", [signals, frame_length]):
        signals = convert_to_tensor(signals, name="signals")
        length = _scalar(frame_length, "frame_length")
        known = _known(length)
        if known is not None and known % 4:
            raise ValueError("The frame length must be a multiple of 4.")
        framed = frame(signals, length, length // 2, pad_end=pad_end)
        framed = framed * (0.5**0.5 if window_fn is None else window_fn(length, dtype=framed.dtype))
        quarters = split(framed, 4, axis=-1)
        backwards = [raw_ops.ReverseV2(tensor=q, axis=[-1]) for q in (quarters[2], quarters[1])]
        return dct(concat((-backwards[0] - quarters[3], quarters[0] - backwards[1]), axis=-1), type=4, norm=norm)


@tf_export("signal.inverse_mdct")
def inverse_mdct(
    mdcts: Any, window_fn: Window = vorbis_window, norm: str | None = None, name: str | None = None
) -> Tensor:
    """The signal of its `mdct`, as far as two frames overlap.

    Args:
        mdcts: float32 or float64 [..., frames, half of a frame].
        window_fn: the window function of `mdct`.
        norm: None or "ortho".
        name: name scope.

    Returns:
        Same type, [..., samples].
    """
    with name_scope(name, "inverse_mdct", [mdcts]):
        mdcts = convert_to_tensor(mdcts, name="mdcts")
        half = mdcts.shape.as_list()[-1] if mdcts.shape.rank is not None else None
        size: Any = shape(mdcts)[-1] if half is None else half
        turned = dct(mdcts, type=4, norm=norm)
        if norm is None:
            turned = turned * (0.5 / cast(size, mdcts.dtype))
        elif norm != "ortho":
            raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
        first, second = split(turned, 2, axis=-1)
        backwards = [raw_ops.ReverseV2(tensor=v, axis=[-1]) for v in (second, first)]
        frames = concat((second, -backwards[0], -backwards[1], -first), axis=-1)
        frames = frames * (0.5**0.5 if window_fn is None else window_fn(2 * size, dtype=mdcts.dtype))
        return overlap_and_add(frames, size)
