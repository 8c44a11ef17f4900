"""A model that is tried in a simpler form first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from converters.branches import hopeful
from converters.builder import Node, Value
from tfcompat.runtime.models import Model, ModelOptions


class HopefulModel:
    """Runs the model without its rare branches for as long as none of them has to be taken.

    A model has no effects, so that a result which came out void costs nothing but its time; from then on the model with
    all branches runs. Its results have one more at the end than the model has outputs, while it runs without them.

    Args:
        plain: the model without rare branches; its last output tells whether one had to be taken.
        make_full: loads the model with them.
    """

    def __init__(self, plain: Model, make_full: Callable[[], Model]):
        self._plain = plain
        self._last = len(plain.output_names) - 1
        self._full: Model | None = None
        self._make_full = make_full
        self._making = threading.Lock()
        self.input_names = plain.input_names
        self.initializers = plain.initializers

    @property
    def is_settled(self) -> bool:
        """Whether it is decided how to run: with a thread pool or without."""
        return (self._full or self._plain).is_settled

    def run(self, feeds: dict[str, Any], run_options: Any = None) -> Any:
        """Runs on OrtValues by name; returns OrtValues in the order of the outputs."""
        if self._full is None:
            results = self._plain.run(feeds, run_options)
            if not results[self._last].numpy():
                return results
        return self._with_all_branches().run(feeds, run_options)

    def run_arrays(self, feeds: dict[str, np.ndarray]) -> list[Any]:
        """Runs on arrays by name; returns arrays that share nothing."""
        if self._full is None:
            results = self._plain.run_arrays(feeds)
            if not results[self._last]:
                return results
        return self._with_all_branches().run_arrays(feeds)

    def _with_all_branches(self) -> Model:
        with self._making:
            self._full = self._full or self._make_full()
            return self._full

    def end_profiling(self) -> str:
        """Stops profiling and returns the path of the profile."""
        return (self._full or self._plain).end_profiling()


LoadedModel = Model | HopefulModel


def load_model(
    nodes: Sequence[Node],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    kind: str,
    options: ModelOptions,
    initializers: Mapping[str, np.ndarray],
    profile: str,
) -> LoadedModel:
    """The model of `nodes`; the arguments are those of `Model`."""

    def full() -> Model:
        return Model(nodes, inputs, outputs, kind, options, initializers, profile)

    straight, doubt = hopeful(nodes)
    if doubt is None:
        return full()
    plain = Model(straight, inputs, [*outputs, doubt], kind, options, initializers, profile)
    return HopefulModel(plain, full)
