"""The ways in which `run` was called before, so that a repeated call does no work per node."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.session.conversions import conversion_of
from tfcompat.session.feeds import FeedSlot, expand
from tfcompat.session.fetches import Fetches, structure_key
from tfcompat.session.handles import TensorHandle

_CALLS = 1024
_PLAIN = (Tensor, Operation)


class Call:
    """Fetches, feed slots and programs of one way of calling `run`."""

    __slots__ = ("fetches", "prepared", "slots")

    def __init__(self, fetches: Fetches, slots: list[FeedSlot], prepared: Any):
        self.fetches = fetches
        self.slots = slots
        self.prepared = prepared

    def pack(self, session: Any, values: list[Any]) -> Any:
        """The structure that was asked for, filled with the values of the fetched tensors."""
        if self.fetches.handles:
            values = list(values)
            for index, dtype in self.fetches.handles.items():
                values[index] = TensorHandle(values[index], dtype, session)
        return self.fetches.pack(values)


class CallCache:
    """The calls of one session.

    Three tables: one finds a call by the identities of the objects given to `run`, where these are plain tensors and
    operations; one by the objects; and one, for calls whose feeds need to be taken apart first, finds the programs by
    the tensors that they come to.
    """

    def __init__(self, graph: Graph):
        self._graph = graph
        self._lock = threading.Lock()
        self._quick: OrderedDict[Any, tuple[Call, list[Any], list[Any]]] = OrderedDict()
        self._calls: OrderedDict[Any, Call] = OrderedDict()
        self._prepared: OrderedDict[Any, Any] = OrderedDict()

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._quick.clear()
            self._calls.clear()
            self._prepared.clear()

    def find(self, engine: Any, fetches: Any, feed_dict: Any) -> tuple[Call, list[Any]]:
        """The call, and the arrays to feed it with.

        Raises:
            TypeError: a fetch, a feed key or a fed value has an invalid type.
            ValueError: a fetch is not of the graph, or a fed value has the wrong shape.
        """
        quick = _identities(fetches, feed_dict, self._graph._rewirings)
        if quick is not None:
            known = self._quick.get(quick)
            if known is not None:
                slots = known[0].slots
                if not feed_dict:
                    return known[0], []
                return known[0], [slot.array(v) for slot, v in zip(slots, feed_dict.values())]  # noqa: B905
        call, arrays = self._find(engine, fetches, feed_dict)
        if quick is not None and len(call.slots) == len(feed_dict or ()):
            elements = fetches if type(fetches) is list else [fetches]
            keys = list(feed_dict or ())
            if all(type(e) in _PLAIN for e in elements) and all(type(k) is Tensor for k in keys):
                self._remember(self._quick, quick, (call, list(elements), keys))
        return call, arrays

    def _find(self, engine: Any, fetches: Any, feed_dict: Any) -> tuple[Call, list[Any]]:
        key: Any = None
        call = None
        if not feed_dict or isinstance(feed_dict, dict):
            try:
                key = (structure_key(fetches), tuple(feed_dict) if feed_dict else (), self._graph._rewirings)
                call = self._calls.get(key)
            except TypeError:
                key = None
        if call is not None:
            if not feed_dict:
                return call, []
            return call, [slot.array(v) for slot, v in zip(call.slots, feed_dict.values(), strict=True)]
        flat = Fetches(self._graph, fetches)
        fed: dict[Tensor, Any] = dict(expand(self._graph, feed_dict)) if feed_dict else {}
        slots = [FeedSlot(self._graph, t) for t in fed]
        arrays = [slot.array(value) for slot, value in zip(slots, fed.values(), strict=True)]
        call = Call(flat, slots, self.prepared(engine, flat.tensors, flat.targets, list(fed)))
        if key is not None and (not feed_dict or _fed_one_by_one(feed_dict, fed)):
            self._remember(self._calls, key, call)
        return call, arrays

    def prepared(
        self, engine: Any, tensors: Sequence[Tensor], targets: Sequence[Operation], feeds: Sequence[Tensor]
    ) -> Any:
        """The programs (`PreparedRun`) for these tensors, operations and fed tensors."""
        from tfcompat.session.prepared import PreparedRun

        key = (tuple(tensors), tuple(targets), tuple(feeds), self._graph._rewirings)
        found = self._prepared.get(key)
        if found is None:
            found = self._remember(self._prepared, key, PreparedRun(engine, tensors, targets, feeds))
        return found

    def partial_plan(self, key: Any, make: Any) -> Any:
        """The plan of partial runs with equal fetches and feeds, made by `make()` when there is none."""
        key = ("partial", *key, self._graph._rewirings)
        found = self._prepared.get(key)
        return self._remember(self._prepared, key, make()) if found is None else found

    def _remember(self, table: OrderedDict[Any, Any], key: Any, value: Any) -> Any:
        """Puts `value` into a table unless another thread was faster; gives what the table has."""
        with self._lock:
            value = table.setdefault(key, value)
            while len(table) > _CALLS:
                table.popitem(last=False)
        return value


def _identities(fetches: Any, feed_dict: Any, rewirings: Any) -> Any:
    """A key of numbers for fetches and feeds that may be plain, else None.

    The table keeps the objects, so that no other object can have the identity of one of them.
    """
    if feed_dict is not None and type(feed_dict) is not dict:
        return None
    fed = tuple(map(id, feed_dict)) if feed_dict else ()
    return (tuple(map(id, fetches)) if type(fetches) is list else id(fetches)), fed, rewirings


def _fed_one_by_one(feed_dict: dict[Any, Any], fed: dict[Tensor, Any]) -> bool:
    """Whether each key stands for one tensor, and is fed with the value as it is."""
    return len(fed) == len(feed_dict) and not any(isinstance(k, tuple) or conversion_of(k) for k in feed_dict)
