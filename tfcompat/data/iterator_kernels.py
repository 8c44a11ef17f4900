"""Host kernels of iterators."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import numpy as np

from tfcompat.data.elements import LiveIterator, source_in
from tfcompat.data.functions import bare, runner_of
from tfcompat.data.iterator_state import from_message, to_message
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed, shared_resource

_WARN, _FAIL = 0, 2


@kernel("IteratorV2", "Iterator")
def _iterator(k: KernelContext) -> np.ndarray:
    return shared_resource(k, "iterator", lambda name: LiveIterator())


@kernel("OneShotIterator")
def _one_shot(k: KernelContext) -> np.ndarray:
    handle = shared_resource(k, "iterator", lambda name: LiveIterator())
    live: LiveIterator = handle.item()
    live.begin_once(lambda: source_in(runner_of(k, "dataset_factory", ())((), k.run)[0]), k.run)
    return handle


@kernel("MakeIterator")
def _make_iterator(k: KernelContext, source: np.ndarray, iterator: np.ndarray) -> None:
    iterator.item().begin(source_in(source), k.run)


@kernel("IteratorGetNext", "IteratorGetNextSync")
def _get_next(k: KernelContext, iterator: np.ndarray) -> tuple[Any, ...]:
    return tuple(map(bare, live_iterator(k, iterator, "GetNext").next(k.run)))


def live_iterator(k: KernelContext, iterator: np.ndarray, what: str) -> LiveIterator:
    """The iterator of a handle; FailedPreconditionError, naming `what`, when it was not initialized."""
    live: LiveIterator = iterator.item()
    if not live.is_initialized:
        raise FailedPreconditionError(
            None,
            k.op,
            f"{what}() failed because the iterator has not been initialized. Ensure that you have run the initializer "
            "operation for this iterator before getting the next element.",
        )
    return live


@kernel("IteratorToStringHandle")
def _to_string(k: KernelContext, iterator: np.ndarray) -> np.ndarray:
    live = iterator.item()
    numbers = k.resources().get_or_create("iterator numbers", "", "", itertools.count)
    names = k.resources().get_or_create("iterator names", "", "", dict)
    if live not in names:
        name = f"iterator/{next(numbers)}".encode()
        names[live] = name
        k.resources().get_or_create("iterator handle", "", name.decode(), lambda: live)
    return boxed(names[live])


@kernel("IteratorFromStringHandle", "IteratorFromStringHandleV2")
def _from_string(k: KernelContext, text: np.ndarray) -> np.ndarray:
    live = k.resources().get("iterator handle", "", text.item().decode(errors="replace"))
    if live is None:
        raise InvalidArgumentError(None, k.op, f"The string handle {text.item()!r} names no iterator of this session")
    return boxed(live)


@kernel("SerializeIterator")
def _serialize(k: KernelContext, iterator: np.ndarray) -> np.ndarray:
    live = live_iterator(k, iterator, "Save")
    if live.effects and k.attr("external_state_policy") == _FAIL:
        raise FailedPreconditionError(None, k.op, f"{min(live.effects)} is stateful.")
    if live.effects and k.attr("external_state_policy") == _WARN:
        logging.getLogger("tensorflow").warning("%s is stateful; its state is not saved.", min(live.effects))
    return boxed(to_message(live.saved())).reshape(1)


@kernel("DeserializeIterator")
def _deserialize(k: KernelContext, iterator: np.ndarray, serialized: np.ndarray) -> None:
    state = from_message(serialized.reshape(-1)[0])
    live_iterator(k, iterator, "Restore").restore(state, k.run)
