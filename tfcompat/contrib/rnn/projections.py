"""Wrappers of tf.contrib.rnn that put layers of their own before or behind a cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.default import device, name_scope
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.ops.array import expand_dims, reshape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.concat import concat
from tfcompat.ops.conv import conv2d
from tfcompat.ops.embedding import embedding_lookup
from tfcompat.ops.initializers import Constant, RandomUniform
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.slicing import slice_ as slice
from tfcompat.ops.softmax import softmax
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.platform import logging
from tfcompat.rnn.cell import RNNCell, assert_like_cell
from tfcompat.rnn.cells import sigmoid, tanh


class Linear:
    """inputs @ kernel + bias, with variables `kernel` and `bias` of the current variable scope.

    Args:
        args: a tensor `[batch, size]`, or a list of such, which stand beside one another.
        output_size: size of the results.
        build_bias: whether there is a bias.
        bias_initializer: of the bias; 0 by default.
        kernel_initializer: of the kernel; the scope's default when None.

    Raises:
        ValueError: there are no inputs, or their sizes are not known.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ):
        if args is None or (nest.is_nested(args) and not args):
            raise ValueError("`args` must be specified")
        tensors = list(args) if nest.is_nested(args) else [args]
        shapes = [t.shape for t in tensors]
        depth = 0
        for shape in shapes:
            if shape.rank != 2:
                raise ValueError(f"linear is expecting 2D arguments: {shapes}")
            size = dimension_value(shape[1])
            if size is None:
                raise ValueError(f"linear expects shape[1] to be provided for shape {shape}, but saw {shape[1]}")
            depth += size
        dtype = tensors[0].dtype.base_dtype
        with variable_scope(get_variable_scope()) as outer:
            self._weights = get_variable("kernel", [depth, output_size], dtype, kernel_initializer)
            self._biases = None
            if build_bias:
                with variable_scope(outer) as inner:
                    inner._partitioner = None
                    self._biases = get_variable(
                        "bias", [output_size], dtype, bias_initializer or Constant(0.0, dtype=dtype)
                    )

    def __call__(self, args: Any) -> Tensor:
        tensors = list(args) if nest.is_nested(args) else [args]
        product = matmul(tensors[0] if len(tensors) == 1 else concat(tensors, 1), self._weights)
        return product if self._biases is None else bias_add(product, self._biases)


def linear(
    args: Any, output_size: int, bias: bool, bias_initializer: Any = None, kernel_initializer: Any = None
) -> Any:
    """`Linear` made and called at once: args @ kernel (+ bias)."""
    return Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)


for _module in ("contrib.rnn.python.ops.core_rnn_cell", "python.ops.rnn_cell_impl"):
    export_internal(f"{_module}._Linear", Linear)
    export_internal(f"{_module}._linear", linear)


class _Around(RNNCell):
    """A cell with another one inside, whose variables it makes in its own scope."""

    def __init__(self, cell: Any, reuse: Any):
        super().__init__(_reuse=reuse)
        assert_like_cell("cell", cell)
        self._cell = cell
        self._linears: dict[str, Linear] = {}

    def _linear(self, key: str, args: Any, output_size: int) -> Tensor:
        """`Linear` with the variables that belong to `key`."""
        if key not in self._linears:
            self._linears[key] = Linear(args, output_size, True)
        return self._linears[key](args)

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell inside."""
        with name_scope(type(self).__name__ + "ZeroState"):
            return self._cell.zero_state(batch_size, dtype)


@tf_export("contrib.rnn.EmbeddingWrapper")
class EmbeddingWrapper(_Around):
    """Looks the inputs, integers, up in a table `embedding` before the cell reads them.

    Args:
        cell: the cell.
        embedding_classes: number of rows of the table.
        embedding_size: size of a row.
        initializer: of the table; the scope's default, else uniform in [-sqrt(3), sqrt(3)).
        reuse: whether the variables exist already.
    """

    def __init__(
        self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Any = None, reuse: Any = None
    ):
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, {embedding_size}."
            )
        self._table = [embedding_classes, embedding_size]
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """One step of the cell on the rows."""
        with device("/cpu:0"):
            initializer = self._initializer or get_variable_scope()._initializer
            initializer = initializer or RandomUniform(-math.sqrt(3), math.sqrt(3))
            dtype = nest.flatten(state)[0].dtype
            table = get_variable("embedding", self._table, dtype, initializer)
            return self._cell(embedding_lookup(table, reshape(inputs, [-1])), state)


@tf_export("contrib.rnn.InputProjectionWrapper")
class InputProjectionWrapper(_Around):
    """A linear layer before a cell.

    Args:
        cell: the cell.
        num_proj: size of what the cell reads.
        activation: function of the layer's result.
        input_size: accepted.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Callable[[Any], Any] | None = None,
        input_size: Any = None,
        reuse: Any = None,
    ):
        super().__init__(cell, reuse)
        self._num_proj, self._activation = num_proj, activation

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """One step of the cell on the projected inputs."""
        projected = self._linear("in", inputs, self._num_proj)
        return self._cell(self._activation(projected) if self._activation else projected, state)


@tf_export("contrib.rnn.OutputProjectionWrapper")
class OutputProjectionWrapper(_Around):
    """A linear layer behind a cell.

    Args:
        cell: the cell.
        output_size: size of the outputs.
        activation: function of the layer's result.
        reuse: whether the variables exist already.
    """

    def __init__(self, cell: Any, output_size: int, activation: Callable[[Any], Any] | None = None, reuse: Any = None):
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size, self._activation = output_size, activation

    @property
    def output_size(self) -> Any:
        """The size of the projected outputs."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(projected output, next state)."""
        output, after = self._cell(inputs, state)
        projected = self._linear("out", output, self._output_size)
        return (self._activation(projected) if self._activation else projected), after


@tf_export("contrib.rnn.HighwayWrapper")
class HighwayWrapper(_Around):
    """inputs * carry + outputs * transform, with gates made from the inputs.

    Args:
        cell: a cell whose outputs have the size of its inputs.
        couple_carry_transform_gates: whether transform is 1 - carry.
        carry_bias_init: initial bias of the carry gate; that of the transform gate is its opposite.
    """

    def __init__(self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0):
        super().__init__(cell, None)
        self._coupled, self._carry_bias_init = couple_carry_transform_gates, carry_bias_init

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step of the cell inside, with the highway."""
        outputs, after = self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        for before, behind in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
            before.shape.assert_is_compatible_with(behind.shape)
        return nest.map_structure(self._highway, inputs, outputs), after

    def _highway(self, before: Any, behind: Any) -> Any:
        carry = self._gate("carry", before, self._carry_bias_init)
        transform = 1 - carry if self._coupled else self._gate("transform", before, -self._carry_bias_init)
        return before * carry + behind * transform

    @staticmethod
    def _gate(name: str, inputs: Any, bias: float) -> Any:
        size = dimension_value(inputs.shape.with_rank(2)[1])
        weights = get_variable(f"{name}_w", [size, size])
        biases = get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return sigmoid(bias_add(matmul(inputs, weights), biases))


@tf_export("contrib.rnn.AttentionCellWrapper")
class AttentionCellWrapper(_Around):
    """Lets a cell attend to its last `attn_length` outputs.

    The state is (state of the cell, attention `[batch, attn_size]`, outputs `[batch, attn_size * attn_length]`).

    Args:
        cell: the cell.
        attn_length: how many outputs it attends to.
        attn_size: size of an output; the cell's by default.
        attn_vec_size: size of the layer that compares; `attn_size` by default.
        input_size: size of what the cell reads; that of the inputs by default.
        state_is_tuple: whether the state is a tuple, or its tensors beside one another.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ):
        super().__init__(cell, reuse)
        if nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: "
                f"{cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            logging.warning(
                "%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self
            )
        self._attn_length = attn_length
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._input_size, self._state_is_tuple = input_size, state_is_tuple

    @property
    def state_size(self) -> Any:
        """The sizes of the three parts, or their sum."""
        size = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return size if self._state_is_tuple else sum(size)

    @property
    def output_size(self) -> Any:
        """The size of an output."""
        return self._attn_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros of `state_size`; see `RNNCell.zero_state`."""
        return RNNCell.zero_state(self, batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        inner, attention, outputs = self._parts(state)
        outputs = reshape(outputs, [-1, self._attn_length, self._attn_size])
        size = inputs.shape.as_list()[1] if self._input_size is None else self._input_size
        cell_output, after = self._cell(self._linear("in", [inputs, attention], size), inner)
        query = concat(nest.flatten(after), 1) if self._state_is_tuple else after
        attention, kept = self._attend(query, outputs)
        with variable_scope("attn_output_projection"):
            output = self._linear("out", [cell_output, attention], self._attn_size)
        kept = concat([kept, expand_dims(output, 1)], 1)
        kept = reshape(kept, [-1, self._attn_length * self._attn_size])
        return output, (after, attention, kept) if self._state_is_tuple else concat([after, attention, kept], 1)

    def _parts(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        parts, begin = [], 0
        for size in (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length):
            parts.append(slice(state, [0, begin], [-1, size]))
            begin += size
        return parts

    def _attend(self, query: Any, outputs: Any) -> tuple[Any, Any]:
        """(what is read of the outputs, all of them but the oldest)."""
        size, length, units = self._attn_size, self._attn_length, self._attn_vec_size
        with variable_scope("attention"):
            k = get_variable("attn_w", [1, 1, size, units])
            v = get_variable("attn_v", [units])
            hidden = reshape(outputs, [-1, length, 1, size])
            features = conv2d(hidden, k, [1, 1, 1, 1], "SAME")
            y = reshape(self._linear("query", query, units), [-1, 1, 1, units])
            weights = softmax(reduce_sum(v * tanh(features + y), [2, 3]))
            read = reduce_sum(reshape(weights, [-1, length, 1, 1]) * hidden, [1, 2])
            return reshape(read, [-1, size]), slice(outputs, [0, 1, 0], [-1, -1, -1])
