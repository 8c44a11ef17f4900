"""`tf.keras.backend`: functions from arrays to arrays that a graph computes, gradients, and printing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.gradients import api
from tfcompat.graph import nest
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.backend.state import get_session
from tfcompat.ops import grouping, state
from tfcompat.ops.identity import identity

_OPTIONS = ("feed_dict", "fetches", "options", "run_metadata")


@tf_export("keras.backend.gradients")
def gradients(loss: Any, variables: Any) -> list[Any]:
    """The gradients of `loss` for each of `variables`; None where it does not depend on one."""
    return api.gradients(loss, variables)


class GraphExecutionFunction:
    """A function that feeds arrays, computes tensors and runs updates in Keras' session.

    Args:
        inputs: tensors that are fed, in the order of the argument.
        outputs: tensors that are computed, in any structure.
        updates: operations to run after the outputs were computed, or pairs (variable, new value).
        name: kept.
        session_kwargs: `feed_dict` for more feeds, `fetches` for operations to run as well, `options` and
            `run_metadata` as for `Session.run`.

    Attributes:
        fetches: the operations to run as well; may be changed between calls.
        fetch_callbacks: operation -> function that is called with its value.
    """

    def __init__(self, inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **session_kwargs: Any):
        self.inputs = list(nest.flatten(inputs, expand_composites=True))
        self._structure = outputs
        self.outputs = [_computed(t) for t in nest.flatten(outputs, expand_composites=True)]
        self.name = name
        with control_dependencies(self.outputs[:1]):
            operations = [state.assign(*update) if isinstance(update, tuple) else update for update in updates or []]
            self.updates_op = grouping.group(*operations)
        self.feed_dict = session_kwargs.pop("feed_dict", None) or {}
        self.fetches = _listed(session_kwargs.pop("fetches", None))
        self.fetch_callbacks: dict[Any, Callable[[Any], Any]] = {}
        self.run_options = session_kwargs.pop("options", None)
        self.run_metadata = session_kwargs.pop("run_metadata", None)
        if session_kwargs:
            raise ValueError(f"Some keys in session_kwargs are not supported at this time: {session_kwargs.keys()}")
        self._made: tuple[Any, ...] | None = None
        self._run: Any = None

    def __call__(self, inputs: Any) -> Any:
        """The outputs for `inputs`, arrays in the structure of the function's inputs; None leaves one unfed."""
        one_each = isinstance(inputs, (list, tuple)) and len(inputs) == len(self.inputs)
        values = list(inputs) if one_each else nest.flatten(inputs, expand_composites=True)
        pairs = [(t, v) for t, v in zip(self.inputs, values, strict=False) if v is not None]
        feeds = {t: _array(v, t) for t, v in pairs}
        feeds.update(self.feed_dict)
        session = get_session(self.inputs)
        fetched = self._prepared(session, tuple(feeds))(
            *feeds.values(), options=self.run_options, run_metadata=self.run_metadata
        )
        for operation, value in zip(self.fetches, fetched[2], strict=True):
            callback = self.fetch_callbacks.get(operation)
            if callback is not None:
                callback(value)
        return nest.pack_sequence_as(self._structure, fetched[0], expand_composites=True)

    def _prepared(self, session: Any, fed: tuple[Any, ...]) -> Any:
        """The callable for these feeds, kept while session, feeds and fetches stay the same."""
        key = (session, fed, tuple(self.fetches))
        if self._made is None or len(self._made[1]) != len(fed) or not _same(self._made, key):
            self._made = key
            self._run = session.make_callable([self.outputs, self.updates_op, list(self.fetches)], list(fed))
        return self._run


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return one[0] is other[0] and all(
        len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
        for a, b in zip(one[1:], other[1:], strict=True)
    )


def _computed(tensor: Any) -> Any:
    return tensor if isinstance(tensor, Tensor) or not hasattr(tensor, "value") else identity(tensor)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _array(value: Any, tensor: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, Tensor):
        return get_session((value,)).run(value)
    return np.asarray(value, dtype=tensor.dtype.base_dtype.as_numpy_dtype)


@tf_export("keras.backend.function")
def function(inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any) -> Any:
    """A function from arrays for `inputs` to the values of `outputs`.

    Args:
        inputs: placeholders, or other tensors to be fed.
        outputs: tensors in any structure, which is the structure of the result.
        updates: operations to run after that, or pairs (variable, new value).
        name: kept.
        kwargs: `feed_dict`, `fetches`, `options` and `run_metadata`, as for `Session.run`.

    Raises:
        ValueError: another keyword.
    """
    for key in kwargs:
        if key not in _OPTIONS:
            raise ValueError(f'Invalid argument "{key}" passed to K.function with TensorFlow backend')
    return GraphExecutionFunction(inputs, outputs, updates=updates, name=name, **kwargs)


@tf_export("keras.backend.print_tensor")
def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Tensor:
    """`x`, printed to standard output when it is computed.

    Args:
        x: tensor.
        message: what to print before it.
        summarize: how many elements of each dimension to print at both ends; -1 for all.
    """
    import sys

    from tfcompat.ops.printing import print_

    with control_dependencies([print_(message, x, output_stream=sys.stdout, summarize=summarize)]):
        return identity(x)
