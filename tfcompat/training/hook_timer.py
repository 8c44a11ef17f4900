"""When hooks act: every so many steps or seconds."""

from __future__ import annotations

import time

from tfcompat.graph.export import tf_export


class NeverTriggerTimer:
    """A timer that never acts."""

    def reset(self) -> None:
        """Does nothing."""

    def should_trigger_for_step(self, step: int) -> bool:
        """False."""
        return False

    def update_last_triggered_step(self, step: int) -> tuple[None, None]:
        """(None, None)."""
        return None, None

    def last_triggered_step(self) -> None:
        """None."""


@tf_export("train.SecondOrStepTimer")
class SecondOrStepTimer:
    """Acts every `every_secs` seconds or every `every_steps` steps.

    Raises:
        ValueError: both are given, or neither.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None):
        self.reset()
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._every_secs, self._every_steps = every_secs, every_steps

    def reset(self) -> None:
        """Makes it as new."""
        self._last_triggered_step: int | None = None
        self._last_triggered_time: float | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it acts for `step`: it did not before, and enough steps or seconds have passed."""
        if self._last_triggered_step is None:
            return True
        if self._last_triggered_step == step:
            return False
        if self._every_secs is not None:
            assert self._last_triggered_time is not None
            return time.time() >= self._last_triggered_time + self._every_secs
        assert self._every_steps is not None
        return step >= self._last_triggered_step + self._every_steps

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Notes that it acted for `step`; (seconds, steps) since the time before, (None, None) at first."""
        now = time.time()
        if self._last_triggered_step is None:
            elapsed: tuple[float | None, int | None] = (None, None)
        else:
            assert self._last_triggered_time is not None
            elapsed = now - self._last_triggered_time, step - self._last_triggered_step
        self._last_triggered_time, self._last_triggered_step = now, step
        return elapsed

    def last_triggered_step(self) -> int | None:
        """The step it last acted for."""
        return self._last_triggered_step
