"""`tf.GradientTape` in graphs: gradients along what was recorded while a tape was running."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tfcompat.gradients.api import UnconnectedGradients, gradients
from tfcompat.graph import nest
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.ops import array, concat, filling, raw_ops, while_loop
from tfcompat.ops.variable_base import Variable


@tf_export("GradientTape")
class GradientTape:
    """Remembers what is recorded within its context, and gives gradients along that.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables count as watched.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self._persistent = persistent
        self._watch_accessed_variables = watch_accessed_variables
        self._watched: list[Any] = []
        self._spans: list[list[Any]] = []
        self._recording = False
        self._used = False

    def __enter__(self) -> GradientTape:
        self._start()
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if self._recording:
            self._stop()

    def _start(self) -> None:
        if self._recording:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        graph = get_default_graph()
        self._spans.append([graph, len(graph._ops), None])
        self._recording = True

    def _stop(self) -> None:
        if not self._recording:
            raise ValueError("Tape is not recording.")
        span = self._spans[-1]
        span[2] = len(span[0]._ops)
        self._recording = False

    def watch(self, tensor: Any) -> None:
        """Lets gradients reach tensors or variables.

        Raises:
            ValueError: something is no tensor.
        """
        for item in nest.flatten(tensor, expand_composites=True):
            if not isinstance(item, (Tensor, Variable)):
                raise ValueError(
                    f"Passed in object {item} of type {type(item).__name__!r}, not tf.Tensor or tf.Variable."
                )
            self._watched.append(item)

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """A context in which nothing is remembered."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forgets everything."""
        recording = self._recording
        self._recording = False
        self._watched, self._spans, self._used = [], [], False
        if recording:
            self._start()

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that gradients may reach."""
        variables = [w for w in self._watched if isinstance(w, Variable)]
        if self._watch_accessed_variables:
            recorded = {t for op in self._recorded() for t in op.inputs}
            for variable in self._trainable():
                if recorded.intersection(_tensors_of(variable)):
                    variables.append(variable)
        return tuple(dict.fromkeys(variables))

    def _trainable(self) -> list[Any]:
        graph = get_default_graph()
        return list(graph.get_collection("trainable_variables"))

    def _recorded(self) -> list[Any]:
        """The operations that were recorded while the tape was running."""
        found = []
        for graph, begin, end in self._spans:
            found += graph._ops[begin : len(graph._ops) if end is None else end]
        return found

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradient of the sum of `target` with respect to `sources`, in their structure.

        Args:
            target: a tensor or structure of them.
            sources: watched tensors or variables, or a structure of them.
            output_gradients: a tensor for each target: the gradient that comes in there.
            unconnected_gradients: "none" or "zero": what sources without influence get.

        Raises:
            RuntimeError: a tape that is not persistent is asked twice.
        """
        if self._used:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
            )
        if self._recording and not self._persistent:
            self._stop()
        self._used = not self._persistent
        targets = [_as_tensor(t) for t in nest.flatten(target) if t is not None]
        given = None if output_gradients is None else nest.flatten(output_gradients)
        flat = nest.flatten(sources)
        if any(s is None for s in flat):
            raise TypeError("GradientTape.gradient is not allowed to be used with None sources.")
        results = self._gradients(targets, flat, given, unconnected_gradients)
        return nest.pack_sequence_as(sources, results) if nest.is_nested(sources) else results[0]

    def _gradients(self, targets: list[Any], sources: list[Any], given: Any, unconnected: Any) -> list[Any]:
        recorded = self._recorded()
        inside = set(recorded)
        reached = {t for w in self._watched for t in _tensors_of(w)}
        if self._watch_accessed_variables:
            reached |= {t for v in self._trainable() for t in _tensors_of(v)}
        for op in recorded:
            if any(t in reached for t in op.inputs):
                reached.update(op.outputs)
        own = {t for s in sources for t in _tensors_of(s)}
        outside = {t for op in recorded for t in op.inputs if t.op not in inside and t not in own}
        outside |= {t for t in targets if isinstance(t, Tensor) and t.op not in inside and t not in own}
        live = [s for s in sources if any(t in reached for t in _tensors_of(s))]
        variables = {t for s in sources if isinstance(s, Variable) for t in _tensors_of(s)}
        stops = [t for t in outside if t not in variables and not _reads(t, variables)]
        found: list[Any] = []
        if live and targets:
            with_float = [t for t in targets if t.dtype.is_floating or t.dtype.is_complex]
            kept = None if given is None else [g for t, g in zip(targets, given, strict=True) if t in with_float]
            if with_float:
                found = gradients(with_float, live, kept, stop_gradients=stops, unconnected_gradients=unconnected)
        by_source = dict(zip(map(id, live), found, strict=False))
        results = [by_source.get(id(s)) for s in sources]
        if getattr(unconnected, "value", unconnected) == "zero":
            results = [filling.zeros_like(s) if r is None else r for r, s in zip(results, sources, strict=True)]
        return results

    def jacobian(
        self, target: Any, sources: Any, unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None, experimental_use_pfor: bool = True,
    ) -> Any:  # fmt: skip
        """The derivatives of each element of `target`: tensors of shape target.shape + source.shape."""
        flat = nest.flatten(sources)
        target = _as_tensor(target)
        first = self.gradient(target, flat, unconnected_gradients=unconnected_gradients)
        self._used = False
        results = [None if g is None else self._jacobian(target, s) for g, s in zip(first, flat, strict=True)]
        self._used = not self._persistent
        return nest.pack_sequence_as(sources, results) if nest.is_nested(sources) else results[0]

    def _jacobian(self, target: Tensor, source: Any) -> Tensor:
        """Row by row the gradient of one element."""
        count: Any = array.size(target)
        inner = array.shape(source)
        rows = filling.zeros(concat.concat([array.reshape(count, [1]), inner], 0), dtype=source.dtype.base_dtype)
        flat_shape = array.shape(target)

        def body(index: Any, rows: Any) -> tuple[Any, Any]:
            chosen = array.reshape(filling.one_hot(index, count, dtype=target.dtype.base_dtype), flat_shape)
            row = gradients(target, source, chosen)[0]
            place = array.reshape(index, [1, 1])
            placed = raw_ops.TensorScatterUpdate(tensor=rows, indices=place, updates=array.expand_dims(row, 0))
            return index + 1, placed

        _, filled = while_loop.while_loop(lambda index, rows: index < count, body, [0, rows])
        result: Tensor = array.reshape(filled, concat.concat([flat_shape, inner], 0))
        result.set_shape(target.shape.concatenate(source.shape))
        return result

    def batch_jacobian(
        self, target: Any, source: Any, unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None, experimental_use_pfor: bool = True,
    ) -> Any:  # fmt: skip
        """The derivatives of each row of `target` with respect to the same row of `source`.

        Raises:
            ValueError: the first sizes are known to differ.
        """
        size = target.shape.as_list()[0]
        if size is None or not target.shape[:1].is_compatible_with(source.shape[:1]):
            raise ValueError(
                f"Need first dimension of target shape ({target.shape}) and source shape ({source.shape}) to match."
            )
        whole = self.jacobian(target, source, unconnected_gradients)
        if whole is None:
            return None
        count, inner = array.shape(target)[1:], array.shape(source)[1:]
        rows = array.reshape(whole, concat.concat([[size, -1, size], inner], 0))
        turned = [array.expand_dims(rows[i, :, i], 0) for i in range(size)]
        joined = concat.concat(turned, 0)
        return array.reshape(joined, concat.concat([[size], count, inner], 0))


def _as_tensor(value: Any) -> Any:
    return value.value() if isinstance(value, Variable) else value


def _tensors_of(value: Any) -> list[Any]:
    """The tensors that stand for a source."""
    if isinstance(value, Variable):
        handle = getattr(value, "handle", None)
        return [
            t for t in (handle, getattr(value, "_variable", None), getattr(value, "_snapshot", None)) if t is not None
        ]
    return value.component_tensors() if isinstance(value, CompositeTensor) else [value]


def _reads(tensor: Any, variables: set[Any]) -> bool:
    """Whether `tensor` is what an operation reads of one of `variables`."""
    return bool(variables.intersection(tensor.op.inputs))
