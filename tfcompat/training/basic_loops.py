"""`tf.train.basic_train_loop`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import errors
from tfcompat.graph.export import tf_export


@tf_export("train.basic_train_loop")
def basic_train_loop(
    supervisor: Any, train_step_fn: Callable[..., Any], args: Any = None, kwargs: Any = None, master: str = ""
) -> None:
    """Calls `train_step_fn(sess, *args, **kwargs)` until the supervisor stops; starts anew when a worker was lost."""
    args, kwargs = args or [], kwargs or {}
    retry = True
    while retry:
        retry = False
        try:
            with supervisor.managed_session(master) as sess:
                while not supervisor.should_stop():
                    train_step_fn(sess, *args, **kwargs)
        except errors.AbortedError:
            retry = True
