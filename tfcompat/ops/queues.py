"""Queues: tensors handed from one run to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes as types
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import device, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar, unknown
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.random_seed import get_seed

_MAKERS = ("FIFOQueueV2", "PaddingFIFOQueueV2", "PriorityQueueV2", "RandomShuffleQueueV2")
_USERS = ("QueueEnqueueV2", "QueueEnqueueManyV2", "QueueCloseV2")
_TAKERS = ("QueueDequeueV2", "QueueDequeueManyV2", "QueueDequeueUpToV2")
_ASKERS = ("QueueSizeV2", "QueueIsClosedV2")
shape_of(*_MAKERS, *_ASKERS)(scalar)
shape_of(*_USERS)(no_outputs)
shape_of(*_TAKERS)(unknown)
not_differentiable(*_MAKERS, *_USERS, *_TAKERS, *_ASKERS)


def _type_list(dtypes: Any) -> list[types.DType]:
    return [types.as_dtype(d) for d in (dtypes if isinstance(dtypes, (list, tuple)) else [dtypes])]


def _shape_list(shapes: Any, count: int, partial: bool = False) -> list[TensorShape] | None:
    """The shapes of `count` components; None when there are none.

    Raises:
        ValueError: their number is wrong, or they are not fully defined and must be.
    """
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError(f"Argument `shapes` must be a TensorShape or a list or tuple of TensorShapes; got {shapes!r}.")
    if all(s is None or isinstance(s, int) for s in shapes):
        shapes = [shapes]
    found = [TensorShape(s) for s in shapes]
    if not partial and not all(s.is_fully_defined() for s in found):
        raise ValueError(f"All shapes must be fully defined: {shapes}")
    if partial and any(s.rank is None for s in found):
        raise ValueError(f"All shapes must have a defined rank: {shapes}")
    if len(found) != count:
        raise ValueError(
            f"Queue shapes must have the same length as dtypes, received len(shapes)={len(found)}, len(dtypes)={count}"
        )
    return found


def _name_list(names: Any, count: int) -> list[str] | None:
    if names is None:
        return None
    if not isinstance(names, (list, tuple)):
        names = [names]
    if len(names) != count:
        raise ValueError(
            f"List of names must have the same length as the list of dtypes, received len(names)={len(names)},"
            f"len(dtypes)={count}"
        )
    return list(names)


@tf_export("queue.QueueBase", "QueueBase", "io.QueueBase")
class QueueBase:
    """What all queues share.

    Args:
        dtypes: types of the components of an element.
        shapes: their shapes, or None.
        names: their names, or None; with names, elements are dictionaries.
        queue_ref: the handle.

    Raises:
        ValueError: the lists have different lengths.
    """

    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Tensor):
        self._dtypes = list(dtypes)
        if shapes is not None:
            if len(shapes) != len(self._dtypes):
                raise ValueError(
                    "Queue shapes must have the same length as dtypes, received "
                    f"len(shapes)={len(shapes)}, len(dtypes)={len(self._dtypes)}"
                )
            self._shapes = [TensorShape(s) for s in shapes]
        else:
            self._shapes = [TensorShape(None) for _ in self._dtypes]
        if names:
            if len(names) != len(self._dtypes):
                raise ValueError(
                    "Queue names must have the same length as dtypes,received "
                    f"len(names)={len(names)},len(dtypes)={len(self._dtypes)}"
                )
            self._names: list[str] | None = list(names)
        else:
            self._names = None
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index: Any, queues: Sequence[Any]) -> Any:
        """The queue of `queues` that the int32 scalar `index` chooses while running.

        Raises:
            TypeError: `queues` are not all queues, or their types differ.
        """
        if not queues or not isinstance(queues, list) or not all(isinstance(q, QueueBase) for q in queues):
            raise TypeError("A list of queues expected")
        first = queues[0].dtypes
        if not all(q.dtypes == first for q in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        names = queues[0].names
        if not all(q.names == names for q in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [_common_shape([q.shapes[i] for q in queues]) for i in range(len(first))]
        handles = raw_ops.Pack(values=[q.queue_ref for q in queues], name="stack")
        chosen = raw_ops.GatherV2(params=handles, indices=index, axis=0)
        return QueueBase(dtypes=first, shapes=shapes, names=names, queue_ref=chosen)

    @property
    def queue_ref(self) -> Tensor:
        """The handle."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """Name of its operation."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[types.DType]:
        """Types of the components."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """Shapes of the components, as far as they are known."""
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        """Names of the components."""
        return self._names

    # ---------------------------------------------------------------- operations

    def _components(self, vals: Any) -> list[Tensor]:
        """The tensors of an element or batch."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"{sorted(vals, key=str)},Queue: {sorted(self._names, key=str)}"
                )
            vals = [vals[k] for k in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, (list, tuple)):
            vals = [vals]
        if len(vals) != len(self._dtypes):
            raise ValueError(f"Expected {len(self._dtypes)} components, got {len(vals)}")
        return [
            convert_to_tensor(v, dtype=d, name=f"component_{i}")
            for i, (v, d) in enumerate(zip(vals, self._dtypes, strict=True))
        ]

    @staticmethod
    def _scope_values(vals: Any) -> list[Any]:
        return (
            list(vals) if isinstance(vals, (list, tuple)) else list(vals.values()) if isinstance(vals, dict) else [vals]
        )

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """An operation that appends one element, waiting for room.

        Raises:
            ValueError: the components do not fit.
            CancelledError: when run: the queue is closed, or is closed with `cancel_pending_enqueues` meanwhile.
        """
        with name_scope(name, f"{self._name}_enqueue", self._scope_values(vals)) as scope:
            tensors = self._components(vals)
            for tensor, shape in zip(tensors, self._shapes, strict=True):
                tensor.shape.assert_is_compatible_with(shape)
            return raw_ops.QueueEnqueueV2(handle=self._queue_ref, components=tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """An operation that appends the elements along the first axis; errors as for `enqueue`."""
        with name_scope(name, f"{self._name}_EnqueueMany", self._scope_values(vals)) as scope:
            tensors = self._components(vals)
            batch = TensorShape([None])
            for tensor, shape in zip(tensors, self._shapes, strict=True):
                known = tensor.shape.with_rank_at_least(1)
                batch = batch.merge_with(known[:1])
                known[1:].assert_is_compatible_with(shape)
            return raw_ops.QueueEnqueueManyV2(handle=self._queue_ref, components=tensors, name=scope)

    def dequeue(self, name: str | None = None) -> Any:
        """The first element, waiting for one: a tensor, a list of tensors, or a dictionary when there are names.

        Raises:
            OutOfRangeError: when run: the queue is closed and empty.
            CancelledError: when run: the session is closed meanwhile.
        """
        made = raw_ops.QueueDequeueV2(
            handle=self._queue_ref, component_types=self._dtypes, name=name or f"{self._name}_Dequeue"
        )
        return self._returned(made, [])

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """`n` elements put together along a new first axis; the rest as for `dequeue`."""
        return self._dequeue_batch(raw_ops.QueueDequeueManyV2, n, name or f"{self._name}_DequeueMany", True)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """As `dequeue_many`, but a closed queue gives what it has left."""
        return self._dequeue_batch(raw_ops.QueueDequeueUpToV2, n, name or f"{self._name}_DequeueUpTo", False)

    def _dequeue_batch(self, record: Callable[..., Any], n: Any, name: str, exact: bool) -> Any:
        made = record(handle=self._queue_ref, n=n, component_types=self._dtypes, name=name)
        first = made[0] if isinstance(made, (list, tuple)) else made
        count = get_static_value(first.op.inputs[1]) if exact else None
        return self._returned(made, [None if count is None else int(count)])

    def _returned(self, made: Any, batch: list[Any]) -> Any:
        tensors = list(made) if isinstance(made, (list, tuple)) else [made]
        for tensor, shape in zip(tensors, self._shapes, strict=True):
            tensor.set_shape(TensorShape(batch).concatenate(shape))
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """An operation that closes the queue: nothing more goes in, and what is in it can still be taken.

        Args:
            cancel_pending_enqueues: whether enqueues that wait fail; else they come first.
            name: name of the operation.
        """
        return raw_ops.QueueCloseV2(
            handle=self._queue_ref, cancel_pending_enqueues=cancel_pending_enqueues, name=name or f"{self._name}_Close"
        )

    def is_closed(self, name: str | None = None) -> Tensor:
        """Whether the queue is closed: a bool scalar."""
        return raw_ops.QueueIsClosedV2(handle=self._queue_ref, name=name or f"{self._name}_Is_Closed")  # type: ignore[no-any-return]

    def size(self, name: str | None = None) -> Tensor:
        """How many elements it holds: an int32 scalar."""
        return raw_ops.QueueSizeV2(handle=self._queue_ref, name=name or f"{self._name}_Size")  # type: ignore[no-any-return]


def _common_shape(shapes: list[TensorShape]) -> TensorShape:
    """The most specific shape that all `shapes` are compatible with."""
    if any(s.rank != shapes[0].rank or s.rank is None for s in shapes):
        return TensorShape(None)
    dims = [s.as_list() for s in shapes]
    return TensorShape([d[0] if len(set(d)) == 1 else None for d in zip(*dims, strict=True)])


def _text(value: Any) -> Any:
    return "" if value is None else value


@tf_export("queue.FIFOQueue", "FIFOQueue")
class FIFOQueue(QueueBase):
    """Elements come out in the order in which they went in.

    Args:
        capacity: how many elements it holds at most; negative for any number.
        dtypes: types of the components of an element.
        shapes: their fully defined shapes; None where elements differ and are dequeued one by one.
        names: their names.
        shared_name: queues of one shared name in a session are one.
        name: name of the operation.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ):
        kinds = _type_list(dtypes)
        known = _shape_list(shapes, len(kinds))
        labels = _name_list(names, len(kinds))
        with init_scope(), device("CPU"):
            handle = raw_ops.FIFOQueueV2(
                component_types=kinds, shapes=known or [], capacity=capacity, shared_name=_text(shared_name), name=name
            )
        super().__init__(kinds, known, labels, handle)


@tf_export("queue.PaddingFIFOQueue", "PaddingFIFOQueue", "io.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A `FIFOQueue` whose batches are padded (with 0 or "") along the axes that `shapes` leaves open.

    Arguments as for `FIFOQueue`; `shapes` is needed and may have None for sizes.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ):
        kinds = _type_list(dtypes)
        if shapes is None:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        known = _shape_list(shapes, len(kinds), partial=True)
        labels = _name_list(names, len(kinds))
        handle = raw_ops.PaddingFIFOQueueV2(
            component_types=kinds, shapes=known, capacity=capacity, shared_name=_text(shared_name), name=name
        )
        super().__init__(kinds, known, labels, handle)


@tf_export("queue.RandomShuffleQueue", "RandomShuffleQueue", "io.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """Elements come out in random order.

    Arguments as for `FIFOQueue`, and:
        min_after_dequeue: how many elements stay in it, until it is closed.
        seed: of the order; see `tf.set_random_seed`.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: Any = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ):
        kinds = _type_list(dtypes)
        known = _shape_list(shapes, len(kinds))
        labels = _name_list(names, len(kinds))
        seed1, seed2 = get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            seed2 = _shared_seed(shared_name, seed1)
        handle = raw_ops.RandomShuffleQueueV2(
            component_types=kinds,
            shapes=known or [],
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=seed1,
            seed2=seed2,
            shared_name=_text(shared_name),
            name=name,
        )
        super().__init__(kinds, known, labels, handle)


def _shared_seed(shared_name: str, seed: int) -> int:
    """The second seed of queues with a shared name, which is the same in every program."""
    import hashlib

    digest = hashlib.md5((str(seed) + shared_name).encode()).hexdigest()
    return int(digest[:8], 16) & 0x7FFFFFFF


@tf_export("queue.PriorityQueue", "PriorityQueue", "io.PriorityQueue")
class PriorityQueue(QueueBase):
    """Elements come out by their priority, the smallest first.

    Elements have an int64 scalar, the priority, before the components of `types`. Arguments as for `FIFOQueue`.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ):
        from tfcompat.graph.dtypes import int64

        kinds = _type_list(types)
        known = _shape_list(shapes, len(kinds))
        handle = raw_ops.PriorityQueueV2(
            component_types=kinds, shapes=known or [], capacity=capacity, shared_name=_text(shared_name), name=name
        )
        all_kinds = [int64, *kinds]
        super().__init__(all_kinds, [TensorShape([]), *known] if known else None, names, handle)
