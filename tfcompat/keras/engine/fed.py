"""The data of calls of `fit`, `evaluate` and `predict`, as arrays and batches that fit the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.keras.engine import arrays as data
from tfcompat.keras.engine import feeding
from tfcompat.keras.engine.compiled import Compiled
from tfcompat.keras.engine.feeding import ArraySource, IteratorSource, Source
from tfcompat.layers.connections import shape_tuple
from tfcompat.ops.identity import placeholder


class Fed(Compiled):
    """A model that takes data in every form; see `Model.fit`."""

    def _prepared_arrays(self, x: Any, y: Any, weights: Any, class_weight: Any = None) -> list[Any]:
        """Inputs, labels and sample weights of a call as arrays, in the order of the functions' arguments."""
        self._take_inputs(x)
        endpoints = self._complete_compilation().fed_endpoints
        inputs = self._input_arrays(x)
        targets = data.standardized(y, [e.name for e in endpoints], [None] * len(endpoints), "target")
        given = data.sample_weights(weights, class_weight, targets, endpoints)
        data.check_lengths(inputs, targets, given)
        data.check_targets(targets, endpoints)
        if self._complete_compilation().weigh_samples(given):
            self._functions = {key: f for key, f in self._functions.items() if key == "predict"}
        kept = [w for e, w in zip(endpoints, given, strict=True) if e.sample_weight is not None]
        self._check_stateful_batch(inputs)
        return [*inputs, *targets, *kept]

    def _input_arrays(self, x: Any) -> list[Any]:
        if isinstance(x, dict) and not self._is_graph_network and len(x) == len(self._fed_inputs):
            x = [x[key] for key in sorted(x)]
        shapes = [shape_tuple(t) if self._is_graph_network else None for t in self._fed_inputs]
        return data.standardized(x, self._fed_input_names, shapes, "input")

    def _check_stateful_batch(self, inputs: list[Any]) -> None:
        size = next((t.shape.as_list()[0] for t in self.inputs or () if t.shape.rank), None)
        if not self.stateful or size is None:
            return
        for array in inputs:
            if array is not None and array.shape[0] % size:
                raise ValueError(
                    "In a stateful network, you should only pass inputs with a number of samples that can be divided "
                    f"by the batch size {size}. Found: {array.shape[0]} samples"
                )

    def _take_inputs(self, x: Any) -> None:
        """Calls a model with a `call` of its own on placeholders like `x`, unless that was done."""
        if self._is_graph_network or self._takes_placeholders:
            return
        leaves = [data.as_array(v) for v in nest.flatten(_as_arrays(x))]
        tensors = [_placeholder_like(v, f"input_{i + 1}") for i, v in enumerate(leaves)]
        inputs = nest.pack_sequence_as(_as_arrays(x), tensors)
        self._takes_placeholders = True
        if len(tensors) == 1:
            self._build_input_shape = shape_tuple(tensors[0])
        self._set_ends(inputs, self(inputs))
        if self._compile_arguments is not None:
            self._compilation, self._functions = None, {}
            self._complete_compilation()

    def _set_ends(self, inputs: Any, outputs: Any) -> None:
        """Takes what it was called with as its inputs and outputs, for a model with a `call` of its own."""
        self.inputs, self.outputs = nest.flatten(inputs), nest.flatten(outputs)
        self._nested_inputs, self._nested_outputs = inputs, outputs
        self.input_names = [f"input_{i + 1}" for i in range(len(self.inputs))]
        self.output_names = [f"output_{i + 1}" for i in range(len(self.outputs))]

    def _check_compiled(self) -> None:
        if not self._is_compiled:
            raise RuntimeError(self._not_compiled)

    def _source(self, x: Any, y: Any, sample_weight: Any, **options: Any) -> Source:
        """The batches that the arguments of a call mean; a model without known inputs takes those of the first."""
        source = self._source_of(x, y, sample_weight, **options)
        if isinstance(source, IteratorSource) and not (self._is_graph_network or self._takes_placeholders):
            inputs = source.first_inputs()
            if inputs is not None:
                self._take_inputs(inputs)
        return source

    def _source_of(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: Any = False,
        labelled: bool = True,
        held_out: bool = False,
    ) -> Source:

        def prepare(x: Any, y: Any, weights: Any) -> list[Any]:
            if labelled:
                return self._prepared_arrays(x, y, weights, class_weight)
            self._take_inputs(x)
            return self._input_arrays(x)

        if feeding.is_generator(x):
            if steps is None:
                if not feeding.is_sequence(x):
                    raise ValueError(
                        "`steps_per_epoch=None` is only valid for a generator based on the `keras.utils.Sequence` "
                        "class. Please specify `steps_per_epoch` or use the `keras.utils.Sequence` class."
                    )
                steps = len(x)
            return IteratorSource(feeding.generated(x, bool(shuffle)), prepare, steps, held_out, labelled, sized=True)
        if feeding.is_dataset(x):
            return IteratorSource(feeding.dataset_batches(x), prepare, steps, steps is None or held_out, labelled)
        if feeding.is_dataset_iterator(x):
            x = x.get_next()
            return IteratorSource(lambda: feeding.evaluated(x), prepare, steps, False, labelled)
        if feeding.is_symbolic((x, y, sample_weight)):
            if steps is None:
                raise ValueError(
                    "When using data tensors as input to a model, you should specify the `steps_per_epoch` argument."
                )
            batch = (x, y, sample_weight)
            kept = tuple(part for part in batch if part is not None)
            return IteratorSource(lambda: feeding.evaluated(kept), prepare, steps, False, labelled)
        if x is None and not self._fed_inputs and steps is not None:
            made = prepare(None, None, None)
            return IteratorSource(lambda: iter([(None, None)] * steps), lambda *_: made, steps, True, labelled)
        return ArraySource(prepare(x, y, sample_weight), batch_size, shuffle, steps)


def _as_arrays(x: Any) -> Any:
    """`x`, with lists of numbers as arrays."""
    if isinstance(x, (list, tuple)) and x and not hasattr(x[0], "shape"):
        return np.asarray(x)
    return x


def _placeholder_like(value: Any, name: str) -> Any:
    shape = (None, *value.shape[1:]) if len(value.shape) > 1 else (None, 1)
    dtype = PUBLIC["keras.backend.floatx"]() if value.dtype.kind == "f" else value.dtype
    return placeholder(dtype, shape, name=name)


def values_of(structure: Any) -> Any:
    """`structure` with the values of its tensors."""
    if not feeding.is_symbolic(structure):
        return structure
    return PUBLIC["keras.backend.get_session"](structure).run(structure)


def split_off(x: Any, y: Any, weights: Any, share: float) -> tuple[Any, Any, Any, Any]:
    """x, y and weights of the first samples, and (x, y, weights) of the share of the last ones."""
    if feeding.is_symbolic((x, y)) or feeding.is_generator(x) or feeding.is_dataset(x):
        raise ValueError("If your data is in the form of symbolic tensors, you cannot use `validation_split`.")
    parts = [nest.map_structure(data.as_array, _as_arrays(v)) if v is not None else None for v in (x, y, weights)]
    count = next(a.shape[0] for a in nest.flatten(parts) if a is not None)
    at = int(count * (1.0 - share))
    if at in (0, count):
        raise ValueError(
            f"Training data contains {count} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={share}`. Either provide more data, or a different value "
            "for the `validation_split` argument."
        )
    first, last = (
        [None if v is None else nest.map_structure(lambda a, s=s: None if a is None else a[s], v) for v in parts]
        for s in (slice(None, at), slice(at, None))
    )
    return first[0], first[1], first[2], tuple(last)


def validation_parts(given: Any) -> tuple[Any, Any, Any]:
    if isinstance(given, (list, tuple)):
        if len(given) not in (2, 3):
            raise ValueError(
                "When passing a `validation_data` argument, it must contain either 2 items (x_val, y_val), or 3 items "
                "(x_val, y_val, val_sample_weights), or alternatively it could be a dataset or a dataset or a dataset "
                f"iterator. However we received `validation_data={given}`"
            )
        return (*given, None)[:3]  # type: ignore[return-value]
    return given, None, None
