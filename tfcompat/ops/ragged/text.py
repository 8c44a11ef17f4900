"""Strings taken apart into rows of parts: words, bytes, characters, n-grams; and characters joined to strings."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.packing import stack
from tfcompat.ops.ragged.rearrange import expand_dims
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor

not_differentiable("StringNGrams", "UnicodeDecode", "UnicodeDecodeWithOffsets", "UnicodeEncode")


@shape_of("UnicodeDecode", "UnicodeDecodeWithOffsets")
def _decode_shape(c: InferenceContext, text: TensorShape) -> list[TensorShape]:
    count = text.num_elements()
    rest = [TensorShape([None])] * (len(c.op.outputs) - 1)
    return [TensorShape([None if count is None else count + 1]), *rest]


@shape_of("UnicodeEncode")
def _encode_shape(c: InferenceContext, values: TensorShape, splits: TensorShape) -> list[TensorShape]:
    size = splits.as_list()[0] if splits.rank == 1 else None
    return [TensorShape([None if size is None else size - 1])]


@shape_of("UnicodeTranscode", "UnicodeScript")
def _transcode_shape(c: InferenceContext, text: TensorShape) -> list[TensorShape]:
    return [text]


@shape_of("StringNGrams")
def _ngrams_shape(c: InferenceContext, data: TensorShape, splits: TensorShape) -> list[TensorShape]:
    return [TensorShape([None]), splits]


def rows_of_parts(sparse: Any) -> RaggedTensor:
    """The rows of a SparseTensor of parts of strings."""
    return RaggedTensor.from_value_rowids(
        sparse.values, sparse.indices[:, 0], nrows=sparse.dense_shape[0], validate=False
    )


def _split(text: Any, sep: Any, maxsplit: int) -> Any:
    """Strings of any shape split at `sep`: one more, ragged axis."""
    with name_scope(None, "StringSplit", [text]):
        text = as_ragged_or_tensor(text, dtypes.string, name="input")
        if isinstance(text, RaggedTensor):
            return text.with_flat_values(_split(text.flat_values, sep, maxsplit))
        rank = text.shape.rank
        if rank == 0:
            return _split(stack([text]), sep, maxsplit)[0]
        if rank is None or rank == 1:
            return rows_of_parts(_split_rows(text, sep, maxsplit))
        return _split(RaggedTensor.from_tensor(text, ragged_rank=rank - 1), sep, maxsplit)


def _split_rows(text: Any, sep: Any, maxsplit: int) -> Any:
    sep = PUBLIC["convert_to_tensor"]("" if sep is None else sep, dtypes.string)
    from tfcompat.graph.sparse_tensor import SparseTensor

    return SparseTensor(*raw_ops.StringSplitV2(input=text, sep=sep, maxsplit=maxsplit))


def split_v1(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.strings.split` where the strings or the result are ragged."""
    input = one_of("input", input, "source", source)
    with name_scope(name, "StringSplit", [input]):
        text = as_ragged_or_tensor(input, dtypes.string, name="input")
        if not isinstance(text, RaggedTensor) and text.shape.rank == 0:
            text = raw_ops.ExpandDims(input=text, dim=0)
        if result_type == "SparseTensor":
            if not isinstance(text, RaggedTensor) and text.shape.rank == 1:
                return _split_rows(text, sep, maxsplit)
            return _split(text, sep, maxsplit).to_sparse()
        if result_type == "RaggedTensor":
            return _split(text, sep, maxsplit)
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


@tf_export("strings.bytes_split")
def bytes_split(input: Any, name: str | None = None) -> Any:
    """Each string as the strings of its single bytes: one more, ragged axis.

    Args:
        input: string tensor or RaggedTensor of a known rank.
        name: name scope.

    Raises:
        ValueError: the rank is not known.
    """
    with name_scope(name, "StringsByteSplit", [input]):
        text = as_ragged_or_tensor(input, dtypes.string, name="input")
        if isinstance(text, RaggedTensor):
            return text.with_flat_values(bytes_split(text.flat_values))
        rank = text.shape.rank
        if rank is None:
            raise ValueError("input must have a statically-known rank.")
        if rank == 0:
            return bytes_split(stack([text]))[0]
        if rank == 1:
            from tfcompat.graph.sparse_tensor import SparseTensor

            empty = PUBLIC["constant"]("")
            parts = raw_ops.StringSplit(input=text, delimiter=empty, skip_empty=False)
            return rows_of_parts(SparseTensor(*parts))
        return bytes_split(RaggedTensor.from_tensor(text, ragged_rank=rank - 1))


@tf_export("strings.unicode_encode")
def unicode_encode(
    input: Any, output_encoding: str, errors: str = "replace", replacement_char: int = 65533, name: str | None = None
) -> Any:
    """Strings of the rows of code points along the last axis.

    Args:
        input: int32, a tensor or RaggedTensor of a known rank of 1 or more.
        output_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
        errors: what to do with numbers that are no character: "replace", "ignore" or "strict", which fails in the run.
        replacement_char: code point for "replace".
        name: name scope.

    Returns:
        Strings of one axis less.
    """
    with name_scope(name, "UnicodeEncode", [input]):
        points = as_ragged_or_tensor(input)
        rank = points.shape.rank
        if rank is None:
            raise ValueError("Rank of input_tensor must be statically known.")

        def again(value: Any) -> Any:
            return unicode_encode(value, output_encoding, errors, replacement_char)

        if isinstance(points, RaggedTensor):
            if points.flat_values.shape.rank != 1:
                return points.with_flat_values(again(points.flat_values))
            if points.ragged_rank > 1:
                return points.with_values(again(points.values))
            return raw_ops.UnicodeEncode(
                input_values=points.values,
                input_splits=points.row_splits,
                output_encoding=output_encoding,
                errors=errors,
                replacement_char=replacement_char,
            )
        if rank == 2:
            return again(RaggedTensor.from_tensor(points))
        if rank > 2:
            sizes = shape(points)
            flat = reshape(points, PUBLIC["concat"]([[-1], sizes[-1:]], axis=0))
            return reshape(again(flat), sizes[:-1])
        if rank == 0:
            raise ValueError("input_tensor's rank must be at least 1.")
        one = RaggedTensor.from_row_splits(points, stack([0, shape(points, out_type=dtypes.int32)[0]]), validate=False)
        return reshape(again(one), [])


def _decoded(
    input: Any, encoding: str, errors: str, replacement_char: int, replace_control_characters: bool, with_offsets: bool
) -> tuple[Any, Any]:
    """The code points of each string and, if asked for, the byte at which each starts."""
    text = as_ragged_or_tensor(input, name="input")
    rank = text.shape.rank
    if rank is None:
        raise ValueError("Rank of `input` must be statically known.")
    if rank > 1:
        if not isinstance(text, RaggedTensor):
            text = RaggedTensor.from_tensor(text, ragged_rank=rank - 1)
        elif text.ragged_rank < rank - 1:
            text = text.with_flat_values(
                RaggedTensor.from_tensor(text.flat_values, ragged_rank=rank - text.ragged_rank - 1)
            )
    flat = text.flat_values if isinstance(text, RaggedTensor) else (reshape(text, [1]) if rank == 0 else text)
    record = raw_ops.UnicodeDecodeWithOffsets if with_offsets else raw_ops.UnicodeDecode
    made = record(
        input=flat,
        input_encoding=encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=replace_control_characters,
    )
    points = RaggedTensor.from_row_splits(made.char_values, made.row_splits, validate=False)
    offsets = (
        RaggedTensor.from_row_splits(made.char_to_byte_starts, made.row_splits, validate=False)
        if with_offsets
        else None
    )

    def shaped(value: Any) -> Any:
        if value is None or rank == 1:
            return value
        return value.values if rank == 0 else text.with_flat_values(value)

    return shaped(points), shaped(offsets)


_DECODING = """
    Args:
        input: string tensor or RaggedTensor of a known rank.
        input_encoding: name of an encoding, "UTF-8" for example.
        errors: what to do with invalid bytes: "replace", "ignore" or "strict", which fails in the run.
        replacement_char: code point that stands for invalid bytes with "replace".
"""


@tf_export("strings.unicode_decode")
def unicode_decode(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 65533,
    replace_control_characters: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """The code points of each string as int32: one more, ragged axis; a vector for a scalar."""
    with name_scope(name, "UnicodeDecode", [input]):
        return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, False)[0]


@tf_export("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 65533,
    replace_control_characters: bool = False, name: str | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """`unicode_decode`, and the place in bytes at which each character starts, as int64 in the same rows."""
    with name_scope(name, "UnicodeDecodeWithOffsets", [input]):
        return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, True)


@tf_export("strings.unicode_split")
def unicode_split(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 65533, name: str | None = None
) -> Any:
    """The characters of each string as strings: one more, ragged axis; a vector for a scalar."""
    with name_scope(name, "UnicodeSplit", [input]):
        points = _decoded(input, input_encoding, errors, replacement_char, False, False)[0]
        return unicode_encode(expand_dims(points, -1), input_encoding, errors, replacement_char)


@tf_export("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 65533, name: str | None = None
) -> tuple[Any, Any]:
    """`unicode_split`, and the place in bytes at which each character starts, as int64 in the same rows."""
    with name_scope(name, "UnicodeSplitWithOffsets", [input]):
        points, offsets = _decoded(input, input_encoding, errors, replacement_char, False, True)
        return unicode_encode(expand_dims(points, -1), input_encoding, errors, replacement_char), offsets


for _function in (unicode_decode, unicode_decode_with_offsets, unicode_split, unicode_split_with_offsets):
    _function.__doc__ = f"{_function.__doc__}\n{_DECODING}"


@tf_export("strings.ngrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Runs of strings that follow each other along the last axis, joined.

    Args:
        data: strings, a tensor or RaggedTensor of rank 1 or more.
        ngram_width: how many strings a run has; several numbers give runs of each width, one after another.
        separator: string between them.
        pad_values: strings put before and after each row, a pair or one for both; None for none.
        padding_width: how many of them at most; by default one less than the width.
        preserve_short_sequences: keep rows that are too short for any run whole.
        name: name scope.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: a width is less than 1, or `padding_width` is given without `pad_values`.
    """
    with name_scope(name, "StringNGrams", [data]):
        left, right = _padding(pad_values)
        if padding_width is not None and padding_width < 1:
            raise ValueError(f"padding_width must be > 0, got {padding_width}.")
        if padding_width is not None and pad_values is None:
            raise ValueError("pad_values must be provided if padding_width is set.")
        widths = [ngram_width] if isinstance(ngram_width, int) else list(ngram_width)
        if not all(isinstance(width, int) for width in widths):
            raise TypeError("ngram_width must be an integer or a tuple of integers")
        if any(width < 1 for width in widths):
            raise ValueError(f"All ngram_widths must be greater than 0, got {ngram_width}")
        data = as_ragged_or_tensor(data, dtypes.string, name="data")
        rank = data.shape.rank
        if rank is None:
            raise ValueError("Rank of data must be known.")
        if rank == 0:
            raise ValueError("Data must have rank>0")
        if not isinstance(data, RaggedTensor):
            if rank == 1:
                whole = PUBLIC["expand_dims"](data, 0)
                made = ngrams(
                    RaggedTensor.from_tensor(whole),
                    ngram_width,
                    separator,
                    pad_values,
                    padding_width,
                    preserve_short_sequences,
                )
                return made.flat_values
            whole = RaggedTensor.from_tensor(data, ragged_rank=rank - 1)
            made = ngrams(whole, ngram_width, separator, pad_values, padding_width, preserve_short_sequences)
            return made.to_tensor()
        if data.flat_values.shape.rank is not None and data.flat_values.shape.rank > 1:
            return data.with_flat_values(
                ngrams(data.flat_values, ngram_width, separator, pad_values, padding_width, preserve_short_sequences)
            )
        pad_width = 0 if pad_values is None else -1 if padding_width is None else padding_width
        made = raw_ops.StringNGrams(
            data=data.flat_values,
            data_splits=data.nested_row_splits[-1],
            separator=separator,
            ngram_widths=widths,
            left_pad=left,
            right_pad=right,
            pad_width=pad_width,
            preserve_short_sequences=preserve_short_sequences,
        )
        splits = [*data.nested_row_splits[:-1], made.ngrams_splits]
        return RaggedTensor.from_nested_row_splits(made.ngrams, splits, validate=False)


def _padding(pad_values: Any) -> tuple[str, str]:
    if pad_values is None:
        return "", ""
    if (
        isinstance(pad_values, (tuple, list))
        and len(pad_values) == 2
        and all(isinstance(p, (str, bytes)) for p in pad_values)
    ):
        return pad_values[0], pad_values[1]
    if isinstance(pad_values, (str, bytes)):
        return pad_values, pad_values  # type: ignore[return-value]
    raise TypeError("pad_values must be a string, tuple of two strings, or None.")


def string_format(
    template: Any, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Any:
    """`tf.strings.format` with ragged tensors: each is written as nested lists."""
    if isinstance(inputs, RaggedTensor):
        inputs = [inputs]
    pieces = template.split(placeholder)
    if len(pieces) != len(inputs) + 1:
        raise ValueError(f"num placeholders in template and num inputs must match: {len(pieces) - 1} vs {len(inputs)}")
    with name_scope(name, "StringFormat", list(inputs)):
        parts = [PUBLIC["constant"](pieces[0])]
        for value, piece in zip(inputs, pieces[1:], strict=True):
            if isinstance(value, RaggedTensor):
                parts.append(_written(value, summarize))
            else:
                parts.append(PUBLIC["strings.format"](placeholder, value, placeholder, summarize))
            parts.append(PUBLIC["constant"](piece))
        return PUBLIC["strings.reduce_join"](stack(parts))


def _written(value: Any, summarize: int) -> Any:
    """A ragged tensor as text, all of its rows."""
    if summarize != -1:
        raise NotImplementedError("tf.strings.format of ragged tensors supports summarize=-1 only.")
    items = (
        PUBLIC["strings.as_string"](value.flat_values)
        if value.dtype is not dtypes.string
        else (PUBLIC["strings.join"](["'", value.flat_values, "'"]))
    )
    if items.shape.rank != 1:
        raise NotImplementedError("tf.strings.format of ragged tensors supports flat values of rank 1 only.")
    text: Any = value.with_flat_values(items)
    while isinstance(text, RaggedTensor):
        row = PUBLIC["strings.reduce_join"](_innermost(text), axis=-1, separator=", ")
        flat = PUBLIC["strings.join"](["[", row, "]"])
        text = _replaced(text, flat)
    return PUBLIC["strings.join"](["[", PUBLIC["strings.reduce_join"](text, axis=0, separator=", "), "]"])


def _innermost(value: RaggedTensor) -> RaggedTensor:
    while isinstance(value.values, RaggedTensor):
        value = value.values
    return value


def _replaced(value: RaggedTensor, flat: Any) -> Any:
    """`value` with `flat` in place of its innermost ragged tensor."""
    if not isinstance(value.values, RaggedTensor):
        return flat
    return value.with_values(_replaced(value.values, flat))
