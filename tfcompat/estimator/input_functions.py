"""Calling input functions: datasets become iterators, with the hook that starts them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tfcompat.data.dataset import Dataset
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import device, get_default_graph
from tfcompat.platform import logging
from tfcompat.training.session_run_hook import SessionRunHook


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments that may be passed to a function, method, partial function or callable object.

    Raises:
        TypeError: it is not callable.
    """
    if not callable(function):
        raise TypeError(f"unsupported callable: {function!r}")
    bound = set(function.keywords) if isinstance(function, functools.partial) else set()
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(p.name for p in parameters if p.kind in kinds and p.name not in bound)


class _IteratorHook(SessionRunHook):
    """Starts an iterator in each new session."""

    def __init__(self, iterator: Any):
        self._iterator = iterator

    def begin(self) -> None:
        self._initializer = self._iterator.initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        session.run(self._initializer)


def call_input_fn(input_fn: Callable[..., Any], mode: str, params: Any, config: Any) -> tuple[Any, list[Any]]:
    """What `input_fn` returns, as tensors, and the hooks it needs."""
    accepted = argument_names(input_fn)
    arguments = {name: value for name, value in (("mode", mode), ("params", params), ("config", config))
                 if name in accepted}  # fmt: skip
    with device("/cpu:0"):
        result = input_fn(**arguments)
        if not isinstance(result, Dataset):
            return result, []
        iterator = result.make_initializable_iterator()
        return iterator.get_next(), [_IteratorHook(iterator)]


def features_and_labels(input_fn: Callable[..., Any], mode: str, params: Any, config: Any) -> tuple[Any, Any, Any]:
    """(features, labels, hooks) of an input function for training or evaluation.

    Raises:
        ValueError: it returns a list or tuple of another length than 2.
    """
    result, hooks = call_input_fn(input_fn, mode, params, config)
    if isinstance(result, list | tuple):
        if len(result) != 2:
            raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
        return result[0], result[1], hooks
    return result, None, hooks


def features_only(input_fn: Callable[..., Any], mode: str, params: Any, config: Any) -> tuple[Any, Any]:
    """(features, hooks) of an input function for prediction; labels are left aside."""
    result, hooks = call_input_fn(input_fn, mode, params, config)
    if not hooks and not get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS):
        logging.warning(
            "Input graph does not use tf.data.Dataset or contain a QueueRunner. That means predict yields forever. "
            "This is probably a mistake."
        )
    return (result[0] if isinstance(result, list | tuple) else result), hooks
