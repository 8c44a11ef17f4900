"""Host kernels and shapes of the op types that write and read checkpoints."""

from __future__ import annotations

import glob
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph.confinement import check_path
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError, NotFoundError
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.graph.inference import InferenceContext, KernelContext
from tfcompat.graph.node_import import type_text
from tfcompat.graph.registry import kernel, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar, unknown
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.io.checkpoint.bundle import BundleReader
from tfcompat.io.checkpoint.bundle_writer import BundleWriter, merge
from tfcompat.io.checkpoint.slices import parse_spec, slice_shape
from tfcompat.io.local_path import local_path

_WRITING = threading.Lock()  # what a save finds half done is from a process that was killed, not from another thread

not_differentiable(
    "Save",
    "SaveSlices",
    "SaveV2",
    "RestoreV2",
    "Restore",
    "RestoreSlice",
    "MergeV2Checkpoints",
    "ShardedFilename",
    "ShardedFilespec",
)
shape_of("ShardedFilename", "ShardedFilespec")(scalar)


def _check_names(c: InferenceContext, shapes: Sequence[TensorShape], count: int, inputs: Sequence[str]) -> None:
    """Raises ValueError unless the first input is a scalar and the next ones are vectors of `count` strings."""
    shapes[0].with_rank(0)
    for which, shape in zip(inputs, shapes[1:], strict=False):
        if shape.with_rank(1).as_list()[0] not in (None, count):
            raise ValueError(f"Dimension must be {count} but is {shape.as_list()[0]} for {which} of '{c.op.name}'")


@shape_of("MergeV2Checkpoints")
def _merge_shapes(c: InferenceContext, prefixes: TensorShape, target: TensorShape) -> list[TensorShape]:
    prefixes.with_rank(1)
    target.with_rank(0)
    return []


@shape_of("Save")
def _save_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    _check_names(c, shapes, len(shapes) - 2, ["tensor_names"])
    return []


@shape_of("SaveSlices", "SaveV2")
def _save_slices_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    _check_names(c, shapes, len(shapes) - 3, ["tensor_names", "shape_and_slices"])
    return []


@shape_of("RestoreV2")
def _restored_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    _check_names(c, shapes, len(c.op.outputs), ["tensor_names", "shape_and_slices"])
    specs = c.value(2)
    if specs is None:
        return [UNKNOWN] * len(c.op.outputs)
    parsed = [parse_spec(s.decode(), "") for s in specs.tolist()]
    return [UNKNOWN if p is None else TensorShape(slice_shape(*p)) for p in parsed]


shape_of("Restore")(unknown)


@shape_of("RestoreSlice")
def _restored_slice_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    for shape in shapes:
        shape.with_rank(0)
    spec: Any = c.value(2)
    parsed = None if spec is None else parse_spec(spec[()].decode(), "")
    return [UNKNOWN if parsed is None else TensorShape(slice_shape(*parsed))]


@kernel("Restore", "RestoreSlice")
def _restore_one(k: KernelContext, pattern: Any, name: Any, *spec: Any) -> np.ndarray:
    text = spec[0][()].decode() if spec else ""
    return _restored(open_checkpoint(pattern[()]), name[()].decode(), text, k.attr("dt"))


@kernel("ShardedFilename")
def _sharded_filename(k: KernelContext, base: Any, shard: Any, count: Any) -> np.ndarray:
    _need_scalars(k, basename=base, shard=shard, num_shards=count)
    name = f"{base[()].decode()}-{int(shard):05d}-of-{int(count):05d}"
    return _string(name)


@kernel("ShardedFilespec")
def _sharded_filespec(k: KernelContext, base: Any, count: Any) -> np.ndarray:
    _need_scalars(k, basename=base, num_shards=count)
    return _string(f"{base[()].decode()}-?????-of-{int(count):05d}")


def _need_scalars(k: KernelContext, **values: np.ndarray) -> None:
    for what, value in values.items():
        if value.ndim:
            raise InvalidArgumentError(None, k.op, f"{what} must be a scalar, got shape {list(value.shape)}")


def _string(text: str) -> np.ndarray:
    out = np.empty((), object)
    out[()] = text.encode()
    return out


@kernel("SaveV2")
def _save(k: KernelContext, prefix: Any, names: Any, specs: Any, *tensors: Any) -> tuple[()]:
    return _written(BundleWriter, prefix, names, specs, tensors)


@kernel("SaveSlices")
def _save_slices(k: KernelContext, filename: Any, names: Any, specs: Any, *tensors: Any) -> tuple[()]:
    return _written(_version1_writer, filename, names, specs, tensors)


@kernel("Save")
def _save_whole(k: KernelContext, filename: Any, names: Any, *tensors: Any) -> tuple[()]:
    return _written(_version1_writer, filename, names, np.full(names.shape, b"", object), tensors)


def _checked_prefix(prefix: Any, names: Any, specs: Any, count: int) -> bytes:
    """The prefix, a scalar, when there are `count` names and specifications."""
    if prefix.ndim or names.shape != (count,) or specs.shape != (count,):
        raise InvalidArgumentError(
            None,
            None,
            f"A checkpoint operation on {count} tensors needs one prefix and as many names and slices; it got shapes "
            f"{list(prefix.shape)}, {list(names.shape)} and {list(specs.shape)}",
        )
    return prefix[()]  # type: ignore[no-any-return]


def _version1_writer(path: str) -> Any:
    from tfcompat.io.checkpoint.version1 import Version1Writer

    return Version1Writer(path)


def _written(
    make_writer: Callable[[str], Any], prefix: Any, names: Any, specs: Any, tensors: Sequence[np.ndarray]
) -> tuple[()]:
    path = local_path(_checked_prefix(prefix, names, specs, len(tensors)))
    check_path(path)
    with _WRITING, translated_os_errors(path):
        writer = make_writer(path)
        try:
            for name, spec, array in zip(names.tolist(), specs.tolist(), tensors, strict=True):
                parsed = parse_spec(spec.decode(), name.decode())
                if parsed is None:
                    writer.add(name.decode(), array)
                else:
                    writer.add_slice(name.decode(), *parsed, array)
            writer.finish()
        except BaseException:
            writer.discard()
            raise
    return ()


@kernel("MergeV2Checkpoints")
def _merge(k: KernelContext, prefixes: Any, target: Any) -> tuple[()]:
    path = local_path(target[()])
    for name in (*map(local_path, prefixes.tolist()), path):
        check_path(name)
    with _WRITING, translated_os_errors(path):
        merge([local_path(p) for p in prefixes.tolist()], path, k.attr("delete_old_dirs"))
    return ()


@kernel("RestoreV2")
def _restore(k: KernelContext, prefix: Any, names: Any, specs: Any) -> tuple[np.ndarray, ...]:
    dtypes: list[DType] = k.attr("dtypes")
    reader = open_checkpoint(_checked_prefix(prefix, names, specs, len(dtypes)))
    return tuple(
        _restored(reader, n.decode(), s.decode(), t)
        for n, s, t in zip(names.tolist(), specs.tolist(), dtypes, strict=True)
    )


def open_checkpoint(path: Any) -> Any:
    """A reader of version 2, or of version 1 where `path` is a file of that version or a pattern of its shards."""
    path = local_path(path)
    matching = [] if os.path.exists(path + ".index") else [path] if os.path.exists(path) else glob.glob(path)
    for name in matching or [path + ".index"]:
        check_path(name)
    if matching:
        from tfcompat.io.checkpoint.version1 import Version1Reader

        return Version1Reader(path)
    return BundleReader(path)


def _restored(reader: Any, name: str, spec: str, dtype: DType) -> np.ndarray:
    if name not in reader:
        raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
    stored = reader.dtype(name)
    if stored != dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"tensor_name = {name}; expected dtype {type_text(dtype)} does not equal original dtype "
            f"{type_text(stored)}",
        )
    parsed = parse_spec(spec, name)
    array: np.ndarray = reader.read(name)
    if parsed is None:
        return array
    shape, extents = parsed
    if list(array.shape) != shape:
        raise InvalidArgumentError(
            None,
            None,
            f"tensor_name = {name}; shape in shape_and_slice spec {shape} does not match "
            f"the shape stored in checkpoint: {list(array.shape)}",
        )
    return np.ascontiguousarray(array[tuple(slice(None) if e is None else slice(e[0], e[0] + e[1]) for e in extents)])
