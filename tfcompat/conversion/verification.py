"""The source in a session and the file in plain ONNX Runtime, on the same inputs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tfcompat.conversion.source import UnreadableSource
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

_BATCH, _UNKNOWN = 2, 8


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an output of the file is from the source's.

    Attributes:
        output: its name.
        largest: the largest absolute difference; infinite when shapes, types or infinities differ.
        scale: the largest absolute value in the source's output.
        ok: whether it is within the tolerance.
        note: what differs besides values.
    """

    output: str
    largest: float
    scale: float
    ok: bool
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison found, and the seconds that one run of either took."""

    differences: list[Difference]
    session_seconds: float
    onnx_seconds: float

    @property
    def ok(self) -> bool:
        """Whether all outputs are within the tolerance."""
        return all(d.ok for d in self.differences)


def verify(
    session: Any,
    inputs: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    path: str,
    feeds: Mapping[str, np.ndarray],
    tolerance: float,
    channels_first: tuple[set[str], set[str]] = (set(), set()),
    state: Mapping[str, np.ndarray] | None = None,
) -> Verification:
    """Runs both and compares.

    Args:
        session: has the source.
        inputs: name in the file -> tensor of the source.
        outputs: the same for outputs.
        path: the file.
        feeds: name in the file -> array, in the source's layout.
        tolerance: of the largest difference, as a share of the largest value (absolute below 1).
        channels_first: names of inputs and of outputs whose layout in the file has channels first.
        state: further inputs of the file, which are variables of the source, with their values.
    """
    import onnxruntime

    runner = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = dict(state or {})
    for name, array in feeds.items():
        array = np.moveaxis(array, -1, 1) if name in channels_first[0] else array
        given[name] = _texts(array) if array.dtype == object else np.ascontiguousarray(array)
    given = {i.name: given[i.name] for i in runner.get_inputs()}
    began = time.perf_counter()
    wanted = session.run(list(outputs.values()), {inputs[n]: a for n, a in feeds.items()})
    between = time.perf_counter()
    found = runner.run(list(outputs), given)
    after = time.perf_counter()
    differences = []
    for name, got, want in zip(outputs, found, wanted, strict=True):
        got = np.moveaxis(got, 1, -1) if name in channels_first[1] else np.asarray(got)
        differences.append(compare(name, got, np.asarray(want), tolerance))
    return Verification(differences, between - began, after - between)


def compare(name: str, got: np.ndarray, want: np.ndarray, tolerance: float) -> Difference:
    """The difference of an output of the file from the source's."""
    if want.dtype.kind == "c" and got.dtype.kind == "f" and got.shape == (*want.shape, 2):
        got = got[..., 0] + 1j * got[..., 1]
    if got.shape != want.shape:
        return Difference(name, np.inf, 0.0, False, f"shape {list(got.shape)}, the source has {list(want.shape)}")
    if want.dtype.kind in "OSU":
        equal = _texts(want).tolist() == _texts(got).tolist()
        return Difference(name, 0.0 if equal else np.inf, 0.0, equal, "" if equal else "texts differ")
    a, b = (x.astype(np.complex128 if want.dtype.kind == "c" else np.float64) for x in (got, want))
    same = (a == b) | np.isnan(a) & np.isnan(b)
    scale = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
    if not same.all() and not (np.isfinite(a) | same).all() | (np.isfinite(b) | same).all():
        return Difference(name, np.inf, scale, False, "NaN or infinity on one side only")
    with np.errstate(invalid="ignore"):
        largest = float(np.max(np.abs(a - b), initial=0.0, where=~same))
    ok = largest == 0 if want.dtype.kind in "iub" else largest <= tolerance * max(1.0, scale)
    return Difference(name, largest, scale, bool(ok))


def _texts(array: np.ndarray) -> np.ndarray:
    out = np.empty(array.shape, object)
    flat = out.reshape(-1)
    for i, text in enumerate(array.reshape(-1).tolist()):
        flat[i] = text.decode(errors="surrogateescape") if isinstance(text, bytes) else str(text)
    return flat.reshape(array.shape)


def load_feeds(path: str, inputs: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file, whose names are those of inputs in the file, of tensors or of operations.

    Raises:
        UnreadableSource: there is no such file, or one is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {k.removeprefix("in:"): data[k] for k in data.files if not k.startswith("out:")}
    except (OSError, ValueError, AttributeError) as error:
        raise UnreadableSource(f"--verify: {path} is no readable .npz file: {error}") from None
    feeds = {}
    for name, tensor in inputs.items():
        key = next((k for k in (name, tensor.name, tensor.op.name) if k in arrays), None)
        if key is None:
            raise UnreadableSource(f"{path} has no array for the input {name}; it has {', '.join(arrays) or 'none'}")
        array = arrays[key]
        is_text = tensor.dtype.base_dtype.name == "string"
        feeds[name] = array.astype(object) if is_text else array.astype(tensor.dtype.base_dtype.as_numpy_dtype)
    return feeds


def generated_feeds(inputs: Mapping[str, Tensor], shapes: Mapping[Tensor, TensorShape]) -> dict[str, np.ndarray]:
    """Arrays for `inputs`, the same ones each time; unknown first dimensions are 2, others 8.

    Raises:
        ValueError: the rank of an input is not known.
    """
    random = np.random.RandomState(0)
    feeds = {}
    for name, tensor in inputs.items():
        shape = shapes.get(tensor, tensor.shape)
        if shape.rank is None:
            raise ValueError(f"The rank of {name} is not known: give its shape, --inputs {name}[1,224,224,3].")
        dims = [d if d is not None else (_BATCH if i == 0 else _UNKNOWN) for i, d in enumerate(shape.as_list())]
        feeds[name] = _generated(random, dims, tensor)
    return feeds


def _generated(random: np.random.RandomState, dims: list[int], tensor: Tensor) -> np.ndarray:
    dtype = tensor.dtype.base_dtype
    if dtype.name == "string":
        words = np.empty(dims, object)
        flat = words.reshape(-1)
        for i in range(flat.size):
            flat[i] = f"word {i}".encode()
        return flat.reshape(dims)
    if dtype.name == "bool":
        return np.asarray(random.randint(0, 2, dims), bool)
    if dtype.is_integer:
        return np.asarray(random.randint(0, 255 if dtype.name == "uint8" else 3, dims)).astype(dtype.as_numpy_dtype)
    values = random.random_sample(tuple(dims))
    if dtype.is_complex:
        values = values + 1j * random.random_sample(tuple(dims))
    return np.asarray(values).astype(dtype.as_numpy_dtype)
