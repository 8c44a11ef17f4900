"""Input pipelines of queues: producers of file names and indices, and batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape as shape_op
from tfcompat.ops.array import size
from tfcompat.ops.assertion import Assert
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond
from tfcompat.ops.gather import gather
from tfcompat.ops.grouping import no_op
from tfcompat.ops.identity import identity
from tfcompat.ops.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from tfcompat.ops.random import random_shuffle
from tfcompat.ops.sequences import range as range_op
from tfcompat.ops.sparse_maps import store_many_sparse, store_sparse, take_many_sparse
from tfcompat.ops.variable_base import Variable
from tfcompat.summary import summary
from tfcompat.training.queue_runner import QueueRunner, add_queue_runner


@tf_export("train.match_filenames_once", "io.match_filenames_once")
def match_filenames_once(pattern: Any, name: str | None = None) -> Any:
    """A local variable with the names of the files that match `pattern` when it is initialized."""
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            initial_value=raw_ops.MatchingFiles(pattern=pattern),
            name=scope,
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )


@tf_export("train.limit_epochs")
def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """`tensor`, which can be evaluated `num_epochs` times, then OutOfRangeError; a local variable counts.

    Raises:
        ValueError: `num_epochs` is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs: Any = Variable(
            constant(0, dtype=dtypes.int64), name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES]
        )
        counter = epochs.count_up_to(num_epochs)
        with control_dependencies([counter]):
            return identity(tensor, name=scope)


@tf_export("train.input_producer")
def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: Any = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """A queue of the rows of `input_tensor`, with a `QueueRunner` that fills it.

    Args:
        input_tensor: at least rank 1.
        element_shape: shape of a row, when it is not known from the tensor.
        num_epochs: how often every row comes; None for ever. It is counted by a local variable.
        shuffle: whether rows are shuffled within an epoch.
        seed: of the shuffle.
        capacity: of the queue.
        shared_name: of the queue.
        summary_name: name of a summary of how full the queue is; None for no summary.
        name: name scope, and name of the queue.
        cancel_op: of the runner.

    Raises:
        ValueError: the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        tensor = convert_to_tensor(input_tensor, name="input_tensor")
        shape = tensor.shape[1:].merge_with(element_shape)
        if not shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be specified"
            )
        if shuffle:
            tensor = random_shuffle(tensor, seed=seed)
        tensor = limit_epochs(tensor, num_epochs)
        queue = FIFOQueue(
            capacity=capacity,
            dtypes=[tensor.dtype.base_dtype],
            shapes=[shape],
            shared_name=shared_name,
            name=name,  # type: ignore[arg-type]
        )
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([tensor])], cancel_op=cancel_op))
        if summary_name is not None:
            summary.scalar(summary_name, cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return queue


@tf_export("train.string_input_producer")
def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: Any = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> QueueBase:
    """A queue of strings, such as file names; see `input_producer`.

    Raises:
        ValueError: the list is empty; a tensor that is empty is an InvalidArgumentError when run.
    """
    message = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, Tensor) and not hasattr(string_tensor, "op") and not len(string_tensor):
        raise ValueError(message)
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        tensor = convert_to_tensor(string_tensor, dtype=dtypes.string)
        with control_dependencies([Assert(raw_ops.Greater(x=size(tensor), y=0), [message])]):
            tensor = identity(tensor)
        return input_producer(
            tensor,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


@tf_export("train.range_input_producer")
def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: Any = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> QueueBase:
    """A queue of the numbers 0 to `limit` - 1; see `input_producer`."""
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(
            range_op(limit), [], num_epochs, shuffle, seed, capacity, shared_name, f"fraction_of_{capacity}_full", scope
        )


@tf_export("train.slice_input_producer")
def slice_input_producer(
    tensor_list: Sequence[Any],
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: Any = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """One row of every tensor of `tensor_list`, the same index in all; see `input_producer`.

    Raises:
        ValueError: `tensor_list` is empty.
    """
    with name_scope(name, "input_producer", list(tensor_list)):
        tensors = [convert_to_tensor(t) for t in tensor_list]
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        rows = shape_op(tensors[0])[0]
        queue = range_input_producer(rows, num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [gather(t, index) for t in tensors]


# -------------------------------------------------------------------- batches


def _flat(tensors: Any) -> list[Any]:
    return [tensors[k] for k in sorted(tensors, key=str)] if isinstance(tensors, dict) else list(tensors)


def _packed_like(tensors: Any, values: Any) -> Any:
    """Dequeued values in the structure of `tensors`."""
    values = values if isinstance(values, list) else [values]
    if isinstance(tensors, dict):
        return dict(zip(sorted(tensors, key=str), values, strict=True))
    return values[0] if len(values) == 1 else values


def _keep_tensor(keep_input: Any, enqueue_many: bool) -> Tensor:
    keep = convert_to_tensor(keep_input)
    if keep.shape.rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and keep.shape.rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if keep.shape.rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def _converted(tensors: Sequence[Any]) -> list[Any]:
    found = [t if isinstance(t, SparseTensor) else convert_to_tensor(t) for t in tensors]
    if not found:
        raise ValueError("Expected at least one tensor in batch().")
    return found


def _row_shapes(lists: Sequence[Sequence[Any]], shapes: Any, enqueue_many: bool) -> list[TensorShape]:
    """The shapes of the queue's components: what all lists agree on."""
    if shapes is not None:
        return [TensorShape(s) for s in shapes]
    merged = []
    for column in zip(*lists, strict=True):
        for tensor in column:
            if tensor.shape.rank is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
        known = [t.shape.with_rank_at_least(1)[1:] if enqueue_many else t.shape for t in column]
        shape = known[0]
        for other in known[1:]:
            shape = shape.most_specific_compatible_shape(other)
        merged.append(shape)
    return merged


class _SparseStore:
    """Sparse tensors on their way through a queue: kept in a map, the queue has their numbers."""

    def __init__(self, lists: Sequence[Sequence[Any]], enqueue_many: bool, keep: Tensor | None):
        self._sources: list[Any] = [None] * len(lists[0])
        self._ops: list[Any] = [None] * len(lists[0])
        self._enqueue_many = enqueue_many
        self.lists = [[self._stored(i, t, enqueue_many, keep) for i, t in enumerate(tensors)] for tensors in lists]

    def _stored(self, index: int, tensor: Any, enqueue_many: bool, keep: Tensor | None) -> Any:
        if not isinstance(tensor, SparseTensor):
            return tensor
        shared = self._ops[index].name if self._ops[index] is not None else None
        record = store_many_sparse if enqueue_many else store_sparse
        known = None if keep is None else get_static_value(keep)
        if known is None and keep is not None and keep.shape.rank == 0:
            handles = cond(keep, lambda: record(tensor, shared), lambda: constant(-1, dtypes.int64))
            op = next(o for g in _branches(handles.op) for o in g.get_operations() if o.type.startswith("Add"))
        else:
            handles = record(tensor, shared)
            op = handles.op
        if self._ops[index] is None:
            self._ops[index], self._sources[index] = op, tensor
        return handles if handles.shape.rank is not None else _with_shape(handles, enqueue_many)

    def restored(self, dequeued: Any) -> list[Any]:
        """The dequeued tensors, sparse where sparse ones went in."""
        values = dequeued if isinstance(dequeued, list) else [dequeued]
        out = []
        for value, source, op in zip(values, self._sources, self._ops, strict=True):
            if source is None:
                out.append(value)
                continue
            rank = source.shape.rank
            rank = rank if rank is None or self._enqueue_many else rank + 1
            out.append(take_many_sparse(value, source.dtype, op.name, rank))
        return out


def _with_shape(handles: Tensor, enqueue_many: bool) -> Tensor:
    handles.set_shape([None] if enqueue_many else [])
    return handles


def _branches(op: Any) -> Any:
    from tfcompat.graph.function_def import function_graphs

    while op.type == "Identity":
        op = op.inputs[0].op
    return function_graphs(op)


def _fill(queue: QueueBase, lists: Sequence[Sequence[Any]], threads: int, enqueue_many: bool, keep: Tensor) -> None:
    """Adds a runner with an enqueue per list, or `threads` times that of the only one."""
    enqueue: Callable[..., Any] = queue.enqueue_many if enqueue_many else queue.enqueue
    known = get_static_value(keep)
    ops = []
    for tensors in lists:
        if keep.shape.rank == 1:
            chosen = raw_ops.Squeeze(input=raw_ops.Where(input=keep), axis=[1])
            ops.append(enqueue([gather(t, chosen) for t in tensors]))
        elif known is None:
            ops.append(cond(keep, lambda tensors=tensors: enqueue(tensors), no_op))
        else:
            ops.append(enqueue(tensors) if known else no_op())
    add_queue_runner(QueueRunner(queue, ops * threads))


def _batched(
    what: str,
    lists: list[list[Any]],
    original: Any,
    batch_size: Any,
    keep_input: Any,
    threads: int,
    capacity: int,
    enqueue_many: bool,
    shapes: Any,
    smaller: bool,
    shared_name: str | None,
    name: str | None,
    dynamic_pad: bool = False,
    shuffle: tuple[int, Any] | None = None,
) -> Any:
    """Batches of the tensors of `lists`, by way of a queue.

    `shuffle` is (elements that stay in the queue, seed) for random order.
    """
    with name_scope(name, what, [*(t for ts in lists for t in ts), keep_input]) as scope:
        lists = [_converted(ts) for ts in lists]
        keep = _keep_tensor(keep_input, enqueue_many)
        store = _SparseStore(lists, enqueue_many, keep)
        lists = store.lists
        kinds = [t.dtype.base_dtype for t in lists[0]]
        for other in lists[1:]:
            if [t.dtype.base_dtype for t in other] != kinds:
                raise TypeError(f"Expected types {kinds} in every list, got {[t.dtype for t in other]}")
        rows = _row_shapes(lists, shapes, enqueue_many)
        if shuffle is not None:
            queue: QueueBase = RandomShuffleQueue(
                capacity=capacity,
                min_after_dequeue=shuffle[0],
                seed=shuffle[1],
                dtypes=kinds,
                shapes=rows,
                shared_name=shared_name,
            )
        else:
            queue = (PaddingFIFOQueue if dynamic_pad else FIFOQueue)(
                capacity=capacity, dtypes=kinds, shapes=rows, shared_name=shared_name
            )
        _fill(queue, lists, threads, enqueue_many, keep)
        _summarise(queue, capacity, None if shuffle is None else shuffle[0])
        take = queue.dequeue_up_to if smaller else queue.dequeue_many
        return _packed_like(original, store.restored(take(batch_size, name=scope)))


def _summarise(queue: QueueBase, capacity: int, least: int | None) -> None:
    if least is None:
        summary.scalar(f"fraction_of_{capacity}_full", cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return
    full = cast(raw_ops.Maximum(x=0, y=queue.size() - least), dtypes.float32) * (1.0 / (capacity - least))
    summary.scalar(f"fraction_over_{least}_of_{capacity - least}_full", full)


@tf_export("train.batch")
def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of single examples.

    Args:
        tensors: list or dict of the tensors of one example, dense or sparse.
        batch_size: examples in a batch.
        num_threads: how many threads evaluate `tensors`.
        capacity: of the queue in between.
        enqueue_many: whether `tensors` have several examples along their first axis.
        shapes: shapes of an example, when they are not known.
        dynamic_pad: whether examples of different sizes are padded.
        allow_smaller_final_batch: whether the last batch may be smaller.
        shared_name: of the queue.
        name: name scope.

    Returns:
        The structure of `tensors` (a tensor alone for a list of one) with batches.

    Raises:
        ValueError: `tensors` is empty, or their shapes are not known.
    """
    return _batched(
        "batch",
        [_flat(tensors)],
        tensors,
        batch_size,
        True,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        dynamic_pad,
    )


@tf_export("train.maybe_batch")
def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of those examples for which `keep_input`, a bool scalar (or vector with `enqueue_many`), holds."""
    return _batched(
        "batch",
        [_flat(tensors)],
        tensors,
        batch_size,
        keep_input,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        dynamic_pad,
    )


@tf_export("train.batch_join")
def batch_join(
    tensors_list: Sequence[Any],
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` of several sources, one thread each: `tensors_list` has one list or dict for every source."""
    return _batched(
        "batch_join",
        _lists(tensors_list),
        tensors_list[0],
        batch_size,
        True,
        1,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        dynamic_pad,
    )


@tf_export("train.maybe_batch_join")
def maybe_batch_join(
    tensors_list: Sequence[Any],
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch_join` of those examples for which `keep_input` holds."""
    return _batched(
        "batch_join",
        _lists(tensors_list),
        tensors_list[0],
        batch_size,
        keep_input,
        1,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        dynamic_pad,
    )


def _lists(tensors_list: Sequence[Any]) -> list[list[Any]]:
    lists = [_flat(t) for t in tensors_list]
    if not lists:
        raise ValueError("Expected at least one input source.")
    if isinstance(tensors_list[0], dict) and any(set(t) != set(tensors_list[0]) for t in tensors_list):
        raise ValueError("All dictionaries must have the same keys.")
    if any(len(ts) != len(lists[0]) for ts in lists):
        raise ValueError("All sources must have the same number of tensors.")
    return lists


@tf_export("train.shuffle_batch")
def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: Any = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch` in random order: `min_after_dequeue` examples stay in the queue, so that they mix."""
    return _batched(
        "shuffle_batch",
        [_flat(tensors)],
        tensors,
        batch_size,
        True,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        shuffle=(min_after_dequeue, seed),
    )


@tf_export("train.maybe_shuffle_batch")
def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: Any = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of those examples for which `keep_input` holds."""
    return _batched(
        "shuffle_batch",
        [_flat(tensors)],
        tensors,
        batch_size,
        keep_input,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        shuffle=(min_after_dequeue, seed),
    )


@tf_export("train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list: Sequence[Any],
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: Any = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch` of several sources; see `batch_join`."""
    return _batched(
        "shuffle_batch_join",
        _lists(tensors_list),
        tensors_list[0],
        batch_size,
        True,
        1,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        shuffle=(min_after_dequeue, seed),
    )


@tf_export("train.maybe_shuffle_batch_join")
def maybe_shuffle_batch_join(
    tensors_list: Sequence[Any],
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: Any = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch_join` of those examples for which `keep_input` holds."""
    return _batched(
        "shuffle_batch_join",
        _lists(tensors_list),
        tensors_list[0],
        batch_size,
        keep_input,
        1,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        shuffle=(min_after_dequeue, seed),
    )
