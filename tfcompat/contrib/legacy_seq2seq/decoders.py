"""Decoders: a cell that is run over a list of inputs, or over its own outputs, with or without attention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tfcompat.contrib.rnn.projections import Linear
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.ops.argmax import argmax
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.conv import conv2d
from tfcompat.ops.embedding import embedding_lookup
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import stop_gradient
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.softmax import softmax
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.rnn.cells import tanh

LoopFunction = Callable[[Any, int], Any]


def argmax_and_embed(embedding: Any, output_projection: Any = None, update_embedding: bool = True) -> LoopFunction:
    """A loop function that looks up the most likely symbol of the output before."""

    def following(previous: Any, _: int) -> Any:
        if output_projection is not None:
            previous = bias_add(matmul(previous, output_projection[0]), output_projection[1])
        row = embedding_lookup(embedding, argmax(previous, 1))
        return row if update_embedding else stop_gradient(row)

    return following


@tf_export("contrib.legacy_seq2seq.rnn_decoder")
def rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Runs a cell over a list of inputs.

    Args:
        decoder_inputs: tensors `[batch, size]`, one for each step.
        initial_state: the state before the first step.
        cell: the cell.
        loop_function: when given, `loop_function(output of the step before, number of the step)` is read in place of
            all inputs but the first.
        scope: variable scope, "rnn_decoder" by default.

    Returns:
        (list of the outputs, state after the last step).
    """
    with variable_scope(scope or "rnn_decoder"):
        state = initial_state
        outputs: list[Any] = []
        for index, inputs in enumerate(decoder_inputs):
            now = _following(inputs, outputs, index, loop_function)
            if index > 0:
                get_variable_scope().reuse_variables()
            output, state = cell(now, state)
            outputs.append(output)
    return outputs, state


def _following(inputs: Any, outputs: list[Any], index: int, loop_function: LoopFunction | None) -> Any:
    """What a step reads."""
    if loop_function is None or not outputs:
        return inputs
    with variable_scope("loop_function", reuse=True):
        return loop_function(outputs[-1], index)


def check_projection(output_projection: Any, num_symbols: int, dtype: Any, weights: bool = True) -> None:
    """Raises ValueError when the output projection (W, B) is not one to `num_symbols`."""
    if output_projection is None:
        return
    if weights:
        convert_to_tensor(output_projection[0], dtype).shape.assert_is_compatible_with([None, num_symbols])
    convert_to_tensor(output_projection[1], dtype).shape.assert_is_compatible_with([num_symbols])


@tf_export("contrib.legacy_seq2seq.embedding_rnn_decoder")
def embedding_rnn_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` of symbols, which are looked up in a table.

    Args:
        decoder_inputs: int32 `[batch]`, one for each step.
        initial_state: the state before the first step.
        cell: the cell.
        num_symbols: number of rows of the table.
        embedding_size: size of a row.
        output_projection: None, or (W, B): the symbols are then those of outputs @ W + B.
        feed_previous: whether the most likely symbol of the step before is read in place of the inputs but the first.
        update_embedding_for_previous: whether gradients flow to the rows that were looked up for that.
        scope: variable scope, "embedding_rnn_decoder" by default.

    Returns:
        (list of the outputs, state after the last step).
    """
    with variable_scope(scope or "embedding_rnn_decoder") as opened:
        check_projection(output_projection, num_symbols, opened._dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = argmax_and_embed(embedding, output_projection, update_embedding_for_previous)
        rows = (embedding_lookup(embedding, ids) for ids in decoder_inputs)
        return rnn_decoder(rows, initial_state, cell, loop if feed_previous else None)


class _Attention:
    """Reads `states`, `[batch, length, size]`, with a number of heads."""

    def __init__(self, states: Any, heads: int, dtype: Any):
        known = dimension_value(states.shape[1])
        self._length: Any = shape(states)[1] if known is None else known
        size = dimension_value(states.shape[2])
        assert size is not None
        self.size, self._heads, self._dtype = size, heads, dtype
        self._hidden = reshape(states, [-1, self._length, 1, size])
        self._features, self._vectors = [], []
        for head in range(heads):
            kernel = get_variable(f"AttnW_{head}", [1, 1, size, size], dtype)
            self._features.append(conv2d(self._hidden, kernel, [1, 1, 1, 1], "SAME"))
            self._vectors.append(get_variable(f"AttnV_{head}", [size], dtype))

    def __call__(self, query: Any) -> list[Tensor]:
        """What each head reads for `query`, tensors `[batch, size]`."""
        if nest.is_nested(query):
            query = concat(nest.flatten(query), 1)
        read = []
        for head in range(self._heads):
            with variable_scope(f"Attention_{head}"):
                y = reshape(Linear(query, self.size, True)(query), [-1, 1, 1, self.size])
                compared = tanh(self._features[head] + cast(y, self._dtype))
                scores = reduce_sum(self._vectors[head] * compared, [2, 3])
                weights = cast(softmax(cast(scores, dtypes.float32)), self._dtype)
                mean = reduce_sum(reshape(weights, [-1, self._length, 1, 1]) * self._hidden, [1, 2])
                read.append(reshape(mean, [-1, self.size]))
        return read


@tf_export("contrib.legacy_seq2seq.attention_decoder")
def attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` that attends to a sequence of states.

    Args:
        decoder_inputs: tensors `[batch, size]`, one for each step.
        initial_state: the state before the first step.
        attention_states: `[batch, length, size]`, what it attends to.
        cell: the cell.
        output_size: size of the outputs; the cell's when None.
        num_heads: how often each step reads the states.
        loop_function: as in `rnn_decoder`.
        dtype: type of the variables; the scope's when None.
        scope: variable scope, "attention_decoder" by default.
        initial_state_attention: whether the first step reads the states with the initial state, or zeros.

    Returns:
        (list of the outputs, state after the last step).

    Raises:
        ValueError: there are no inputs or heads, or sizes are not known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if dimension_value(attention_states.shape[2]) is None:
        raise ValueError(f"Shape[2] of attention_states must be known: {attention_states.shape}")
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        dtype = opened._dtype
        attention = _Attention(attention_states, num_heads, dtype)
        state, outputs = initial_state, []  # type: ignore[var-annotated]
        rows = shape(decoder_inputs[0])[0]
        read = [zeros(stack([rows, attention.size]), dtype) for _ in range(num_heads)]
        for tensor in read:
            tensor.set_shape([None, attention.size])
        if initial_state_attention:
            read = attention(initial_state)
        for index, given in enumerate(decoder_inputs):
            if index > 0:
                get_variable_scope().reuse_variables()
            now = _following(given, outputs, index, loop_function)
            size = dimension_value(now.shape.with_rank(2)[1])
            if size is None:
                raise ValueError(f"Could not infer input size from input: {now.name}")
            beside = [cast(t, dtype) for t in (now, *read)]
            cell_output, state = cell(Linear(beside, size, True)(beside), state)
            again = True if index == 0 and initial_state_attention else None
            with variable_scope(get_variable_scope(), reuse=again, auxiliary_name_scope=bool(again)):
                read = attention(state)
            with variable_scope("AttnOutputProjection"):
                beside = [cast(cell_output, dtype), *read]
                outputs.append(Linear(beside, output_size, True)(beside))
    return outputs, state


@tf_export("contrib.legacy_seq2seq.embedding_attention_decoder")
def embedding_attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`attention_decoder` of symbols, which are looked up in a table.

    Args:
        decoder_inputs: int32 `[batch]`, one for each step.
        initial_state: the state before the first step.
        attention_states: `[batch, length, size]`, what it attends to.
        cell: the cell.
        num_symbols: number of rows of the table.
        embedding_size: size of a row.
        num_heads: how often each step reads the states.
        output_size: size of the outputs; the cell's when None.
        output_projection: as in `embedding_rnn_decoder`.
        feed_previous: the same.
        update_embedding_for_previous: the same.
        dtype: type of the variables; the scope's when None.
        scope: variable scope, "embedding_attention_decoder" by default.
        initial_state_attention: as in `attention_decoder`.

    Returns:
        (list of the outputs, state after the last step).
    """
    output_size = cell.output_size if output_size is None else output_size
    check_projection(output_projection, num_symbols, dtype, weights=False)
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop = argmax_and_embed(embedding, output_projection, update_embedding_for_previous)
        rows = [embedding_lookup(embedding, ids) for ids in decoder_inputs]
        return attention_decoder(
            rows,
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop if feed_previous else None,
            initial_state_attention=initial_state_attention,
        )
