"""Data as programs pass it to models, as lists of arrays that fit the inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfcompat.keras.engine.per_output import is_loss


def standardized(data: Any, names: Sequence[str], shapes: Sequence[Any], what: str) -> list[Any]:
    """A list of arrays, one for each of `names`.

    Args:
        data: an array, a list of arrays, or a dictionary by name; also data frames and lists of numbers.
        names: of the inputs or outputs.
        shapes: of each, with the batch; None where anything will do.
        what: "input", "target" or "output", for messages.

    Raises:
        ValueError: there are too few or too many arrays, or one does not fit.
    """
    arrays = [_at_least_2d(as_array(a), shape) for a, shape in zip(_by_name(data, names, what), shapes, strict=True)]
    for array, name, shape in zip(arrays, names, shapes, strict=True):
        if shape is not None and array is not None and hasattr(array, "shape"):
            _check_shape(array, name, shape, what)
    return arrays


def _by_name(data: Any, names: Sequence[str], what: str) -> list[Any]:
    if not names:
        if data is not None and np.size(np.asarray(data, dtype=object)):
            raise ValueError(f"Error when checking model {what}: expected no data, but got: {data}")
        return []
    if data is None:
        return [None] * len(names)
    if isinstance(data, Mapping):
        missing = [name for name in names if name not in data]
        if missing:
            raise ValueError(f'No data provided for "{missing[0]}". Need data for each key in: {list(names)}')
        return [data[name] for name in names]
    if isinstance(data, (list, tuple)):
        if data and isinstance(data[0], (list, tuple)):
            data = [np.asarray(d) for d in data]
            data = data if len(data) == len(names) and len(names) > 1 else [np.asarray(data)]
        elif len(names) == 1 and data and np.isscalar(data[0]):
            data = [np.asarray(data)]
        data = list(data)
    else:
        data = [data]
    if len(data) != len(names):
        raise ValueError(_wrong_number(data, names, what))
    return data


def _wrong_number(data: list[Any], names: Sequence[str], what: str) -> str:
    if len(data) == 1 and not hasattr(data[0], "shape"):
        return (
            f"Error when checking model {what}: data should be a Numpy array, or list/dict of Numpy arrays. Found: "
            f"{str(data)[:200]}..."
        )
    return (
        f"Error when checking model {what}: the list of Numpy arrays that you are passing to your model is not the "
        f"size the model expected. Expected to see {len(names)} array(s), but instead got the following list of "
        f"{len(data)} arrays: {str(data)[:200]}..."
    )


def as_array(value: Any) -> Any:
    """`value`, a list, a data frame or an array, as an array; sparse matrices and None as they are."""
    if value is None or isinstance(value, np.ndarray) or hasattr(value, "tocoo") or hasattr(value, "dense_shape"):
        return value
    if type(value).__name__ in ("DataFrame", "Series"):
        return value.values
    return value if hasattr(value, "shape") and hasattr(value, "__getitem__") else np.asarray(value)


def _at_least_2d(array: Any, shape: Any) -> Any:
    """A vector as a matrix of one column, where the model does not expect a vector."""
    if isinstance(array, np.ndarray) and array.ndim == 1 and (shape is None or len(shape) != 1):
        return array[:, None]
    return array


def _check_shape(array: Any, name: str, shape: Any, what: str) -> None:
    if len(array.shape) != len(shape):
        raise ValueError(
            f"Error when checking {what}: expected {name} to have {len(shape)} dimensions, but got array with shape "
            f"{tuple(array.shape)}"
        )
    for size, expected in zip(array.shape[1:], shape[1:], strict=True):
        if expected is not None and size not in (expected, None):
            raise ValueError(
                f"Error when checking {what}: expected {name} to have shape {tuple(shape[1:])} but got array with "
                f"shape {tuple(array.shape[1:])}"
            )


_SAME_SHAPE = {
    "mean_squared_error": "MeanSquaredError",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
}


def check_targets(targets: Sequence[Any], endpoints: Sequence[Any]) -> None:
    """Raises ValueError for labels that the loss of their endpoint does not mean."""
    for target, endpoint in zip(targets, endpoints, strict=True):
        if target is None or not hasattr(target, "shape") or endpoint.shape is None:
            continue
        shape, loss = tuple(target.shape), endpoint.loss
        if is_loss(loss, "CategoricalCrossentropy", "categorical_crossentropy") and shape[-1] == 1:
            raise ValueError(
                f"You are passing a target array of shape {shape} while using as loss `categorical_crossentropy`. "
                "`categorical_crossentropy` expects targets to be binary matrices (1s and 0s) of shape (samples, "
                "classes). If your targets are integer classes, you can convert them to the expected format with "
                "`tf.keras.utils.to_categorical`, or use the loss function `sparse_categorical_crossentropy` instead, "
                "which does expect integer targets."
            )
        name = next((n for n, c in _SAME_SHAPE.items() if is_loss(loss, c, n)), None)
        if name and any(
            expected is not None and size != expected
            for size, expected in zip(shape[1:], endpoint.shape[1:], strict=False)
        ):
            raise ValueError(
                f"A target array with shape {shape} was passed for an output of shape {endpoint.shape} while using as "
                f"loss `{name}`. This loss expects targets to have the same shape as the output."
            )


def check_lengths(inputs: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any]) -> None:
    """Raises ValueError when there are different numbers of samples."""
    x, y, w = (
        {a.shape[0] for a in arrays if a is not None and len(getattr(a, "shape", ()))}
        for arrays in (inputs, targets, weights)
    )
    for sizes, what in ((x, "input"), (y, "target")):
        if len(sizes) > 1:
            raise ValueError(
                f"All {what} arrays (x) should have the same number of samples. Got array shapes: "
                f"{[a.shape for a in (inputs if what == 'input' else targets)]}"
            )
    if len(w) > 1:
        raise ValueError(
            "All sample_weight arrays should have the same number of samples. Got array shapes: "
            f"{[a.shape for a in weights if a is not None]}"
        )
    if x and y and x != y:
        raise ValueError(
            "Input arrays should have the same number of samples as target arrays. Found "
            f"{x.pop()} input samples and {y.pop()} target samples."
        )
    if y and w and y != w:
        raise ValueError(
            "Sample_weight arrays should have the same number of samples as target arrays. Got "
            f"{y.pop()} input samples and {w.pop()} target samples."
        )


def sample_weights(given: Any, class_weight: Any, targets: Sequence[Any], endpoints: Sequence[Any]) -> list[Any]:
    """The weights of the samples for each endpoint; None where all weigh 1.

    Args:
        given: an array, a list, or a dictionary by name of output; None for none.
        class_weight: class -> weight, for all outputs, as a list, or as a dictionary by name of output.
        targets: the labels of each endpoint, which say the classes.
        endpoints: the endpoints whose targets are fed.

    Raises:
        ValueError: weights of another shape than the labels, or a class without a weight.
    """
    names = [endpoint.name for endpoint in endpoints]
    by_sample = _spread(given, names, "sample_weight")
    by_class = _spread(class_weight, names, "class_weight") if class_weight else [None] * len(names)
    return [
        _combined(target, one, classes, endpoint.mode)
        for target, one, classes, endpoint in zip(targets, by_sample, by_class, endpoints, strict=True)
    ]


def _spread(given: Any, names: Sequence[str], what: str) -> list[Any]:
    if given is None:
        return [None] * len(names)
    if len(names) == 1:
        if isinstance(given, (list, tuple)) and len(given) == 1 and hasattr(given[0], "shape"):
            return list(given)
        return [given[names[0]]] if isinstance(given, Mapping) and names[0] in given else [given]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"Provided `{what}` was a list of {len(given)} elements, but the model has {len(names)} outputs. You "
                f"should provide one `{what}` array per model output."
            )
        return list(given)
    if isinstance(given, Mapping):
        return [given.get(name) for name in names]
    raise TypeError(
        f"The model has multiple outputs, so `{what}` should be either a list or a dict. Provided `{what}` type not "
        f"understood: {given}"
    )


def _combined(target: Any, by_sample: Any, by_class: Any, mode: str | None) -> Any:
    weights = None if by_sample is None else np.asarray(by_sample)
    if weights is not None:
        if mode == "temporal":
            if weights.ndim != 2:
                raise ValueError(
                    f"Found a sample_weight array with shape {weights.shape}. In order to use timestep-wise sample "
                    "weighting, you should pass a 2D sample_weight array."
                )
        elif weights.ndim != 1:
            raise ValueError(
                f"Found a sample_weight array with shape {weights.shape}. In order to use timestep-wise sample "
                'weights, you should specify sample_weight_mode="temporal" in compile(). If you just mean to use '
                "sample-wise weights, make sure your sample_weight array is 1D."
            )
        if target is not None and weights.shape != target.shape[: weights.ndim]:
            raise ValueError(
                f"Found a sample_weight array with shape {weights.shape} for an input with shape {target.shape}. "
                "sample_weight cannot be broadcast."
            )
    if not isinstance(by_class, Mapping):
        return weights
    of_classes = _class_weights(target, by_class)
    return of_classes if weights is None else weights * of_classes


def _class_weights(target: Any, weights: Mapping[Any, float]) -> Any:
    if target.ndim > 2:
        raise ValueError("`class_weight` not supported for 3+ dimensional targets.")
    classes = np.argmax(target, axis=1) if target.ndim == 2 and target.shape[1] > 1 else np.reshape(target, -1)
    missing = set(classes.tolist()) - set(weights)
    if missing:
        raise ValueError(
            f"`class_weight` must contain all classes in the data. The classes {missing} exist in the data but not in "
            "`class_weight`."
        )
    return np.asarray([weights[c] for c in classes.tolist()])
