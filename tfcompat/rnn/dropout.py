"""`DropoutWrapper`: dropout of the inputs, outputs and states of a cell."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.binary import divide
from tfcompat.ops.concat import concat
from tfcompat.ops.nn_misc import dropout
from tfcompat.ops.random import random_uniform
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.rnn.cell import LSTMStateTuple
from tfcompat.rnn.wrappers import CellWrapper


@tf_export("nn.rnn_cell.DropoutWrapper")
class DropoutWrapper(CellWrapper):
    """Dropout of what goes into and comes out of a cell.

    Args:
        cell: the cell.
        input_keep_prob: share of the inputs to keep, a number or a scalar tensor.
        output_keep_prob: the same for the outputs.
        state_keep_prob: the same for the next state.
        variational_recurrent: whether one mask serves all steps and all members of the batch.
        input_size: sizes of the inputs; needed for variational dropout of inputs.
        dtype: type of inputs, states and outputs; needed for variational dropout.
        seed: seed of the masks; each gets one derived from it.
        dropout_state_filter_visitor: function of a part of the state that says whether to drop in it: a bool, or bools
            for its members. By default everything but the memory of an LSTM and TensorArrays.
        kwargs: see `tf.layers.Layer`.

    Raises:
        TypeError: `cell` is no cell, or the filter is not callable.
        ValueError: a share is not between 0 and 1, or variational dropout lacks a size or a type.
    """

    _CONFIG = ("input_keep_prob", "output_keep_prob", "state_keep_prob", "variational_recurrent", "input_size", "seed")

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError(f"dropout_state_filter_visitor must be callable. Received: {dropout_state_filter_visitor}")
        self._dropout_state_filter = dropout_state_filter_visitor or _all_but_memory
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _share("input_keep_prob", input_keep_prob)
            self._state_keep_prob = _share("state_keep_prob", state_keep_prob)
            self._output_keep_prob = _share("output_keep_prob", output_keep_prob)
        self._variational_recurrent = variational_recurrent
        self._input_size, self._seed = input_size, seed
        self._noise: dict[str, Any] = {}
        if variational_recurrent:
            self._make_noise(dtype)

    def get_config(self) -> dict[str, Any]:
        """As for other wrappers, with the filter where it is not the default one."""
        config = super().get_config()
        if self._dropout_state_filter is not _all_but_memory:
            config["dropout_state_filter_visitor"] = self._dropout_state_filter
        return config

    def _make_noise(self, dtype: Any) -> None:
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"state": self.cell.state_size, "output": self.cell.output_size}
        if _drops(self._input_keep_prob):
            if self._input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be "
                    "provided"
                )
            sizes = {"input": self._input_size, **sizes}
        for what, structure in sizes.items():
            count = itertools.count()

            def noise(size: Any, what: str = what, count: Any = count) -> Tensor:
                size = [size] if isinstance(size, int) else size
                shape = concat([[1], TensorShape(size).as_list()], 0)
                return random_uniform(shape, dtype=dtype, seed=self._derived(what, next(count)))

            self._noise[what] = nest.map_structure(noise, structure)

    def _derived(self, what: str, index: int) -> int | None:
        """The seed of one mask."""
        if self._seed is None:
            return None
        text = f"{self._seed}{what}_{index}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        if _drops(self._input_keep_prob):
            inputs = self._dropped("input", inputs, self._input_keep_prob)
        output, after = step(inputs, state, **kwargs)
        if _drops(self._state_keep_prob):
            after = self._dropped("state", after, self._state_keep_prob, _decided(self._dropout_state_filter, after))
        if _drops(self._output_keep_prob):
            output = self._dropped("output", output, self._output_keep_prob)
        return output, after

    def _dropped(self, what: str, values: Any, keep: Any, decisions: Any = None) -> Any:
        """`values` with dropout where `decisions`, of the upper levels of their structure, say so."""
        count = itertools.count()

        def drop(decision: Any, value: Any, noise: Any) -> Any:
            if nest.is_nested(decision):
                parts = [drop(*p) for p in zip(_members(decision), _members(value), _members(noise), strict=False)]
                return nest.pack_sequence_as(value, nest.flatten(parts))
            index = next(count)
            if decision is False:
                return value
            if self._variational_recurrent:
                return _masked(value, noise, keep)
            return dropout(value, rate=1.0 - keep, seed=self._derived(what, index))

        noise = self._noise.get(what, _Nothing())
        return drop(values if decisions is None else decisions, values, noise)


class _Nothing:
    """Stands for noise, at any level, where there is none."""


def _members(structure: Any) -> Any:
    if isinstance(structure, _Nothing):
        return itertools.repeat(structure)
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return structure


def _share(name: str, value: Any) -> Any:
    tensor = convert_to_tensor(value)
    known = get_static_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1. Received {known}")
    return float(known)


def _drops(keep: Any) -> bool:
    return not isinstance(keep, float) or keep < 1


def _masked(value: Any, noise: Tensor, keep: Any) -> Any:
    mask = raw_ops.Floor(x=keep + noise)
    kept = divide(value, keep) * mask
    kept.set_shape(value.shape)
    return kept


def _all_but_memory(state: Any) -> Any:
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(state, TensorArray)


def _decided(visitor: Callable[[Any], Any], state: Any) -> Any:
    """The decisions of `visitor` in the structure of `state`, as deep as it says True."""
    decision = visitor(state)
    if isinstance(decision, bool):
        if not decision or not nest.is_nested(state):
            return decision
        parts = [_decided(visitor, part) for part in _members(state)]
    elif nest.is_nested(decision):
        parts = [
            _decided(visitor, part) if wanted and nest.is_nested(part) else bool(wanted)
            for wanted, part in zip(_members(decision), _members(state), strict=True)
        ]
    else:
        raise TypeError(f"dropout_state_filter_visitor must return bools, but returned: {decision!r}")
    return parts
