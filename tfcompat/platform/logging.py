"""`tf.logging`: the logger called "tensorflow", on the standard error stream."""

from __future__ import annotations

import collections
import logging as standard
import sys
import threading
from typing import Any

from tfcompat.graph.export import export, tf_export

DEBUG, INFO, WARN, ERROR, FATAL = standard.DEBUG, standard.INFO, standard.WARNING, standard.ERROR, standard.CRITICAL
for _name, _level in {"DEBUG": DEBUG, "INFO": INFO, "WARN": WARN, "ERROR": ERROR, "FATAL": FATAL}.items():
    export(f"logging.{_name}", _level)

_lock = threading.Lock()
_ready: list[standard.Logger] = []
_counts: collections.Counter[tuple[str, int]] = collections.Counter()
_CALLER = 3


@tf_export("get_logger")
def get_logger() -> standard.Logger:
    """The logger that all functions here use.

    It gets a handler that writes to the standard error stream unless the root logger has handlers already.
    """
    if not _ready:
        with _lock:
            if not _ready:
                logger = standard.getLogger("tensorflow")
                if not standard.getLogger().handlers and not logger.handlers:
                    handler = standard.StreamHandler(sys.stdout if _is_interactive() else sys.stderr)
                    handler.setFormatter(standard.Formatter(standard.BASIC_FORMAT))
                    logger.addHandler(handler)
                    if _is_interactive():
                        logger.setLevel(INFO)
                _ready.append(logger)
    return _ready[0]


def _is_interactive() -> bool:
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


@tf_export("logging.log")
def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at `level`."""
    get_logger().log(level, msg, *args, stacklevel=_CALLER, **kwargs)


@tf_export("logging.debug")
def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at level DEBUG."""
    log(DEBUG, msg, *args, **kwargs)


@tf_export("logging.info")
def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at level INFO."""
    log(INFO, msg, *args, **kwargs)


@tf_export("logging.warning", "logging.warn")
def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at level WARN."""
    log(WARN, msg, *args, **kwargs)


warn = warning


@tf_export("logging.error")
def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at level ERROR."""
    log(ERROR, msg, *args, **kwargs)


@tf_export("logging.fatal")
def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at level FATAL; the program goes on."""
    log(FATAL, msg, *args, **kwargs)


@tf_export("logging.vlog")
def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Logs `msg % args` at `level`."""
    log(level, msg, *args, **kwargs)


@tf_export("logging.TaskLevelStatusMessage")
def TaskLevelStatusMessage(msg: Any) -> None:
    """Logs `msg` at level ERROR."""
    log(ERROR, msg)


@tf_export("logging.flush")
def flush() -> None:
    """Writes out what the handlers hold back."""
    for handler in get_logger().handlers:
        handler.flush()


def _count_of_call() -> int:
    """How often the line that called the public function has been here before."""
    frame = sys._getframe(2)
    where = (frame.f_code.co_filename, frame.f_lineno)
    with _lock:
        _counts[where] += 1
        return _counts[where] - 1


@tf_export("logging.log_every_n")
def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs at the first call from a line of the program, and at every `n`-th after it."""
    if _count_of_call() % n == 0:
        log(level, msg, *args)


@tf_export("logging.log_first_n")
def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Logs at the first `n` calls from a line of the program."""
    if _count_of_call() < n:
        log(level, msg, *args)


@tf_export("logging.log_if")
def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Logs when `condition` is true."""
    if condition:
        log(level, msg, *args)


@tf_export("logging.get_verbosity")
def get_verbosity() -> int:
    """The lowest level that is logged."""
    return get_logger().getEffectiveLevel()


@tf_export("logging.set_verbosity")
def set_verbosity(v: Any) -> None:
    """Logs only what has at least level `v`."""
    get_logger().setLevel(v)
