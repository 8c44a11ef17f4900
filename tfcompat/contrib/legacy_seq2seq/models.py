"""Whole networks: an encoder, and decoders that begin with its final state."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.contrib.legacy_seq2seq.decoders import (
    argmax_and_embed,
    check_projection,
    embedding_attention_decoder,
    embedding_rnn_decoder,
    rnn_decoder,
)
from tfcompat.contrib.rnn.projections import EmbeddingWrapper, OutputProjectionWrapper
from tfcompat.graph import dtypes, nest
from tfcompat.graph.export import tf_export
from tfcompat.ops.array import reshape
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.embedding import embedding_lookup
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.rnn.cell import RNNCell
from tfcompat.rnn.static import static_rnn

Decoded = tuple[list[Any], Any]


@tf_export("contrib.legacy_seq2seq.basic_rnn_seq2seq")
def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> Decoded:
    """A cell reads `encoder_inputs`, and a copy of it with weights of its own then `decoder_inputs`.

    Args:
        encoder_inputs: tensors `[batch, size]`, one for each step.
        decoder_inputs: the same for the decoder.
        cell: the cell.
        dtype: type of the encoder's initial state.
        scope: variable scope, "basic_rnn_seq2seq" by default.

    Returns:
        (list of the decoder's outputs, its final state).
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@tf_export("contrib.legacy_seq2seq.tied_rnn_seq2seq")
def tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    loop_function: Any = None,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> Decoded:
    """`basic_rnn_seq2seq` in which both use the same weights.

    Args:
        encoder_inputs: tensors `[batch, size]`, one for each step.
        decoder_inputs: the same for the decoder.
        cell: the cell.
        loop_function: as in `rnn_decoder`.
        dtype: type of the encoder's initial state.
        scope: variable scope, "tied_rnn_seq2seq" by default.

    Returns:
        (list of the decoder's outputs, its final state).
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        inner = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=inner)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=inner)


def _either(feed_previous: Any, decoder: Callable[[bool], Decoded], count: int) -> Decoded:
    """What `decoder` gives for the value of `feed_previous`, a scalar bool tensor."""
    structure: list[Any] = []

    def branch(feeds: bool) -> list[Any]:
        with variable_scope(get_variable_scope(), reuse=None if feeds else True):
            outputs, state = decoder(feeds)
        structure.append(state)
        return [*outputs, *nest.flatten(state)]

    flat = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    return list(flat[:count]), nest.pack_sequence_as(structure[0], flat[count:])


def _decoded(feed_previous: Any, decoder: Callable[[bool], Decoded], count: int) -> Decoded:
    return decoder(feed_previous) if isinstance(feed_previous, bool) else _either(feed_previous, decoder, count)


@tf_export("contrib.legacy_seq2seq.embedding_rnn_seq2seq")
def embedding_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> Decoded:
    """Reads symbols and writes symbols.

    Args:
        encoder_inputs: int32 `[batch]`, one for each step.
        decoder_inputs: the same for the decoder.
        cell: the cell; the encoder has a copy with weights of its own.
        num_encoder_symbols: number of symbols of the encoder.
        num_decoder_symbols: number of symbols of the decoder.
        embedding_size: size of a row of their tables.
        output_projection: None: outputs are scores of the symbols; or (W, B): outputs are the cell's, and scores
            outputs @ W + B.
        feed_previous: whether the decoder reads its own symbols; a bool or a scalar bool tensor.
        dtype: type of the variables and states; the scope's when None.
        scope: variable scope, "embedding_rnn_seq2seq" by default.

    Returns:
        (list of the decoder's outputs, its final state).
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as opened:
        if dtype is not None:
            opened._dtype = dtype
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=opened._dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
        dynamic = not isinstance(feed_previous, bool)

        def decoder(feeds: bool) -> Decoded:
            return embedding_rnn_decoder(
                decoder_inputs,
                encoded,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=feeds,
                update_embedding_for_previous=not dynamic,
            )

        return _decoded(feed_previous, decoder, len(decoder_inputs))


@tf_export("contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq")
def embedding_tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> Decoded:
    """`embedding_rnn_seq2seq` in which encoder and decoder share their weights and their table.

    Args:
        encoder_inputs: int32 `[batch]`, one for each step.
        decoder_inputs: the same for the decoder.
        cell: the cell.
        num_symbols: number of symbols.
        embedding_size: size of a row of the table.
        num_decoder_symbols: number of symbols that the decoder writes; `num_symbols` when None.
        output_projection: as in `embedding_rnn_seq2seq`.
        feed_previous: the same.
        dtype: the same.
        scope: variable scope, "embedding_tied_rnn_seq2seq" by default.

    Returns:
        (list of the decoder's outputs, its final state).
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as opened:
        dtype = opened._dtype
        check_projection(output_projection, num_symbols, dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size], dtype)
        read = [embedding_lookup(embedding, ids) for ids in encoder_inputs]
        written = [embedding_lookup(embedding, ids) for ids in decoder_inputs]
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)
        dynamic = not isinstance(feed_previous, bool)

        def decoder(feeds: bool) -> Decoded:
            loop = argmax_and_embed(embedding, output_projection, not dynamic) if feeds else None
            return tied_rnn_seq2seq(read, written, cell, loop_function=loop, dtype=dtype)

        return _decoded(feed_previous, decoder, len(decoder_inputs))


@tf_export("contrib.legacy_seq2seq.embedding_attention_seq2seq")
def embedding_attention_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> Decoded:
    """`embedding_rnn_seq2seq` whose decoder attends to the encoder's outputs.

    Args:
        encoder_inputs: int32 `[batch]`, one for each step.
        decoder_inputs: the same for the decoder.
        cell: the cell; the encoder has a copy with weights of its own.
        num_encoder_symbols: number of symbols of the encoder.
        num_decoder_symbols: number of symbols of the decoder.
        embedding_size: size of a row of their tables.
        num_heads: as in `attention_decoder`.
        output_projection: as in `embedding_rnn_seq2seq`.
        feed_previous: the same.
        dtype: the same.
        scope: variable scope, "embedding_attention_seq2seq" by default.
        initial_state_attention: as in `attention_decoder`.

    Returns:
        (list of the decoder's outputs, its final state).
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, encoded = static_rnn(encoder, encoder_inputs, dtype=opened._dtype)
        states = concat([reshape(e, [-1, 1, cell.output_size]) for e in outputs], 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols
        dynamic = not isinstance(feed_previous, bool)

        def decoder(feeds: bool) -> Decoded:
            return embedding_attention_decoder(
                decoder_inputs,
                encoded,
                states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=feeds,
                update_embedding_for_previous=not dynamic,
                initial_state_attention=initial_state_attention,
            )

        return _decoded(feed_previous, decoder, len(decoder_inputs))


@tf_export("contrib.legacy_seq2seq.one2many_rnn_seq2seq")
def one2many_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs_dict: dict[Any, Sequence[Any]],
    enc_cell: Any,
    dec_cells_dict: dict[Any, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: dict[Any, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[Any, list[Any]], dict[Any, Any]]:
    """`embedding_rnn_seq2seq` with several decoders, each with its cell, inputs and symbols.

    Args:
        encoder_inputs: int32 `[batch]`, one for each step.
        decoder_inputs_dict: name of a decoder -> its inputs.
        enc_cell: the encoder's cell.
        dec_cells_dict: name of a decoder -> its cell.
        num_encoder_symbols: number of symbols of the encoder.
        num_decoder_symbols_dict: name of a decoder -> number of its symbols.
        embedding_size: size of a row of the tables.
        feed_previous: as in `embedding_rnn_seq2seq`.
        dtype: the same.
        scope: variable scope, "one2many_rnn_seq2seq" by default.

    Returns:
        (outputs by decoder, final states by decoder).

    Raises:
        TypeError: a cell is no cell.
        ValueError: the decoders of inputs and cells differ.
    """
    if not isinstance(enc_cell, RNNCell):
        raise TypeError(f"enc_cell is not an RNNCell: {type(enc_cell)}")
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError("keys of dec_cells_dict != keys of decodre_inputs_dict")
    for cell in dec_cells_dict.values():
        if not isinstance(cell, RNNCell):
            raise TypeError(f"dec_cell is not an RNNCell: {type(cell)}")
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as opened:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=opened._dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], symbols)

                def decoder(feeds: bool, cell: Any = cell, inputs: Any = inputs, symbols: int = symbols) -> Decoded:
                    return embedding_rnn_decoder(inputs, encoded, cell, symbols, embedding_size, feed_previous=feeds)

                outputs[name], states[name] = _decoded(feed_previous, decoder, len(inputs))
    return outputs, states
