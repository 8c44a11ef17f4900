"""How the reference divides a batch among threads.

Some kernels position their generator once per division, so the stream depends on it: on the number of rows, their
estimated cost in cycles and the number of threads.
"""

from __future__ import annotations

import os

_STARTUP_CYCLES = 100_000.0
_CYCLES_PER_THREAD = 100_000.0
_CYCLES_PER_BLOCK = 40_000.0
_BLOCKS_PER_THREAD = 4


def usable_threads() -> int:
    """Threads that the reference's pool has when nothing is configured: the processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _block_size(total: int, cost: float, threads: int) -> int:
    """Rows of one block: enough to be worth a task, then coarser while that keeps all threads as busy."""

    def efficiency(blocks: int) -> float:
        return blocks / (-(-blocks // threads) * threads)

    size = min(total, max(-(-total // (_BLOCKS_PER_THREAD * threads)), int(_CYCLES_PER_BLOCK / cost)))
    largest = min(total, 2 * size)
    blocks = -(-total // size)
    best = efficiency(blocks)
    while best < 1.0 and blocks > 1:
        coarser = -(-total // (blocks - 1))
        if coarser > largest:
            break
        blocks = -(-total // coarser)
        if efficiency(blocks) + 0.01 >= best:
            size, best = coarser, max(best, efficiency(blocks))
    return size


def shards(total: int, cost: float, threads: int) -> list[tuple[int, int]]:
    """Ranges of rows that are processed as one piece.

    Args:
        total: number of rows.
        cost: estimated cycles per row.
        threads: threads of the pool.

    Returns:
        Consecutive (first row, row after the last), in ascending order; empty when there are no rows.
    """
    if total <= 0:
        return []
    wanted = (total * cost - _STARTUP_CYCLES) / _CYCLES_PER_THREAD + 0.9
    if total == 1 or min(threads, int(max(wanted, 1.0))) <= 1:
        return [(0, total)]
    size = _block_size(total, cost, threads)
    ranges, pending = [], [(0, total)]
    while pending:
        first, last = pending.pop()
        if last - first <= size:
            ranges.append((first, last))
            continue
        middle = first + -(-((last - first) // 2) // size) * size
        pending += [(middle, last), (first, middle)]
    return ranges
