"""String operations: joining, splitting, parts, cases, regular expressions, numbers, hashes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant_op
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merged, unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.shape_checks import exact_rank

_KEEP_SHAPE = (
    "AsString", "DecodeBase64", "EncodeBase64", "RegexFullMatch", "RegexReplace", "StaticRegexFullMatch",
    "StaticRegexReplace", "StringLength", "StringLower", "StringStrip", "StringToHashBucket", "StringToHashBucketFast",
    "StringToHashBucketStrong", "StringToNumber", "StringUpper",
)  # fmt: skip
not_differentiable("ReduceJoin", "StringJoin", "StringSplit", "StringSplitV2", "Substr", "UnsortedSegmentJoin")
not_differentiable(*_KEEP_SHAPE)


@shape_of(*_KEEP_SHAPE)
def _same_shape(c: InferenceContext, text: TensorShape, *scalars: TensorShape) -> list[TensorShape]:
    """The shape of the text; what else there is are scalars."""
    for shape in scalars:
        exact_rank(shape, 0)
    return unchanged(c, text)


@shape_of("StringJoin")
def _join_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Scalars go with every other element; the rest have one shape."""
    joined = SCALAR
    for shape in shapes:
        if shape.rank != 0:
            joined = shape if joined.rank == 0 else joined.merge_with(shape)
    return [joined]


@shape_of("StringSplit", "StringSplitV2")
def _split_shape(c: InferenceContext, text: TensorShape, separator: TensorShape) -> list[TensorShape]:
    exact_rank(text, 1)
    exact_rank(separator, 0)
    return [TensorShape.of((None, 2)), TensorShape.of((None,)), TensorShape.of((2,))]


@shape_of("Substr")
def _substr_shape(c: InferenceContext, text: TensorShape, pos: TensorShape, length: TensorShape) -> list[TensorShape]:
    if length.rank is not None:
        merged(c, exact_rank(pos, length.rank), length)
    return [broadcast_shapes(text, pos)]


@shape_of("ReduceJoin")
def _reduce_join_shape(c: InferenceContext, text: TensorShape, axes: TensorShape) -> list[TensorShape]:
    chosen = c.value(1)
    if text.rank is None or chosen is None:
        return [UNKNOWN]
    wanted = set()
    for axis in chosen.reshape(-1).tolist():
        if not -text.rank <= axis < text.rank:
            raise ValueError(f"Invalid reduction dimension {axis} for input with {text.rank} dimensions.")
        wanted.add(axis % text.rank)
    sizes = text.as_list()
    if c.attr("keep_dims"):
        return [TensorShape.of(tuple(1 if i in wanted else size for i, size in enumerate(sizes)))]
    return [TensorShape.of(tuple(size for i, size in enumerate(sizes) if i not in wanted))]


@shape_of("UnsortedSegmentJoin")
def _segment_join_shape(
    c: InferenceContext, text: TensorShape, ids: TensorShape, count: TensorShape
) -> list[TensorShape]:
    exact_rank(count, 0)
    if text.rank is None or ids.rank is None:
        return [UNKNOWN]
    merged(c, ids, TensorShape.of(tuple(text.as_list()[: ids.rank])))
    value = c.value(2)
    return [TensorShape.of((None if value is None else int(value), *text.as_list()[ids.rank :]))]


@tf_export("strings.join", "string_join")
def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """The elements of several string tensors joined one to one, with `separator` between them.

    Args:
        inputs: list of string tensors of one shape, or scalars, which go with every element.

    Returns:
        A string tensor of that shape.
    """
    return raw_ops.StringJoin(inputs=inputs, separator=separator, name=name)  # type: ignore[no-any-return]


@tf_export("strings.reduce_join", "reduce_join")
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The strings along `axis` joined into one.

    Args:
        inputs: string tensor.
        axis: an axis or several, joined one after the other in that order; None for all, the last first.
        keep_dims: deprecated name of `keepdims`, whether joined axes stay with size 1.
        separator: what stands between two strings.
        reduction_indices: deprecated name of `axis`.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.
    """
    keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        text = convert_to_tensor(inputs)
        if axis is None:
            axis = _all_axes(text)
        return raw_ops.ReduceJoin(  # type: ignore[no-any-return]
            inputs=text, reduction_indices=axis, keep_dims=keep, separator=separator, name=name
        )


def _all_axes(text: Tensor) -> Tensor:
    """The axes of `text` from the last to the first."""
    if text.shape.rank is not None:
        return constant_op(np.arange(text.shape.rank, dtype=np.int32)[::-1])
    from tfcompat.ops.array import rank

    return raw_ops.Range(start=rank(text) - 1, limit=-1, delta=-1, name="range")  # type: ignore[no-any-return]


@tf_export("string_split")
def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> Any:
    """The strings of a vector split at each character of `sep`.

    Args:
        source: string vector.
        sep: characters that separate, a space by default; with an empty string every byte stands alone.
        skip_empty: leave out empty parts.
        delimiter: deprecated name of `sep`.

    Returns:
        SparseTensor of shape [size of `source`, most parts], with the parts of string i in row i; the same rows as a
        RaggedTensor with `result_type` "RaggedTensor".

    Raises:
        ValueError: `source` is no vector or `sep` no scalar.
    """
    from tfcompat.ops.ragged.text import rows_of_parts

    sep = one_of("sep", sep, "delimiter", delimiter)
    with name_scope(None, "StringSplit", [source]):
        sep = convert_to_tensor(" " if sep is None else sep, dtypes.string)
        text = convert_to_tensor(source, dtypes.string)
        if result_type not in ("SparseTensor", "RaggedTensor"):
            raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")
        parts = SparseTensor(*raw_ops.StringSplit(input=text, delimiter=sep, skip_empty=skip_empty))
        return parts if result_type == "SparseTensor" else rows_of_parts(parts)


@tf_export("strings.split")
def string_split_v1(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """Strings split as `bytes.split` does.

    Args:
        input: string tensor or RaggedTensor.
        sep: the separating string; None or an empty one for runs of white space.
        maxsplit: the most splits per string, -1 for any number.
        source: deprecated name of `input`.

    Returns:
        SparseTensor of the shape of `input` and one more axis, or with `result_type` "RaggedTensor" a RaggedTensor; a
        scalar counts as a vector of one.
    """
    from tfcompat.ops.ragged.text import split_v1

    input = one_of("input", input, "source", source)
    if result_type == "RaggedTensor":
        return split_v1(input, sep, maxsplit, result_type, name=name)
    with name_scope(name, "StringSplit", [input]):
        text = convert_to_tensor(input, dtypes.string, name="input")
        if result_type != "SparseTensor":
            raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")
        if text.shape.rank == 0:
            text = raw_ops.ExpandDims(input=text, dim=0, name="ExpandDims")
        elif text.shape.rank != 1:
            return split_v1(text, sep, maxsplit, result_type)
        sep = convert_to_tensor("" if sep is None else sep, dtypes.string)
        return SparseTensor(*raw_ops.StringSplitV2(input=text, sep=sep, maxsplit=maxsplit))


@tf_export("strings.substr", "substr")
def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """The part of each string that starts at `pos` and has `len` characters, or fewer where the string ends.

    Args:
        input: string tensor.
        pos: int32 or int64, the start; negative from the end. Broadcasts against `input`.
        len: the length, of the type and shape of `pos`.
        unit: "BYTE", or "UTF8_CHAR" to count characters.

    Raises:
        InvalidArgumentError: while running, where `pos` lies outside a string.
    """
    return raw_ops.Substr(input=input, pos=pos, len=len, unit=unit, name=name)  # type: ignore[no-any-return]


@tf_export("strings.length")
def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """The length of each string as int32, in bytes or, with unit "UTF8_CHAR", in characters."""
    return raw_ops.StringLength(input=input, unit=unit, name=name)  # type: ignore[no-any-return]


@tf_export("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Whether the whole of each string matches the regular expression `pattern` (RE2's syntax)."""
    if isinstance(pattern, (str, bytes)):
        return raw_ops.StaticRegexFullMatch(input=input, pattern=pattern, name=name)  # type: ignore[no-any-return]
    return raw_ops.RegexFullMatch(input=input, pattern=pattern, name=name)  # type: ignore[no-any-return]


@tf_export("strings.regex_replace", "regex_replace")
def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Tensor:
    r"""Each string with what matches `pattern` (RE2's syntax) replaced by `rewrite`.

    Args:
        rewrite: the replacement, in which \1 to \9 stand for groups and \0 for the match.
        replace_global: replace all matches, not the first alone.
    """
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return raw_ops.StaticRegexReplace(  # type: ignore[no-any-return]
            input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
        )
    return raw_ops.RegexReplace(  # type: ignore[no-any-return]
        input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
    )


@tf_export("strings.to_number", "string_to_number")
def string_to_number(
    string_tensor: Any = None, out_type: Any = dtypes.float32, name: str | None = None, input: Any = None
) -> Tensor:
    """The numbers that strings spell.

    Args:
        string_tensor: string tensor; `input` is another name.
        out_type: float32, float64, int32 or int64.

    Raises:
        InvalidArgumentError: while running, for a string that is no number of that type.
    """
    text = one_of("input", input, "string_tensor", string_tensor)
    return raw_ops.StringToNumber(string_tensor=text, out_type=out_type, name=name)  # type: ignore[no-any-return]


@tf_export("strings.to_hash_bucket", "string_to_hash_bucket")
def string_to_hash_bucket(
    string_tensor: Any = None, num_buckets: Any = None, name: str | None = None, input: Any = None
) -> Tensor:
    """A hash of each string modulo `num_buckets`, as int64. `input` is another name of `string_tensor`."""
    text = one_of("input", input, "string_tensor", string_tensor)
    return raw_ops.StringToHashBucket(string_tensor=text, num_buckets=num_buckets, name=name)  # type: ignore[no-any-return]


@tf_export("strings.unsorted_segment_join")
def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Tensor:
    """The strings of each segment joined, in the order in which they stand.

    Args:
        inputs: string tensor.
        segment_ids: int32 or int64, the segment of each element; its shape begins the shape of `inputs`.
        num_segments: how many segments there are; one without members gives the empty string.
    """
    return raw_ops.UnsortedSegmentJoin(  # type: ignore[no-any-return]
        inputs=inputs, segment_ids=segment_ids, num_segments=num_segments, separator=separator, name=name
    )
