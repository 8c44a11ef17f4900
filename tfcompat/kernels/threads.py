"""Threads for large kernels: numpy gives the interpreter's lock away while it computes."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def core_count() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(core_count(), "tfcompat-kernel")


def in_parts(work: Callable[[int, int], None], size: int, least: int, threads: int | None = None) -> None:
    """Calls `work(start, end)` for parts of `range(size)` at once, and waits for all.

    Args:
        work: does a part; the parts do not depend on each other.
        size: of the whole.
        least: how much a part has to be to be worth a thread.
        threads: how many parts there may be; one per core by default.
    """
    parts = min(core_count() if threads is None else threads, size // least)
    if parts < 2:
        work(0, size)
        return
    bounds = [size * i // parts for i in range(parts + 1)]
    first, *rest = itertools.pairwise(bounds)
    tasks = [_executor().submit(work, *part) for part in rest]
    try:
        work(*first)
    finally:
        for task in tasks:
            task.result()
