"""Host kernels of convolutions: the cases ONNX has no form for, and the errors of those that do not fit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.matmul import widened


class _Windows:
    """Positions of a window over the spatial dimensions of a channels-last array.

    Attributes:
        outs: number of positions per dimension.
    """

    def __init__(self, k: KernelContext, sizes: Sequence[int], window: Sequence[int]):
        self._k = k
        rank = len(sizes) + 2
        self._format = k.attr("data_format")
        spatial = range(2, rank) if self._format.startswith(b"NC") else range(1, rank - 1)
        self._check(k, rank, spatial)
        dilations = k.op.attrs.get("dilations") or [1] * rank
        self.sizes = list(sizes)
        self.strides = [k.attr("strides")[a] for a in spatial]
        self.dilations = [dilations[a] for a in spatial]
        self.window = list(window)
        explicit = k.op.attrs.get("explicit_paddings") or [0] * (2 * rank)
        self.pads = []
        self.outs = []
        for i, a in enumerate(spatial):
            before, after, out = self._place(i, (explicit[2 * a], explicit[2 * a + 1]))
            self.pads.append((before, after))
            self.outs.append(out)

    @staticmethod
    def _check(k: KernelContext, rank: int, spatial: Sequence[int]) -> None:
        others = [a for a in range(rank) if a not in spatial]
        dilations = k.op.attrs.get("dilations") or [1] * rank
        if any(k.attr("strides")[a] != 1 or dilations[a] != 1 for a in others):
            raise UnimplementedError(
                None, k.op,
                "Current implementation does not yet support strides in the batch and depth dimensions.")  # fmt: skip

    def _place(self, i: int, explicit: tuple[int, int]) -> tuple[int, int, int]:
        size, stride = self.sizes[i], self.strides[i]
        extent = (self.window[i] - 1) * self.dilations[i] + 1
        padding = self._k.attr("padding")
        if padding == b"SAME":
            out = -(-size // stride)
            total = max((out - 1) * stride + extent - size, 0)
            return total // 2, total - total // 2, out
        before, after = explicit if padding == b"EXPLICIT" else (0, 0)
        out = (size + before + after - extent + stride) // stride
        if out < 0:
            raise InvalidArgumentError(
                None, self._k.op, f"Computed output size would be negative: {out} [input_size: {size}, "
                f"effective_filter_size: {extent}, stride: {stride}]")  # fmt: skip
        return before, after, out

    def elements(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """(window element, where it lies in the padded array for all positions)."""
        for at in itertools.product(*map(range, self.window)):
            begins = [t * d for t, d in zip(at, self.dilations, strict=True)]
            yield at, tuple(slice(b, b + (n - 1) * s + 1, s) if n else slice(0, 0)
                            for b, n, s in zip(begins, self.outs, self.strides, strict=True))  # fmt: skip

    def padded(self, x: np.ndarray) -> np.ndarray:
        """A channels-last array with its padding."""
        return np.pad(x, [(0, 0), *self.pads, (0, 0)])

    def check_gradient(self, grad: np.ndarray, name: str) -> None:
        """Raises unless `grad` (channels last) has one element per position."""
        for i, (actual, expected) in enumerate(zip(grad.shape[1:-1], self.outs, strict=True)):
            if actual != expected:
                raise InvalidArgumentError(
                    None, self._k.op,
                    f"{name}: Size of out_backprop doesn't match computed: actual = {actual}, computed = {expected} "
                    f"spatial_dim: {i + 1} input: {self.sizes[i]} filter: {self.window[i]} output: {actual} "
                    f"stride: {self.strides[i]} dilation: {self.dilations[i]}")  # fmt: skip


def _last(k: KernelContext, x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 1, -1) if k.attr("data_format").startswith(b"NC") else x


def _formatted(k: KernelContext, x: np.ndarray) -> np.ndarray:
    made = np.moveaxis(x, -1, 1) if k.attr("data_format").startswith(b"NC") else x
    return np.ascontiguousarray(made.astype(k.output_dtype(0).as_numpy_dtype))


def _groups(k: KernelContext, depth: int, depth_in: int) -> int:
    if not depth or not depth_in:
        raise InvalidArgumentError(
            None, k.op, f"grouped convolution must have at least one group: {depth // max(depth_in, 1)} groups"
        )
    if depth % depth_in:
        raise InvalidArgumentError(
            None, k.op, f"input depth must be evenly divisible by filter depth: {depth} vs {depth_in}")  # fmt: skip
    return depth // depth_in


def _split(x: np.ndarray, groups: int) -> np.ndarray:
    """[..., channels] as [..., groups, channels / groups]."""
    return x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)


def _filter_parts(w: np.ndarray, at: tuple[int, ...], groups: int) -> np.ndarray:
    """One element of a filter as [groups, depth_in, depth_out / groups]."""
    return np.moveaxis(_split(w[at], groups), 1, 0)


@kernel("Conv2D", "Conv3D")
def _conv(k: KernelContext, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    x, w = widened(_last(k, x)), widened(w)
    groups = _groups(k, x.shape[-1], w.shape[-2])
    windows = _Windows(k, x.shape[1:-1], w.shape[:-2])
    source = windows.padded(x)
    out = np.zeros((x.shape[0], *windows.outs, groups, w.shape[-1] // groups), x.dtype)
    for at, place in windows.elements():
        out += np.einsum("...gi,gio->...go", _split(source[:, *place], groups), _filter_parts(w, at, groups))
    return _formatted(k, out.reshape(*out.shape[:-2], w.shape[-1]))


@kernel("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _backprop_input(k: KernelContext, sizes: np.ndarray, w: np.ndarray, grad: np.ndarray) -> np.ndarray:
    grad, w = widened(_last(k, grad)), widened(w)
    dims = _last_sizes(k, sizes)
    groups = _groups(k, dims[-1], w.shape[-2])
    windows = _Windows(k, dims[1:-1], w.shape[:-2])
    windows.check_gradient(grad, "Conv2DCustomBackpropInput" if len(dims) == 4 else k.op.type)
    parts = _split(grad, groups)
    total = np.zeros(
        [dims[0], *(s + sum(p) for s, p in zip(dims[1:-1], windows.pads, strict=True)), dims[-1]], grad.dtype
    )
    for at, place in windows.elements():
        share = np.einsum("...go,gio->...gi", parts, _filter_parts(w, at, groups))
        total[:, *place] += share.reshape(*share.shape[:-2], dims[-1])
    return _formatted(k, total[:, *(slice(p[0], p[0] + s) for p, s in zip(windows.pads, dims[1:-1], strict=True))])


def _last_sizes(k: KernelContext, sizes: np.ndarray) -> list[int]:
    dims = [int(s) for s in sizes]
    return [dims[0], *dims[2:], dims[1]] if k.attr("data_format").startswith(b"NC") else dims


@kernel("Conv2DBackpropFilter", "Conv3DBackpropFilterV2")
def _backprop_filter(k: KernelContext, x: np.ndarray, sizes: np.ndarray, grad: np.ndarray) -> np.ndarray:
    x, grad = widened(_last(k, x)), widened(_last(k, grad))
    *window, depth_in, depth_out = (int(s) for s in sizes)
    groups = _groups(k, x.shape[-1], depth_in)
    windows = _Windows(k, x.shape[1:-1], window)
    windows.check_gradient(grad, "Conv2DCustomBackpropFilter" if x.ndim == 4 else k.op.type)
    source, parts = windows.padded(x), _split(grad, groups).reshape(-1, groups, depth_out // groups)
    result = np.zeros((*window, depth_in, groups, depth_out // groups), x.dtype)
    for at, place in windows.elements():
        left = _split(source[:, *place], groups).reshape(-1, groups, depth_in)
        result[at] = np.einsum("pgi,pgo->igo", left, parts)
    made = result.reshape(*window, depth_in, depth_out)
    return made.astype(k.output_dtype(0).as_numpy_dtype)


@kernel("DepthwiseConv2dNative")
def _depthwise(k: KernelContext, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    x, w = widened(_last(k, x)), widened(w)
    windows = _Windows(k, x.shape[1:-1], w.shape[:2])
    source = windows.padded(x)
    out = np.zeros((x.shape[0], *windows.outs, *w.shape[2:]), x.dtype)
    for at, place in windows.elements():
        out += source[:, *place][..., None] * w[at]
    return _formatted(k, out.reshape(*out.shape[:-2], -1))


@kernel("DepthwiseConv2dNativeBackpropInput")
def _depthwise_input(k: KernelContext, sizes: np.ndarray, w: np.ndarray, grad: np.ndarray) -> np.ndarray:
    grad, w = widened(_last(k, grad)), widened(w)
    dims = _last_sizes(k, sizes)
    windows = _Windows(k, dims[1:-1], w.shape[:2])
    windows.check_gradient(grad, "DepthwiseConv2DBackpropInput")
    parts = grad.reshape(*grad.shape[:-1], *w.shape[2:])
    total = np.zeros(
        [dims[0], *(s + sum(p) for s, p in zip(dims[1:-1], windows.pads, strict=True)), dims[-1]], grad.dtype
    )
    for at, place in windows.elements():
        total[:, *place] += (parts * w[at]).sum(-1)
    return _formatted(k, total[:, *(slice(p[0], p[0] + s) for p, s in zip(windows.pads, dims[1:-1], strict=True))])


@kernel("DepthwiseConv2dNativeBackpropFilter")
def _depthwise_filter(k: KernelContext, x: np.ndarray, sizes: np.ndarray, grad: np.ndarray) -> np.ndarray:
    x, grad = widened(_last(k, x)), widened(_last(k, grad))
    dims = [int(s) for s in sizes]
    windows = _Windows(k, x.shape[1:-1], dims[:2])
    windows.check_gradient(grad, "DepthwiseConv2DBackpropFilter")
    source, parts = windows.padded(x), grad.reshape(*grad.shape[:-1], *dims[2:])
    result = np.zeros(dims, x.dtype)
    for at, place in windows.elements():
        result[at] = (source[:, *place][..., None] * parts).sum((0, 1, 2))
    return result.astype(k.output_dtype(0).as_numpy_dtype)


@kernel("Dilation2D")
def _dilation(k: KernelContext, x: np.ndarray, filter: np.ndarray) -> np.ndarray:
    best, _ = _dilated(k, x, filter)
    return best


def _dilated(k: KernelContext, x: np.ndarray, filter: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, tuple]]]:
    """The largest sums, and for every element of the filter where it gave the first of them, and its place."""
    rates, strides = k.attr("rates"), k.attr("strides")
    places, pads, outs = [], [], []
    for size, window, stride, rate in zip(x.shape[1:3], filter.shape[:2], strides[1:3], rates[1:3], strict=True):
        extent = (window - 1) * rate + 1
        out = -(-size // stride) if k.attr("padding") == b"SAME" else (size - extent) // stride + 1
        total = max((out - 1) * stride + extent - size, 0) if k.attr("padding") == b"SAME" else 0
        pads.append((total // 2, total - total // 2))
        outs.append(out)
        places.append([slice(t * rate, t * rate + (out - 1) * stride + 1, stride) for t in range(window)])
    source = np.pad(x, [(0, 0), *pads, (0, 0)])
    inside = np.pad(np.ones(x.shape[1:3], bool), pads)
    low = -np.finfo(x.dtype).max if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    best = np.full((x.shape[0], *outs, x.shape[3]), low, x.dtype)
    chosen = np.full(best.shape, -1)
    order = list(itertools.product(*(range(len(p)) for p in places)))
    for number, (i, j) in enumerate(order):
        where = (places[0][i], places[1][j])
        with np.errstate(all="ignore"):
            value = source[:, *where] + filter[i, j]
        better = (value > best) & inside[where][None, :, :, None]
        best, chosen = np.where(better, value, best), np.where(better, number, chosen)
    return best, [(chosen == n, (places[0][i], places[1][j], pads)) for n, (i, j) in enumerate(order)]


@kernel("Dilation2DBackpropInput")
def _dilation_input(k: KernelContext, x: np.ndarray, filter: np.ndarray, grad: np.ndarray) -> np.ndarray:
    _, parts = _dilated(k, x, filter)
    pads = parts[0][1][2]
    total = np.zeros((x.shape[0], *(s + sum(p) for s, p in zip(x.shape[1:3], pads, strict=True)), x.shape[3]), x.dtype)
    for mask, (rows, columns, _) in parts:
        total[:, rows, columns] += np.where(mask, grad, 0).astype(x.dtype)
    return total[:, *(slice(p[0], p[0] + s) for p, s in zip(pads, x.shape[1:3], strict=True))].copy()


@kernel("Dilation2DBackpropFilter")
def _dilation_filter(k: KernelContext, x: np.ndarray, filter: np.ndarray, grad: np.ndarray) -> np.ndarray:
    _, parts = _dilated(k, x, filter)
    sums = [np.where(mask, grad, 0).sum((0, 1, 2), dtype=x.dtype) for mask, _ in parts]
    return np.stack(sums).reshape(filter.shape).astype(x.dtype)
