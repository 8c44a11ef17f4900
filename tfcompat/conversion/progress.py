"""A line on standard error that says what takes long."""

from __future__ import annotations

import sys
import time

_QUIET_SECONDS = 2.0
_INTERVAL = 0.2


class Progress:
    """Shows the present phase, once the work takes longer than two seconds.

    On a terminal it is one line that is written over; elsewhere a line for each phase.

    Args:
        enabled: whether anything is shown.
    """

    def __init__(self, enabled: bool):
        self._enabled = enabled
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._name = ""
        self._total = 0
        self._width = 0
        self._announced = ""

    def phase(self, name: str, total: int = 0) -> None:
        """Begins a phase of `total` operations."""
        self._name, self._total = name, total
        self._show(0)

    def at(self, done: int) -> None:
        """Says how many operations of the phase are done."""
        if time.monotonic() - self._shown_at >= _INTERVAL:
            self._show(done)

    def _show(self, done: int) -> None:
        elapsed = time.monotonic() - self._began
        if not self._enabled or elapsed < _QUIET_SECONDS:
            return
        self._shown_at = time.monotonic()
        share = f" {min(done, self._total)} of {self._total} operations" if self._total and done else ""
        line = f"[{elapsed:.0f} s] {self._name}{share}"
        if sys.stderr.isatty():
            print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(line)
        elif self._announced != self._name:
            self._announced = self._name
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Removes the line."""
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0
