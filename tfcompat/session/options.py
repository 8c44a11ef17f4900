"""Runs with `RunOptions` and `RunMetadata`: time limits, timings, partition graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.runtime.control import RunContext
from tfcompat.runtime.trace import Trace
from tfcompat.session.configuration import SessionSettings
from tfcompat.session.prepared import Engine, PreparedRun
from tfcompat.session.step_stats import cost_graph, partition_graphs, step_stats


def run_with_options(
    engine: Engine,
    settings: SessionSettings,
    prepared: PreparedRun,
    arrays: Sequence[np.ndarray],
    options: Any,
    run_metadata: Any,
) -> list[Any]:
    """Runs and fills `run_metadata`, whose former contents are dropped.

    Args:
        engine: of the session.
        settings: of the session.
        prepared: what to run.
        arrays: what to feed it with.
        options: a RunOptions message or None. Any trace level above NO_TRACE gives `step_stats`.
        run_metadata: a RunMetadata message or None.

    Returns:
        The fetched values.

    Raises:
        TypeError: `options` or `run_metadata` is no such message.
        InvalidArgumentError: the options name a thread pool that there is not.
        DeadlineExceededError: the time limit passed first.
    """
    options = _checked(options, "options", "RunOptions") or protos.RunOptions()
    _checked(run_metadata, "run_metadata", "RunMetadata")
    if options.inter_op_thread_pool not in range(-1, max(1, settings.pools)):
        raise InvalidArgumentError(None, None, f"Invalid inter_op_thread_pool: {options.inter_op_thread_pool}")
    wants_costs = _measures_costs(settings, prepared.count_step())
    wants_stats = options.trace_level > protos.RunOptions.NO_TRACE
    traced = run_metadata is not None and (wants_stats or wants_costs)
    limit = options.timeout_in_ms or settings.timeout_ms
    context = RunContext(limit / 1000 if limit > 0 else None, Trace() if traced else None)
    values = prepared.run(arrays, context)
    trace = context.trace or Trace()
    if run_metadata is not None:
        run_metadata.Clear()
        order = prepared.program(arrays).order
        if wants_stats:
            run_metadata.step_stats.CopyFrom(step_stats(trace, order, engine.policy))
        if wants_costs:
            run_metadata.cost_graph.CopyFrom(cost_graph(trace, order, engine.policy))
        if options.output_partition_graphs:
            run_metadata.partition_graphs.extend(partition_graphs(order, engine.policy))
    return values


def _checked(message: Any, argument: str, name: str) -> Any:
    if message is not None and getattr(getattr(message, "DESCRIPTOR", None), "full_name", "") != f"tensorflow.{name}":
        raise TypeError(f'Argument `{argument}` must be a tf.{name}, but got "{type(message).__name__}"')
    return message


def _measures_costs(settings: SessionSettings, step: int) -> bool:
    """Whether the cost graph is measured in run number `step` of its kind."""
    counted = step - settings.cost_model_after
    return settings.cost_model_every > 0 and counted >= 0 and (counted + 1) % settings.cost_model_every == 0
