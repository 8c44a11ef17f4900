"""Rows of operation tests: what is called with which arguments.

A row calls one public function with arrays and constants:

    Case("nn.softmax", f32(2, 3, 4), axis=1)
    Case("concat", [f32(2, 3), f32(2, 1)], axis=-1)
    expr("x[1:, ..., tf.newaxis]", x=f32(3, 4))          # any expression over tf, np and the named inputs
    *by_dtype(INTS, lambda t: Case("square", t(2, 3)))
    Case("reshape", f32(2, 3), [4, 2], raises="ValueError")

Every ndarray in the arguments (in lists, tuples and dicts too) becomes a placeholder named x0, x1, ... and is fed;
Python numbers, strings and `const(array)` are passed as they are; `sym("float32")` passes `tf.float32`.
Makers `f16 bf16 f32 f64 i8 ... u64 b c64 c128` give the same array on every machine for the same shape and salt:
two inputs of one shape need different salts, `Case("add", f32(2, 3), f32(2, 3, salt=1))`. `f32.positive(2, 3)` lies in
[0.1, 3), `f32(2, 3, lo=-1, hi=1)` in [lo, hi); `arr([[1, 2]], "int64")` and `strings("a", b"b")` are explicit values.

What the reference answers to a row is recorded once, with its Python, by

    python scripts/record_golden.py tests/ops/test_nn.py

into tests/golden/<family>.json and .npz; commit them with the rows. A row is known by its function and arguments, so
rows may be reordered, and a changed row must be recorded again. A row that the reference refuses is recorded as that
error and must say so: `raises="InvalidArgumentError"` or `raises=("ValueError", "regex of the message")`.

A module of rows ends in `test_rows = run_cases("nn", CASES)` (see tests/runner.py for what is checked, and for the
command line that prints one line a problem). Importing it needs numpy and ml_dtypes only.

Options of a row (keyword arguments that are not passed on; where a function has an argument of that name, use expr):
    label          suffix of the test's id
    raises         error class, or (class, regex), that the row must raise
    tol            relative tolerance, or (relative, absolute as a share of the largest value)
    grad, grad2    compare first and second gradients; grad2 is on for finite float32, float64 and complex inputs
    random         results are random: only their dtypes, shapes and graph are compared
    run            off where the reference records what it has no CPU kernel for: no values, no gradients
    onednn         recorded with oneDNN's kernels, which alone have it (gradients of dilated convolutions)
    static         compare static shapes
    graph          compare the recorded nodes
    unknown_batch  build once more with an unknown first dimension of every input
    unknown_rank   build once more with inputs of unknown rank
    export         export to ONNX and run there; a string says why not
"""

from __future__ import annotations

import hashlib
import inspect
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np


@dataclass(frozen=True)
class Maker:
    """Makes arrays of one dtype whose values depend on shape and salt alone."""

    name: str
    dtype: np.dtype

    def __call__(self, *shape: int, lo: float | None = None, hi: float | None = None, salt: int = 0) -> np.ndarray:
        """Values around zero (unsigned: 0 to 19; bool: both), or uniform in [lo, hi)."""
        random = np.random.RandomState(zlib.crc32(f"{shape}/{salt}".encode()))
        kind = self.dtype.kind
        made: Any
        if kind == "b":
            made = random.randint(0, 2, shape)
        elif kind in "iu":
            low = lo if lo is not None else (0 if kind == "u" else -10)
            made = random.randint(int(low), int(hi if hi is not None else 20 if kind == "u" else 11), shape)
        elif kind == "c":
            made = _reals(random, shape, lo, hi) + 1j * _reals(random, shape, lo, hi)
        else:
            made = _reals(random, shape, lo, hi)
        return np.asarray(made).astype(self.dtype)

    def positive(self, *shape: int, salt: int = 0) -> np.ndarray:
        """Values in [0.1, 3) (integers: 1 to 9)."""
        if self.dtype.kind in "iu":
            return self(*shape, lo=1, hi=10, salt=salt)
        return self(*shape, lo=0.1, hi=3.0, salt=salt)


def _reals(random: np.random.RandomState, shape: Sequence[int], lo: float | None, hi: float | None) -> np.ndarray:
    """Near-normal values from sums of uniforms: additions only, so no machine's libm shows in them."""
    if lo is None and hi is None:
        parts = random.random_sample((4, *shape))
        return (parts[0] + parts[1] + parts[2] + parts[3] - 2.0) * 1.75
    low = 0.0 if lo is None else lo
    return low + (1.0 if hi is None else hi - low) * random.random_sample(tuple(shape))


# fmt: off
f16  = Maker("float16", np.dtype("float16"))
bf16 = Maker("bfloat16", np.dtype(ml_dtypes.bfloat16))
f32  = Maker("float32", np.dtype("float32"))
f64  = Maker("float64", np.dtype("float64"))
i8   = Maker("int8", np.dtype("int8"))
i16  = Maker("int16", np.dtype("int16"))
i32  = Maker("int32", np.dtype("int32"))
i64  = Maker("int64", np.dtype("int64"))
u8   = Maker("uint8", np.dtype("uint8"))
u16  = Maker("uint16", np.dtype("uint16"))
u32  = Maker("uint32", np.dtype("uint32"))
u64  = Maker("uint64", np.dtype("uint64"))
b    = Maker("bool", np.dtype("bool"))
c64  = Maker("complex64", np.dtype("complex64"))
c128 = Maker("complex128", np.dtype("complex128"))
# fmt: on

FLOATS = (f16, bf16, f32, f64)
SIGNED = (i8, i16, i32, i64)
UNSIGNED = (u8, u16, u32, u64)
INTS = SIGNED + UNSIGNED
REALS = FLOATS + INTS
COMPLEX = (c64, c128)


def dtype_named(name: str) -> np.dtype:
    """numpy's dtype of TensorFlow's dtype name; strings are arrays of objects."""
    if name == "string":
        return np.dtype(object)
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def dtype_name(array: np.ndarray) -> str:
    """TensorFlow's name of an array's dtype."""
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def arr(values: Any, dtype: str = "float32") -> np.ndarray:
    """An input of explicit values."""
    return np.asarray(values, dtype=dtype_named(dtype))


def strings(*values: Any) -> np.ndarray:
    """A vector of byte strings; one nested list gives any shape, `strings(["a"])` a vector of one."""
    return np.array(_encoded(values[0] if len(values) == 1 else list(values)), dtype=object)


def special(dtype: str = "float32") -> np.ndarray:
    """Values that formulas get wrong: NaN, infinities, both zeros, halves, and magnitudes up to 50."""
    values = [
        np.nan,
        np.inf,
        -np.inf,
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        -1.5,
        2.5,
        -2.5,
        1e-6,
        20.0,
        -20.0,
        50.0,
        -50.0,
    ]
    return arr(values, dtype)


def _encoded(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_encoded(v) for v in value]
    return value.encode() if isinstance(value, str) else value


@dataclass(frozen=True)
class Const:
    """An array that is handed to the function itself instead of a placeholder."""

    value: np.ndarray


@dataclass(frozen=True)
class Symbol:
    """A public name under tf, passed as the object it names."""

    name: str


def const(value: Any) -> Const:
    """Passes a numpy array as a constant: not fed, not differentiated."""
    return Const(np.asarray(value))


def sym(name: str) -> Symbol:
    """Passes the object that `name` means under tf: `sym("float32")`, `sym("nn.relu")`."""
    return Symbol(name)


@dataclass(frozen=True)
class Expression:
    """Python source over tf, np and the row's inputs by name."""

    source: str

    def __call__(self, tf: Any, **inputs: Any) -> Any:
        return eval(compile(self.source, "<row>", "eval"), {"tf": tf, "np": np, **inputs})


OPTIONS = {
    "label": None, "raises": None, "tol": None, "grad": True, "grad2": None, "random": False, "run": True,
    "onednn": False, "static": True, "graph": True, "unknown_batch": True, "unknown_rank": True,
    "export": True,
}  # fmt: skip


@dataclass(init=False, repr=False)
class Case:
    """One row: `target` is a dotted name under tf, an Expression, or a function whose first argument is tf."""

    target: str | Expression | Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    options: dict[str, Any]

    def __init__(self, target: str | Expression | Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        if getattr(target, "__name__", "") == "<lambda>":
            raise ValueError("a row's target is a name, an expr(...) or a def: a lambda has no stable text")
        self.target = target
        self.args = args
        self.options = {key: kwargs.pop(key, default) for key, default in OPTIONS.items()}
        self.kwargs = kwargs
        _check_distinct(self.inputs(), self.name)

    def __getattr__(self, name: str) -> Any:
        if name in OPTIONS:
            return self.options[name]
        raise AttributeError(name)

    def __repr__(self) -> str:
        """The call, with arrays as dtype and shape: nn.softmax(float32[2, 3], axis=1)."""

        def brief(leaf: Any) -> Any:
            return _Brief(leaf) if isinstance(leaf, (np.ndarray, Const, Symbol)) else leaf

        parts = [repr(map_leaves(brief, a)) for a in self.args]
        parts += [f"{k}={map_leaves(brief, v)!r}" for k, v in self.kwargs.items()]
        return f"{self.name}({', '.join(parts)})"

    @property
    def name(self) -> str:
        """What the row tests, as the start of its id."""
        if isinstance(self.target, str):
            return self.target
        if isinstance(self.target, Expression):
            return self.target.source.replace(" ", "")[:70]
        return self.target.__name__

    def inputs(self) -> list[np.ndarray]:
        """The arrays that are fed, in the order of their placeholders."""
        found: list[np.ndarray] = []
        map_leaves(lambda leaf: found.append(leaf) if isinstance(leaf, np.ndarray) else None, (self.args, self.kwargs))
        return found

    def differentiable(self) -> bool:
        """Whether gradients are recorded: inputs of kind f, c, or V, which is bfloat16's."""
        return (
            bool(self.grad) and bool(self.run) and not self.random and any(a.dtype.kind in "fcV" for a in self.inputs())
        )

    def twice_differentiable(self) -> bool:
        """Whether second gradients are recorded: the row's word, else finite inputs of at least 32 bits."""
        if self.grad2 is not None or not self.differentiable():
            return bool(self.grad2) and self.differentiable()
        floats = [a for a in self.inputs() if a.dtype.kind in "fcV"]
        return all(a.dtype.name in _WIDE and bool(np.isfinite(a).all()) for a in floats)

    def key(self) -> str:
        """Digest of everything that decides what is recorded."""
        target = self.target.source if isinstance(self.target, Expression) else self.target
        text = target if isinstance(target, str) else inspect.getsource(target)
        switches = [self.differentiable(), self.twice_differentiable(), self.unknown_batch, self.unknown_rank]
        switches += [True] if self.onednn else []
        parts = (text, canonical(self.args), canonical(self.kwargs), repr(switches))
        return hashlib.sha1("\n".join(parts).encode()).hexdigest()[:12]

    def call(self, tf: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Calls the target with arguments in which arrays have been replaced."""
        if not isinstance(self.target, str):
            return self.target(tf, *args, **kwargs)
        return resolve(tf, self.target)(*args, **kwargs)


@dataclass(frozen=True, repr=False)
class _Brief:
    """Shows an argument of a row in few characters."""

    value: Any

    def __repr__(self) -> str:
        if isinstance(self.value, Symbol):
            return f"tf.{self.value.name}"
        if isinstance(self.value, Const):
            return f"const({_Brief(self.value.value)!r})"
        return f"{dtype_name(self.value)}{list(self.value.shape)}"


_WIDE = ("float32", "float64", "complex64", "complex128")


def expr(source: str, **inputs_and_options: Any) -> Case:
    """A row that evaluates an expression over tf, np and its inputs by name."""
    return Case(Expression(source), **inputs_and_options)


def by_dtype(makers: Iterable[Maker], row: Callable[[Maker], Case]) -> list[Case]:
    """The same row in several dtypes, with known shapes only: shapes do not depend on dtypes."""
    cases = []
    for maker in makers:
        case = row(maker)
        case.options.update(label=case.label or maker.name, unknown_batch=False, unknown_rank=False)
        cases.append(case)
    return cases


def resolve(tf: Any, dotted: str) -> Any:
    """The object named `dotted` under `tf`."""
    found = tf
    for part in dotted.split("."):
        found = getattr(found, part)
    return found


def map_leaves(fn: Callable[[Any], Any], value: Any) -> Any:
    """Applies fn to the leaves of nested lists, tuples and dicts."""
    if isinstance(value, (list, tuple)):
        return type(value)(map_leaves(fn, v) for v in value)
    if isinstance(value, dict):
        return {k: map_leaves(fn, v) for k, v in value.items()}
    return fn(value)


def canonical(value: Any) -> str:
    """Text of an argument that is the same under every Python and numpy."""
    if isinstance(value, np.ndarray):
        data = repr(value.tolist()).encode() if value.dtype.kind == "O" else np.ascontiguousarray(value).tobytes()
        return f"array {value.dtype.name} {value.shape} {hashlib.sha1(data).hexdigest()}"
    if isinstance(value, np.generic):
        return f"scalar {value.dtype.name} {value.item()!r}"
    if isinstance(value, Const):
        return f"const {canonical(value.value)}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(canonical, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{k}: {canonical(v)}' for k, v in sorted(value.items()))})"
    if callable(value):
        return inspect.getsource(value)
    return repr(value)


def identify(cases: Iterable[Case]) -> list[tuple[str, Case]]:
    """Gives every row its id: name, number among the rows of that name, label."""
    counts: dict[str, int] = {}
    named = []
    for case in cases:
        number = counts[case.name] = counts.get(case.name, -1) + 1
        named.append(("-".join(filter(None, (case.name, str(number), case.label))), case))
    return named


def _check_distinct(inputs: list[np.ndarray], name: str) -> None:
    """Equal inputs hide swapped arguments, so a row may not have them by accident."""
    seen: dict[str, int] = {}
    for index, array in enumerate(inputs):
        first = seen.setdefault(canonical(array), index)
        if first != index and array.size > 3 and array.dtype.kind != "O" and len(np.unique(array.ravel()[:64])) > 2:
            raise ValueError(f"{name}: inputs {first} and {index} are equal; give one a salt, f32(2, 3, salt=1)")
