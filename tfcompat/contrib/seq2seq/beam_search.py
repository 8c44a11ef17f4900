"""`BeamSearchDecoder`: keeps the most likely sequences of each member of the batch."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from tfcompat.contrib.seq2seq.beam_step import attention_probabilities, beam_step
from tfcompat.contrib.seq2seq.decoders import Decoder, check_output_layer, size_behind
from tfcompat.contrib.seq2seq.gather_tree import gather_tree, reorder_array
from tfcompat.contrib.seq2seq.helpers import lookup
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape, size
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import one_hot, zeros
from tfcompat.ops.reduction import reduce_all, reduce_max
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.tiling import tile
from tfcompat.platform import logging
from tfcompat.rnn.cell import assert_like_cell
from tfcompat.rnn.steps import known_size


@tf_export("contrib.seq2seq.BeamSearchDecoderState")
class BeamSearchDecoderState(
    collections.namedtuple(
        "BeamSearchDecoderState", ("cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs")
    )
):
    """The state of a beam search; tensors are `[batch, beams, ...]`."""

    __slots__ = ()


@tf_export("contrib.seq2seq.BeamSearchDecoderOutput")
class BeamSearchDecoderOutput(
    collections.namedtuple("BeamSearchDecoderOutput", ("scores", "predicted_ids", "parent_ids"))
):
    """What one step of a beam search chose, `[batch, beams]`: scores, symbols, and the beams that they continue."""

    __slots__ = ()


@tf_export("contrib.seq2seq.FinalBeamSearchDecoderOutput")
class FinalBeamSearchDecoderOutput(
    collections.namedtuple("FinalBeamDecoderOutput", ("predicted_ids", "beam_search_decoder_output"))
):
    """Full sequences, the best beam first, and what each step chose."""

    __slots__ = ()


@tf_export("contrib.seq2seq.BeamSearchDecoder")
class BeamSearchDecoder(Decoder):
    """Beam search; run it with `dynamic_decode`.

    Args:
        cell: an RNNCell; where it attends, its memory has gone through `tile_batch`.
        embedding: a table of rows, or a function from ids to inputs.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: scalar int32, the symbol that ends a sequence.
        initial_state: the cell's state, `[batch * beam_width, ...]` (see `tile_batch`).
        beam_width: number of sequences that are kept.
        output_layer: a layer that makes scores of symbols from the cell's outputs.
        length_penalty_weight: scores are divided by ((5 + length) / 6) to this power.
        coverage_penalty_weight: weight of a penalty for rows of the memory that were attended to too little.
        reorder_tensor_arrays: whether TensorArrays in the final state are put in the order of the sequences.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: `start_tokens` is no vector or `end_token` no scalar.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: float = 0.0,
        coverage_penalty_weight: float = 0.0,
        reorder_tensor_arrays: bool = True,
    ):
        assert_like_cell("cell", cell)
        check_output_layer(output_layer)
        self._cell, self._output_layer, self._beam_width = cell, output_layer, beam_width
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._penalties = (length_penalty_weight, coverage_penalty_weight)
        self._embedding_fn = lookup(embedding)
        tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        if tokens.shape.rank != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._end_token.shape.rank != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = size(tokens)
        self._initial_cell_state = nest.map_structure(self._split, initial_state, cell.state_size)
        self._start_tokens = tile(expand_dims(tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)
        self._finished = self._first_beam(False, True, dtypes.bool)

    def _first_beam(self, first: Any, others: Any, dtype: Any) -> Any:
        """`first` for the first beam of each member of the batch, `others` for the rest."""
        return one_hot(
            zeros([self._batch_size], dtypes.int32), self._beam_width, on_value=first, off_value=others, dtype=dtype
        )

    @property
    def batch_size(self) -> Any:
        """Scalar int32 tensor."""
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        """True: beams change places."""
        return True

    @property
    def output_size(self) -> Any:
        """A BeamSearchDecoderOutput of shapes."""
        return BeamSearchDecoderOutput(*[TensorShape([self._beam_width])] * 3)

    @property
    def output_dtype(self) -> Any:
        """A BeamSearchDecoderOutput of types."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        scores = nest.map_structure(lambda _: dtype, size_behind(self._output_layer, self._cell.output_size))
        return BeamSearchDecoderOutput(scores, dtypes.int32, dtypes.int32)

    def initialize(self, name: str | None = None) -> Any:
        """(finished, first inputs, first state)."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        zero = convert_to_tensor(0.0, dtype)
        never = convert_to_tensor(-np.inf, dtype)
        attended = attention_probabilities(self._initial_cell_state, self._penalties[1])
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=self._first_beam(zero, never, dtype),
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtypes.int64),
            accumulated_attention_probs=() if attended is None else attended,
        )
        return self._finished, self._start_inputs, state

    def _static_batch(self) -> int | None:
        known = get_static_value(self._batch_size)
        return None if known is None else int(known)

    def _merged(self, tensor: Any, rest: Any) -> Any:
        """`[batch, beams, ...]` as `[batch * beams, ...]`; arrays and scalars as they are."""
        if isinstance(tensor, TensorArray) or tensor.shape.rank < 2:
            return tensor
        known = self._static_batch()
        made = reshape(tensor, concat([[self._batch_size * self._beam_width], shape(tensor)[2:]], 0))
        made.set_shape(TensorShape([None if known is None else known * self._beam_width]).concatenate(known_size(rest)))
        return made

    def _split(self, tensor: Any, rest: Any) -> Any:
        """`[batch * beams, ...]` as `[batch, beams, ...]`; arrays and scalars as they are."""
        if isinstance(tensor, TensorArray):
            return tensor
        if tensor.shape.rank is None:
            raise ValueError(f"Expected tensor ({tensor}) to have known rank, but ndims == None.")
        if tensor.shape.rank == 0:
            return tensor
        made = reshape(tensor, concat([[self._batch_size, self._beam_width], shape(tensor)[1:]], 0))
        wanted = TensorShape([self._static_batch(), self._beam_width]).concatenate(known_size(rest))
        if not made.shape.is_compatible_with(wanted):
            raise ValueError(
                "Unexpected behavior when reshaping between beam width and batch size.  The reshaped tensor has shape: "
                f"{made.shape}.  We expected it to have shape (batch_size, beam_width, depth) == {wanted}.  Perhaps "
                "you forgot to create a zero_state with batch_size=encoder_batch_size * beam_width?"
            )
        made.set_shape(wanted)
        return made

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, next state, next inputs, finished)."""
        with name_scope(name, "BeamSearchDecoderStep"):
            merged = nest.map_structure(lambda t: self._merged(t, t.shape[2:]), inputs)
            inner = nest.map_structure(self._merged, state.cell_state, self._cell.state_size)
            outputs, after = self._cell(merged, inner)
            outputs = nest.map_structure(lambda t: self._split(t, t.shape[1:]), outputs)
            after = nest.map_structure(self._split, after, self._cell.state_size)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            chosen, fields = beam_step(
                outputs, after, state, self._batch_size, self._beam_width, self._end_token, *self._penalties
            )
            output = BeamSearchDecoderOutput(*chosen)
            following = BeamSearchDecoderState(**fields)
            next_inputs = cond(
                reduce_all(following.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(output.predicted_ids),
            )
        return output, following, next_inputs, following.finished

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """(full sequences, final state)."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorder_tensor_arrays:
            inner = nest.map_structure(
                lambda t: self._sorted(t, outputs.parent_ids, final_state.lengths), final_state.cell_state
            )
            final_state = final_state._replace(cell_state=inner)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    def _sorted(self, array: Any, parent_ids: Any, lengths: Any) -> Any:
        """A TensorArray stacked, in the order of the sequences; anything else as it is."""
        if not isinstance(array, TensorArray):
            return array
        element = array.element_shape
        if element.rank is None or element.rank < 1:
            logging.warning(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam search result. For "
                "a TensorArray to be sorted, its elements shape must be defined and have at least a rank of 1, but saw "
                "shape: %s",
                array.flow.name,
                element,
            )
            return array
        if not self._splits(element):
            return array
        values = array.stack()
        rows, width = self._batch_size, self._beam_width
        dims = shape(values)
        fits = equal(dims[1], rows * width)
        if values.shape.rank != 2:
            both = raw_ops.LogicalAnd(x=equal(dims[1], rows), y=equal(dims[2], width))
            fits = raw_ops.LogicalOr(x=fits, y=both)
        message = (
            "TensorArray reordering expects elements to be reshapable to [batch_size, beam_size, -1] which is "
            f"incompatible with the dynamic shape of {values.name} elements. Consider setting reorder_tensor_arrays to "
            "False to disable TensorArray reordering during the beam search."
        )
        with control_dependencies([Assert(fits, [message])]):
            return reorder_array(values, parent_ids, lengths)

    def _splits(self, element: TensorShape) -> bool:
        """Whether elements can be `[batch, beams, ...]`, as far as sizes are known."""
        rows, width = self._static_batch(), self._beam_width
        dims = element.as_list()
        if rows is None or dims[0] is None:
            return True
        unsplit = len(dims) < 2 or dims[1] is None or (dims[0] == rows and dims[1] == width)
        if dims[0] == rows * width and unsplit:
            return True
        logging.warning(
            "TensorArray reordering expects elements to be reshapable to %s which is incompatible with the current "
            "shape %s. Consider setting reorder_tensor_arrays to False to disable TensorArray reordering during the "
            "beam search.",
            TensorShape([rows, width, None]),
            element,
        )
        return False
