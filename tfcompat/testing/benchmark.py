"""`tf.test.Benchmark`: timings of operations."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.default import get_default_session
from tfcompat.session.timeline import Timeline


def benchmark_config() -> Any:
    """The ConfigProto of benchmarks: dependency optimisation off."""
    config = protos.ConfigProto()
    config.graph_options.rewrite_options.dependency_optimization = protos.RewriterConfig.OFF
    return config


class Benchmark:
    """Base class of benchmarks: methods whose names start with "benchmark"."""

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether the class is only a base of others."""
        return cls is Benchmark

    def evaluate(self, tensors: Any) -> Any:
        """The values of `tensors` in the default session; ValueError when there is none."""
        session = get_default_session()
        if session is None:
            raise ValueError("evaluate needs a default session")
        return session.run(tensors)

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: Any = None,
    ) -> None:
        """Prints a result, and writes it to a file when the environment variable TEST_REPORT_FILE_PREFIX is set.

        Args:
            iters: how many times the operation ran.
            cpu_time: seconds of CPU time.
            wall_time: seconds that one run took.
            throughput: megabytes a second.
            extras: further values by name, numbers or text.
            name: of the benchmark; by default the class and the method that calls.
            metrics: list of dictionaries with `name`, `value` and perhaps `min_value` and `max_value`.
        """
        import sys

        name = f"{type(self).__name__}.{name or sys._getframe(1).f_code.co_name}"
        entries = protos.BenchmarkEntries()
        entry = entries.entry.add(
            name=name, iters=iters or 0, cpu_time=cpu_time or 0, wall_time=wall_time or 0, throughput=throughput or 0
        )
        for key, value in (extras or {}).items():
            if isinstance(value, (int, float, np.number)):
                entry.extras[key].double_value = float(value)
            else:
                entry.extras[key].string_value = str(value)
        for metric in metrics or ():
            _add_metric(entry, metric)
        print(protos.to_text(entries))
        prefix = os.environ.get("TEST_REPORT_FILE_PREFIX")
        if prefix:
            with open(prefix + name.replace("/", "__"), "wb") as file:
                file.write(entries.SerializeToString())

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Runs an operation repeatedly and reports the median time.

        Args:
            sess: a session.
            op_or_tensor: what to run; of tensors the operations.
            feed_dict: as for `Session.run`.
            burn_iters: runs before those that count.
            min_iters: runs that count.
            store_trace: whether the trace of one more run goes into `extras`.
            store_memory_usage: whether the allocators' maximums of one more run go into `extras`.
            name: of the benchmark.
            extras: further values.
            mbs: megabytes that one run handles.

        Returns:
            iters, wall_time, throughput, name and extras as they are reported.
        """
        import sys

        operations = [getattr(o, "op", o) for o in _flat(op_or_tensor)]
        for _ in range(burn_iters):
            sess.run(operations, feed_dict)
        times = np.zeros(min_iters)
        for i in range(min_iters):
            start = time.perf_counter()
            sess.run(operations, feed_dict)
            times[i] = time.perf_counter() - start
        extras = dict(extras or {})
        if store_trace or store_memory_usage:
            extras.update(_traced(sess, operations, feed_dict, store_trace, store_memory_usage))
        extras["wall_time_mean"] = float(times.mean()) if min_iters else 0.0
        extras["wall_time_stdev"] = float(times.std()) if min_iters else 0.0
        median = float(np.median(times)) if min_iters else 0.0
        result: dict[str, Any] = {
            "iters": min_iters, "wall_time": median, "throughput": mbs / median if median else 0.0, "extras": extras,
            "name": name or sys._getframe(1).f_code.co_name,
        }  # fmt: skip
        self.report_benchmark(**result)
        return result


def _flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _flat(item)] if isinstance(value, (list, tuple)) else [value]


def _traced(sess: Any, operations: Any, feed_dict: Any, store_trace: bool, store_memory: bool) -> dict[str, Any]:
    metadata = protos.RunMetadata()
    sess.run(operations, feed_dict, protos.RunOptions(trace_level=protos.RunOptions.FULL_TRACE), metadata)
    timeline = Timeline(metadata.step_stats)
    extras: dict[str, Any] = {}
    if store_trace:
        extras["full_trace_chrome_format"] = timeline.generate_chrome_trace_format()
    if store_memory:
        for allocator, maximum in timeline.analyze_step_stats(show_memory=False).allocator_maximums.items():
            extras[f"allocator_maximum_num_bytes_{allocator}"] = maximum.num_bytes
    return extras


def _add_metric(entry: Any, metric: dict[str, Any]) -> None:
    added = entry.metrics.add(name=metric["name"], value=metric["value"])
    for bound in ("min_value", "max_value"):
        if bound in metric:
            getattr(added, bound).value = metric[bound]
