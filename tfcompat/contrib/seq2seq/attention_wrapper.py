"""`AttentionWrapper`: a cell whose inputs and outputs are mixed with what it attends to."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from tfcompat.contrib.seq2seq.attention import AttentionMechanism
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.core import Dense
from tfcompat.ops.argmax import argmax
from tfcompat.ops.array import expand_dims, shape, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import one_hot, zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.matmul import matmul
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.rnn.cell import RNNCell, assert_like_cell
from tfcompat.rnn.sizes import zero_tensors

_BEAMS = "Are you using the BeamSearchDecoder?  "


@tf_export("contrib.seq2seq.AttentionWrapperState")
class AttentionWrapperState(
    collections.namedtuple(
        "AttentionWrapperState",
        ("cell_state", "attention", "time", "alignments", "alignment_history", "attention_state"),
    )
):
    """The state of an AttentionWrapper: those of the cell and the mechanisms, and what was attended to."""

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """The state with other values for the fields in `kwargs`; ValueError when their shapes do not fit."""

        def fitting(old: Any, new: Any) -> Any:
            if isinstance(old, Tensor) and isinstance(new, Tensor) and not old.shape.is_compatible_with(new.shape):
                raise ValueError(
                    "The shape of the AttentionWrapperState is expected to be same as the one to clone. self.shape: "
                    f"{old.shape}, input.shape: {new.shape}"
                )
            return new

        made: AttentionWrapperState = nest.map_structure(fitting, self, self._replace(**kwargs))
        return made


@tf_export("contrib.seq2seq.hardmax")
def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """1 for the largest of `logits` along the last dimension, 0 for the others; type and shape of `logits`."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        known = dimension_value(logits.shape[-1])
        return one_hot(argmax(logits, -1), shape(logits)[-1] if known is None else known, dtype=logits.dtype)


def compute_attention(mechanism: Any, cell_output: Any, state: Any, layer: Any) -> tuple[Any, Any, Any]:
    """(attention, alignments, next state of the mechanism)."""
    alignments, after = mechanism(cell_output, state=state)
    context = squeeze(matmul(expand_dims(alignments, 1), mechanism.values), [1])
    if layer is None:
        return context, alignments, after
    return layer(concat([cell_output, context], 1)), alignments, after


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


@tf_export("contrib.seq2seq.AttentionWrapper")
class AttentionWrapper(RNNCell):
    """A cell with attention.

    Args:
        cell: the cell.
        attention_mechanism: the mechanism, or a list of several.
        attention_layer_size: size of the layer that mixes the cell's output with what is read, one for each mechanism;
            what is read is the attention itself when None.
        alignment_history: whether the state collects the alignments in TensorArrays.
        cell_input_fn: function of (inputs, attention) that gives what the cell reads; side by side by default.
        output_attention: whether the attention is the output, or the cell's output.
        initial_cell_state: state of the cell in `zero_state`.
        name: its name.
        attention_layer: layers in place of those of `attention_layer_size`.
        attention_fn: function of (mechanism, cell output, its state, its layer) in place of the usual one.
        dtype: type of the layer.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: there are more or fewer layers than mechanisms.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        assert_like_cell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._attention_mechanisms = _tuple(attention_mechanism)
        self._check_mechanisms()
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}")
        self._cell = cell
        self._cell_input_fn = cell_input_fn or (lambda inputs, attention: concat([inputs, attention], -1))
        self._attention_fn = attention_fn or compute_attention
        self._output_attention, self._alignment_history = output_attention, alignment_history
        self._make_layers(attention_layer_size, attention_layer)
        with name_scope(name, "AttentionWrapperInit"):
            self._initial_cell_state = None
            if initial_cell_state is not None:
                last = nest.flatten(initial_cell_state)[-1]
                rows = dimension_value(last.shape[0]) or shape(last)[0]
                message = (
                    f"When constructing AttentionWrapper {self._base_name}: Non-matching batch sizes between the "
                    f"memory (encoder output) and initial_cell_state.  {_BEAMS}You may need to tile your initial state "
                    "via the tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
                )
                with control_dependencies(self._checks(rows, message)):
                    self._initial_cell_state = nest.map_structure(
                        lambda s: identity(s, name="check_initial_cell_state"), initial_cell_state
                    )

    def _check_mechanisms(self) -> None:
        for mechanism in self._attention_mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                wanted = (
                    "contain only instances of AttentionMechanism, saw type"
                    if self._is_multi
                    else "be an AttentionMechanism or list of multiple AttentionMechanism instances, saw type"
                )
                raise TypeError(f"attention_mechanism must {wanted}: {type(mechanism).__name__}")

    def _make_layers(self, sizes: Any, layers: Any) -> None:
        mechanisms = self._attention_mechanisms
        if sizes is not None and layers is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        depths: list[Any] = [dimension_value(m.values.shape[-1]) for m in mechanisms]
        self._attention_layers: tuple[Any, ...] | None = None
        if sizes is not None:
            self._check_count("attention_layer_size must contain exactly one integer", _tuple(sizes))
            self._attention_layers = tuple(
                Dense(size, name="attention_layer", use_bias=False, dtype=mechanism.dtype)
                for size, mechanism in zip(_tuple(sizes), mechanisms, strict=True)
            )
            depths = list(_tuple(sizes))
        elif layers is not None:
            self._check_count("attention_layer must contain exactly one layer", _tuple(layers))
            self._attention_layers = _tuple(layers)
            depths = [
                dimension_value(layer.compute_output_shape([None, self._cell.output_size + depth])[-1])
                for layer, depth in zip(self._attention_layers, depths, strict=True)
            ]
        self._attention_layer_size = sum(depths)

    def _check_count(self, what: str, given: tuple[Any, ...]) -> None:
        if len(given) != len(self._attention_mechanisms):
            raise ValueError(
                f"If provided, {what} per attention_mechanism, saw: {len(given)} vs {len(self._attention_mechanisms)}"
            )

    def _checks(self, batch_size: Any, message: str) -> list[Any]:
        checks = [PUBLIC["assert_equal"](batch_size, m.batch_size, message=message) for m in self._attention_mechanisms]
        return [check for check in checks if check is not None]

    def _item_or_tuple(self, items: Any) -> Any:
        made = tuple(items)
        return made if self._is_multi else made[0]

    @property
    def output_size(self) -> Any:
        """The size of the attention, or of the cell's output."""
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> Any:
        """An AttentionWrapperState of sizes."""
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple(m.alignments_size for m in mechanisms),
            attention_state=self._item_or_tuple(m.state_size for m in mechanisms),
            alignment_history=self._item_or_tuple(
                m.alignments_size if self._alignment_history else () for m in mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step.

        Args:
            batch_size: a number or a scalar int32 tensor; that of the memory.
            dtype: type of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState"):
            inner = self._initial_cell_state
            if inner is None:
                inner = self._cell.get_initial_state(batch_size=batch_size, dtype=dtype)
            message = (
                f"When calling zero_state of AttentionWrapper {self._base_name}: Non-matching batch sizes between the "
                f"memory (encoder output) and the requested batch size.  {_BEAMS}If so, make sure your encoder output "
                "has been tiled to beam_width via tf.contrib.seq2seq.tile_batch, and the batch_size= argument passed "
                "to zero_state is batch_size * beam_width."
            )
            mechanisms = self._attention_mechanisms
            with control_dependencies(self._checks(batch_size, message)):
                inner = nest.map_structure(lambda s: identity(s, name="checked_cell_state"), inner)
            alignments = [m.initial_alignments(batch_size, dtype) for m in mechanisms]
            return AttentionWrapperState(
                cell_state=inner,
                time=zeros([], dtypes.int32),
                attention=zero_tensors(self._attention_layer_size, batch_size, dtype),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(m.initial_state(batch_size, dtype) for m in mechanisms),
                alignment_history=self._item_or_tuple(
                    TensorArray(dtype, size=0, dynamic_size=True, element_shape=a.shape)
                    if self._alignment_history
                    else ()
                    for a in alignments
                ),
            )

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                f"Expected state to be instance of AttentionWrapperState. Received type {type(state)} instead."
            )
        output, inner = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        rows = dimension_value(output.shape[0]) or shape(output)[0]
        message = (
            f"When applying AttentionWrapper {self.name}: Non-matching batch sizes between the memory (encoder output) "
            f"and the query (decoder output).  {_BEAMS}You may need to tile your memory input via the "
            "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
        )
        with control_dependencies(self._checks(rows, message)):
            output = identity(output, name="checked_cell_output")
        states = state.attention_state if self._is_multi else [state.attention_state]
        histories = state.alignment_history if self._is_multi else [state.alignment_history]
        layers = self._attention_layers or [None] * len(self._attention_mechanisms)
        found = [
            self._attention_fn(mechanism, output, own, layer)
            for mechanism, own, layer in zip(self._attention_mechanisms, states, layers, strict=True)
        ]
        attention = concat([attention for attention, _, _ in found], 1)
        after = AttentionWrapperState(
            time=state.time + 1,
            cell_state=inner,
            attention=attention,
            attention_state=self._item_or_tuple(own for _, _, own in found),
            alignments=self._item_or_tuple(alignments for _, alignments, _ in found),
            alignment_history=self._item_or_tuple(
                history.write(state.time, alignments) if self._alignment_history else ()
                for history, (_, alignments, _) in zip(histories, found, strict=True)
            ),
        )
        return (attention if self._output_attention else output), after
