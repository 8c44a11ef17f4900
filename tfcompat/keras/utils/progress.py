"""`Progbar`: how far something has come, in one line of the terminal that is written again and again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export


@tf_export("keras.utils.Progbar")
class Progbar:
    """Prints progress towards a number, with averages of values.

    Args:
        target: number of steps; None when it is not known.
        width: characters of the bar.
        verbose: 1 for a bar, 2 for one line at the end, 0 for nothing.
        interval: least number of seconds between two updates of the bar.
        stateful_metrics: names of values of which the last one is shown, and not the average.
        unit_name: what is counted.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.stateful_metrics = set(stateful_metrics or ())
        self.unit_name = unit_name
        self._values: dict[str, list[Any]] = {}
        self._seen = 0
        self._start, self._last_update = time.time(), 0.0
        self._line_width = 0

    def update(self, current: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Shows that `current` steps are done.

        Args:
            current: how many steps are done.
            values: (name, value of the steps since the last update) pairs.
        """
        for name, value in values or ():
            if name in self.stateful_metrics:
                self._values[name] = [value, 1]
            else:
                count = current - self._seen
                total = self._values.setdefault(name, [0.0, 0])
                total[0] += value * count
                total[1] += count
        self._seen = current
        done = self.target is not None and current >= self.target
        now = time.time()
        if self.verbose == 1 and (done or self.target is None or now - self._last_update >= self.interval):
            self._show_bar(current, now, done)
            self._last_update = now
        elif self.verbose == 2 and done:
            digits = len(str(self.target))
            sys.stdout.write(f"{current:{digits}d}/{self.target} - {now - self._start:.0f}s{self._shown()}\n")
            sys.stdout.flush()

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Shows that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _show_bar(self, current: int, now: float, done: bool) -> None:
        before = self._line_width
        bar = self._bar(current)
        elapsed = now - self._start
        each = elapsed / current if current else 0.0
        if self.target is not None and not done:
            text = f" - ETA: {_hours(each * (self.target - current))}"
        else:
            text = f" - {elapsed:.0f}s {_duration(each)}/{self.unit_name}"
        text += self._shown()
        self._line_width = len(bar) + len(text)
        padding = " " * max(0, before - self._line_width)
        sys.stdout.write("\b" * before + "\r" + bar + text + padding + ("\n" if done else ""))
        sys.stdout.flush()

    def _bar(self, current: int) -> str:
        if self.target is None:
            return f"{current:7d}/Unknown"
        full = int(self.width * float(current) / self.target) if self.target else self.width
        filled = ""
        if full > 0:
            filled = "=" * (full - 1) + (">" if current < self.target else "=")
        return f"{current:{len(str(self.target))}d}/{self.target} [{filled}{'.' * (self.width - full)}]"

    def _shown(self) -> str:
        return "".join(f" - {name}: {_number(total, count)}" for name, (total, count) in self._values.items())


def _number(total: Any, count: int) -> str:
    average = np.mean(total / max(1, count))
    return f"{average:.4f}" if abs(average) > 1e-3 else f"{average:.4e}"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _hours(seconds: float) -> str:
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{int(seconds) % 3600 // 60:02d}:{int(seconds) % 60:02d}"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds > 60 else f"{int(seconds)}s"
