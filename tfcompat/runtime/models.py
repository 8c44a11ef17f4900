"""ONNX models as loaded ONNX Runtime sessions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as binding

from converters.builder import Node, Value
from converters.model import build_model
from converters.passes.blocked import in_blocks, may_block
from tfcompat.kernels.threads import core_count
from tfcompat.runtime.arrays import to_ort
from tfcompat.runtime.channel_block import channel_block

_FATAL = 4
onnxruntime.set_default_logger_severity(_FATAL)

_HEAVY = frozenset({"Conv", "ConvTranspose", "Loop", "Scan", "LSTM", "GRU", "RNN"})
_LARGE_ELEMENTS = 1 << 16
_WORTH_A_POOL = 60e-6
_CERTAINLY_HEAVY = 5e-3
_TRIAL_RUNS = 10
_MUST_SAVE = 0.9

_LEVELS = {-1: onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, 0: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL}


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a session's configuration says about its models.

    Attributes:
        threads: threads of each model's own pool; 0 means one per core.
        optimize: whether ONNX Runtime may optimise graphs.
        memory_fraction: share of a GPU's memory to use at most; 0 means all.
        allow_growth: whether GPU memory is taken as needed.
    """

    threads: int = 0
    optimize: bool = True
    memory_fraction: float = 0.0
    allow_growth: bool = False

    @property
    def thread_count(self) -> int:
        """Threads of a pool."""
        return self.threads or core_count()


class Model:
    """A model that can be run on values by name.

    It begins with a thread pool when it looks heavy, without one otherwise. Unless its first runs settle that, it is
    loaded the other way as well, and the faster way stays.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        kind: str,
        options: ModelOptions,
        initializers: Mapping[str, np.ndarray] | None = None,
        profile: str = "",
    ):
        self._profile = profile
        self._kind, self._options = kind, options
        self._inputs, self._outputs = inputs, outputs
        self.initializers = dict(initializers or {})
        self._nodes = self._laid_out(nodes)
        self.input_names = [v.name for v in inputs]
        self.output_names = [v.name for v in outputs]
        may_pool = options.thread_count > 1
        self._pooled = may_pool and self._looks_heavy()
        self._session = self._load(self._pooled)
        self._use(self._session)
        self._first: tuple[onnxruntime.InferenceSession, float] | None = None
        self._times: list[float] = []
        self._timing = may_pool and not profile

    def _laid_out(self, nodes: Sequence[Node]) -> Sequence[Node]:
        if self._kind != "cpu" or not self._options.optimize or not may_block(nodes):
            return nodes
        block = channel_block()
        return in_blocks(nodes, [v.name for v in self._outputs], block, self.initializers) if block else nodes

    def _looks_heavy(self) -> bool:
        if any(n.op_type in _HEAVY for n in self._nodes):
            return True
        shapes = [v.shape for v in self._inputs if v.shape is not None and None not in v.shape]
        return any(int(np.prod(s)) >= _LARGE_ELEMENTS for s in shapes)  # type: ignore[arg-type]

    def _load(self, pooled: bool) -> onnxruntime.InferenceSession:
        external: dict[str, np.ndarray] = {}
        proto = build_model(self._nodes, self._inputs, self._outputs, initializers=self.initializers, external=external)
        return load(proto.SerializeToString(), self._kind, self._options, pooled, external, self._profile)

    def run(self, feeds: dict[str, Any], run_options: Any = None) -> Any:
        """Runs on OrtValues by name; returns OrtValues in the order of `output_names`."""
        if self._timing:
            return self._timed_run(feeds, run_options)
        return self._run(feeds, self.output_names, run_options)

    @property
    def is_settled(self) -> bool:
        """Whether it is decided how to run: with a thread pool or without."""
        return not self._timing

    def run_arrays(self, feeds: dict[str, np.ndarray]) -> list[Any]:
        """Runs on arrays by name; returns arrays that share nothing. For small plain arrays this costs least."""
        return self._run_arrays(self.output_names, feeds, None)  # type: ignore[no-any-return]

    def _timed_run(self, feeds: dict[str, Any], run_options: Any) -> Any:
        start = time.perf_counter()
        results = self._run(feeds, self.output_names, run_options)
        self._times.append(time.perf_counter() - start)
        if len(self._times) >= _TRIAL_RUNS:
            best = min(self._times[1:])
            self._times = []
            self._decide(best)
        return results

    def _decide(self, best: float) -> None:
        """Tries the model the other way, with or without a pool, where that is cheap and may pay; keeps the better.

        Args:
            best: the fastest of the last runs, in seconds.
        """
        if self._first is not None:
            session, before = self._first
            with_pool, without = (before, best) if self._pooled else (best, before)
            if (with_pool < _MUST_SAVE * without) == self._pooled:
                self._use(session)
            self._first = None
            self._timing = False
        elif (best < _WORTH_A_POOL and not self._pooled) or (best > _CERTAINLY_HEAVY and self._pooled):
            self._timing = False
        else:
            self._first = self._session, best
            self._use(self._load(pooled=not self._pooled))

    def _use(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._run = session._sess.run_with_ort_values
        self._run_arrays = session._sess.run

    def end_profiling(self) -> str:
        """Stops profiling and returns the path of the profile."""
        return str(self._session.end_profiling())


def load(
    model: bytes,
    kind: str,
    options: ModelOptions,
    pooled: bool,
    external: Mapping[str, np.ndarray],
    profile_prefix: str = "",
) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session for serialised `model`.

    Args:
        model: the serialised ModelProto.
        kind: "cpu" or "cuda:N".
        options: threads and optimisation.
        pooled: whether it gets a thread pool of its own.
        external: constants that the model keeps outside.
        profile_prefix: when given, profiling is on and the profile's path starts with this.
    """
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _FATAL
    settings.intra_op_num_threads = options.thread_count if pooled else 1
    settings.inter_op_num_threads = 1
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    settings.graph_optimization_level = _LEVELS[0 if options.optimize else -1]
    if profile_prefix:
        settings.enable_profiling = True
        settings.profile_file_prefix = profile_prefix
    if external:
        settings.add_external_initializers(list(external), [_public(v) for v in external.values()])
    return onnxruntime.InferenceSession(model, settings, providers=providers(kind, options))


def _public(array: np.ndarray) -> Any:
    return onnxruntime.OrtValue(to_ort(array), array)


def providers(kind: str, options: ModelOptions) -> list[Any]:
    """The execution providers of a device kind, in order of preference."""
    if not kind.startswith("cuda:"):
        return ["CPUExecutionProvider"]
    settings: dict[str, Any] = {"device_id": int(kind[5:])}
    if options.allow_growth:
        settings["arena_extend_strategy"] = "kSameAsRequested"
    return [("CUDAExecutionProvider", settings), "CPUExecutionProvider"]


def device_output_binding(session: onnxruntime.InferenceSession) -> Any:
    """An IO binding of `session`, for outputs that stay on a device."""
    return binding.SessionIOBinding(session._sess)
