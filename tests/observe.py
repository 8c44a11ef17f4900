"""Builds and runs one row under some TensorFlow 1 module and says what happened.

The recorder and the runner share this, so the reference and tfcompat are asked exactly the same questions.
"""

from __future__ import annotations

import functools
import os
import traceback
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.cases import Case, Const, Symbol, dtype_named, map_leaves, resolve
from tests.graphs import Node, read_nodes

VARIANTS = ("known", "batch", "rank")


@dataclass
class Failure:
    """An exception, with the phase that raised it: "build", "run" or "gradient"."""

    phase: str
    error: BaseException

    @property
    def classes(self) -> list[str]:
        return [c.__name__ for c in type(self.error).__mro__]

    def __str__(self) -> str:
        text = " ".join(str(self.error).split())
        frames = traceback.extract_tb(self.error.__traceback__)
        where = f" at {os.path.relpath(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
        return f"{self.classes[0]} ({self.phase}){where}: {text[:300]}"


@dataclass
class Leaf:
    """One tensor of a result: static dtype and shape, and the value once it has run."""

    tensor: Any
    dtype: str
    shape: list[int | None] | None
    value: np.ndarray | None = None


@dataclass
class Built:
    """A row recorded into a graph of its own."""

    tf: Any
    graph: Any
    feed: dict[Any, np.ndarray]
    structure: str
    leaves: list[Leaf]
    graph_def: Any
    nodes: list[Node]
    session: Any = None

    @property
    def inputs(self) -> list[Any]:
        return list(self.feed)

    def run(self, fetches: Sequence[Any], extra: dict[Any, np.ndarray] | None = None) -> list[np.ndarray]:
        """Runs tensors in the row's session, which is opened and initialised at the first call."""
        if self.session is None:
            with self.graph.as_default():
                initializers = _initializers(self.tf, self.graph)
            self.session = open_session(self.tf, self.graph)
            if initializers:
                self.session.run(initializers)
        return [as_array(v) for v in self.session.run(list(fetches), {**self.feed, **(extra or {})})]

    def close(self) -> None:
        if self.session is not None:
            self.session.close()


def open_session(tf: Any, graph: Any) -> Any:
    """A session with one thread each way: rows are small, and tests run in parallel."""
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    return tf.Session(graph=graph, config=config)


def variants_of(case: Case) -> list[str]:
    """Names of the variants in which a row is built; those whose inputs would not differ are left out."""
    wanted = {"batch": case.unknown_batch, "rank": case.unknown_rank}
    has_dimensions = any(a.ndim for a in case.inputs())
    has_inputs = bool(case.inputs())
    present = {"known": True, "batch": wanted["batch"] and has_dimensions, "rank": wanted["rank"] and has_inputs}
    return [v for v in VARIANTS if present[v]]


def static_shape(array: np.ndarray, variant: str) -> list[int | None] | None:
    """Shape of an input's placeholder in a variant."""
    if variant == "rank":
        return None
    shape: list[int | None] = list(array.shape)
    if variant == "batch" and shape:
        shape[0] = None
    return shape


def build(tf: Any, case: Case, variant: str = "known") -> Built:
    """Records a row into a new graph. Raises what the called function raises."""
    graph = tf.Graph()
    feed: dict[Any, np.ndarray] = {}

    def argument(leaf: Any) -> Any:
        if isinstance(leaf, Const):
            return leaf.value
        if isinstance(leaf, Symbol):
            return resolve(tf, leaf.name)
        if not isinstance(leaf, np.ndarray):
            return leaf
        dtype = tf.string if leaf.dtype.kind == "O" else tf.as_dtype(leaf.dtype.name)
        fed = tf.placeholder(dtype, static_shape(leaf, variant), name=f"x{len(feed)}")
        feed[fed] = leaf
        return fed

    with graph.as_default():
        args, kwargs = map_leaves(argument, (case.args, case.kwargs))
        made = case.call(tf, args, kwargs)
        leaves: list[Leaf] = []
        structure = _flatten(tf, made, leaves)
    fed_names = {t.op.name for t in feed}
    graph_def = graph.as_graph_def()
    nodes = [n for n in read_nodes(graph_def) if n.name not in fed_names]
    return Built(tf, graph, feed, structure, leaves, graph_def, nodes)


def run_values(built: Built) -> None:
    """Runs the row and fills in the values of its leaves; resources and variants have none."""
    fetched = [leaf for leaf in built.leaves if leaf.dtype not in ("resource", "variant")]
    for leaf, value in zip(fetched, built.run([leaf.tensor for leaf in fetched]), strict=True):
        leaf.value = value


@dataclass
class Gradients:
    """Gradients of a row along fixed directions: values, None where there is no path; sparse marks IndexedSlices."""

    tensors: list[Any]
    values: list[np.ndarray | None]
    sparse: list[bool]


def first_gradients(built: Built) -> tuple[Gradients, dict[Any, np.ndarray]]:
    """Gradients of the floating outputs along fed directions with respect to every floating input.

    Needs the values of the leaves. Also returns the directions, which second gradients differentiate by too.
    """
    with built.graph.as_default():
        leaves = [(leaf.tensor, leaf.value) for leaf in built.leaves if leaf.value is not None]
        ys = [(t, value) for t, value in leaves if _floating(t)]
        directions = {
            _direction_input(built.tf, t, value.shape, f"dy{i}"): direction(value.shape, t.dtype.base_dtype.name, i)
            for i, (t, value) in enumerate(ys)
        }
        xs = [x for x in built.inputs if _floating(x)]
        if not ys or not xs:
            return Gradients([], [], []), {}
        made = built.tf.gradients([t for t, _ in ys], xs, grad_ys=list(directions))
    return _run_gradients(built, made, directions), directions


def second_gradients(built: Built, first: Gradients, directions: dict[Any, np.ndarray]) -> Gradients:
    """Gradients of the first gradients, along other directions, by the inputs and by the first directions."""
    with built.graph.as_default():
        gs = [(t, v) for t, v in zip(first.tensors, first.values, strict=True) if v is not None]
        if not gs:
            return Gradients([], [], [])
        seconds = {
            _direction_input(built.tf, t, v.shape, f"ddy{i}"): direction(v.shape, t.dtype.base_dtype.name, 100 + i)
            for i, (t, v) in enumerate(gs)
        }
        xs = [x for x in built.inputs if _floating(x)] + list(directions)
        made = built.tf.gradients([t for t, _ in gs], xs, grad_ys=list(seconds))
    return _run_gradients(built, made, {**directions, **seconds})


def _run_gradients(built: Built, made: Sequence[Any], feed: dict[Any, np.ndarray]) -> Gradients:
    sparse = [_is_a(built.tf, g, "IndexedSlices") for g in made]
    with built.graph.as_default():
        tensors = [None if g is None else built.tf.convert_to_tensor(g) for g in made]
    values = iter(built.run([t for t in tensors if t is not None], feed))
    return Gradients(tensors, [None if t is None else next(values) for t in tensors], sparse)


def direction(shape: Sequence[int], dtype: str, salt: int) -> np.ndarray:
    """A fixed array in [-1, 1) to weigh outputs with."""
    random = np.random.RandomState(zlib.crc32(f"direction {tuple(shape)} {salt}".encode()))
    made = 2.0 * random.random_sample(tuple(shape)) - 1.0
    if dtype.startswith("complex"):
        made = made + 1j * (2.0 * random.random_sample(tuple(shape)) - 1.0)
    return np.asarray(made).astype(dtype_named(dtype))


def attempt(phase: str, fn: Callable[[], Any]) -> Any:
    """The result of fn(), or the Failure it ended in."""
    try:
        return fn()
    except Exception as error:
        return Failure(phase, error)


def module_under_test() -> Any:
    """The TensorFlow 1 module that rows run under: $TFCOMPAT_CANDIDATE, or tfcompat.compat.v1."""
    import importlib

    name = os.environ.get("TFCOMPAT_CANDIDATE", "tfcompat.compat.v1")
    tf = importlib.import_module(name)
    if not name.startswith("tfcompat"):
        tf.disable_v2_behavior()
    return tf


def _direction_input(tf: Any, like: Any, shape: Sequence[int], name: str) -> Any:
    return tf.placeholder(like.dtype.base_dtype, list(shape), name=name)


def _floating(tensor: Any) -> bool:
    dtype = tensor.dtype.base_dtype
    return bool(dtype.is_floating or dtype.is_complex)


def as_array(value: Any) -> np.ndarray:
    """A fetched value as an array; a lone byte string must not become numpy's S dtype, which drops zero bytes."""
    return np.array(value, dtype=object) if isinstance(value, (bytes, str)) else np.asarray(value)


def _initializers(tf: Any, graph: Any) -> list[Any]:
    """Operations that must run once before the row: those of variables and tables, when it has any."""
    made = []
    if graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES):
        made.append(tf.global_variables_initializer())
    if graph.get_collection(tf.GraphKeys.LOCAL_VARIABLES):
        made.append(tf.local_variables_initializer())
    if graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS):
        made.append(tf.tables_initializer())
    return made


def _flatten(tf: Any, value: Any, leaves: list[Leaf]) -> str:
    """Appends the tensors of a result to `leaves` and returns its structure as text; T stands for a tensor."""
    if _is_a(tf, value, "Tensor", "Variable") or hasattr(value, "read_value"):
        rank = value.shape.rank
        leaves.append(Leaf(value, value.dtype.name, None if rank is None else value.shape.as_list()))
        return "T"
    if _is_a(tf, value, "Operation"):
        return "op"
    parts = _components(tf, value)
    if parts is not None:
        kind, items = parts
        return f"{kind}({', '.join(f'{k}{_flatten(tf, v, leaves)}' for k, v in items)})"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype.name} {value.tolist()!r}"
    if isinstance(value, np.generic):
        return f"scalar {value.dtype.name} {value.item()!r}"
    return str(value)


def _is_a(tf: Any, value: Any, *names: str) -> bool:
    """Whether a value is of one of the named classes, as far as the module has them."""
    return isinstance(value, _classes(tf, names))


@functools.cache
def _classes(tf: Any, names: tuple[str, ...]) -> tuple[type, ...]:
    return tuple(getattr(tf, name) for name in names if hasattr(tf, name))


def _components(tf: Any, value: Any) -> tuple[str, list[tuple[str, Any]]] | None:
    """Name and labelled parts of a composite result, None for a leaf."""
    if _is_a(tf, value, "SparseTensor"):
        return "SparseTensor", [("", value.indices), ("", value.values), ("", value.dense_shape)]
    if _is_a(tf, value, "IndexedSlices"):
        return "IndexedSlices", [("", v) for v in (value.values, value.indices, value.dense_shape) if v is not None]
    if _is_a(tf, value, "RaggedTensor"):
        return "RaggedTensor", [("", value.flat_values), *(("", s) for s in value.nested_row_splits)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value).__name__, [(f"{k}=", v) for k, v in zip(value._fields, value, strict=True)]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [("", v) for v in value]
    if isinstance(value, dict):
        return "dict", [(f"{k}=", value[k]) for k in sorted(value)]
    return None
