"""What a model gives when it serves: kinds of outputs, each with its form of signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.tensor import Tensor
from tfcompat.platform import logging
from tfcompat.saved_model import constants
from tfcompat.saved_model.signatures import (
    classification_signature_def,
    predict_signature_def,
    regression_signature_def,
)


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype.is_floating


def _only(receiver_tensors: Mapping[str, Any], kind: str) -> Any:
    """The one receiver tensor, of strings, that signatures of examples need."""
    if len(receiver_tensors) != 1:
        raise ValueError(
            f"{kind} signatures can only accept a single tensor input of type tf.string. Please check to make sure "
            f"that you have structured the serving_input_receiver_fn so that it creates a single string placeholder. "
            f"If your model function expects multiple inputs, then use `tf.io.parse_example()` to parse the string "
            f"into multiple tensors.\n Received: {receiver_tensors}"
        )
    (examples,) = receiver_tensors.values()
    if examples.dtype != dtypes.string:
        raise ValueError(f"{kind} input must be a single string Tensor; got {receiver_tensors}")
    return examples


class ExportOutput:
    """One way in which a model serves."""

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """The `SignatureDef` from `receiver_tensors` to this output.

        Raises:
            ValueError: this kind of signature cannot begin with these tensors.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define as_signature_def().")


class PredictOutput(ExportOutput):
    """Any tensors, by name.

    Args:
        outputs: a tensor, which is then called "output", or a dictionary of tensors.

    Raises:
        ValueError: a key is no string, or a value no tensor.
    """

    def __init__(self, outputs: Any):
        named = outputs if isinstance(outputs, Mapping) else {"output": outputs}
        for name, value in named.items():
            if not isinstance(name, str | tuple):
                raise ValueError(f"Prediction output key must be a string; got {name}.")
            if not isinstance(value, Tensor):
                raise ValueError(f"Prediction output value must be a Tensor; got {value}.")
        self._outputs = {"/".join(n) if isinstance(n, tuple) else n: value for n, value in named.items()}

    @property
    def outputs(self) -> dict[str, Tensor]:
        """Name -> tensor."""
        return self._outputs

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """A signature of the method predict."""
        return predict_signature_def(receiver_tensors, self._outputs)


class ClassificationOutput(ExportOutput):
    """Classes and their scores, for a request of examples.

    Args:
        scores: float tensor, [batch, classes] or [batch, 1].
        classes: string tensor, of the same shape.

    Raises:
        ValueError: both are None, or of other types.
    """

    def __init__(self, scores: Any = None, classes: Any = None):
        if scores is not None and not _is_float(scores):
            raise ValueError(f"Classification scores must be a float32 Tensor; got {scores}")
        if classes is not None and not (isinstance(classes, Tensor) and classes.dtype == dtypes.string):
            raise ValueError(f"Classification classes must be a string Tensor; got {classes}")
        if scores is None and classes is None:
            raise ValueError(
                "Cannot create a ClassificationOutput with empty arguments. At least one of `scores` and `classes` "
                "must be defined."
            )
        self._scores, self._classes = scores, classes

    @property
    def scores(self) -> Any:
        """The scores, or None."""
        return self._scores

    @property
    def classes(self) -> Any:
        """The classes, or None."""
        return self._classes

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """A signature of the method classify; it needs one string tensor, of serialized examples."""
        return classification_signature_def(_only(receiver_tensors, "Classification"), self._classes, self._scores)


class RegressionOutput(ExportOutput):
    """One number for each example of a request.

    Args:
        value: float tensor.

    Raises:
        ValueError: it is no float tensor.
    """

    def __init__(self, value: Any):
        if not _is_float(value):
            raise ValueError(f"Regression output value must be a float32 Tensor; got {value}")
        self._value = value

    @property
    def value(self) -> Tensor:
        """The numbers."""
        return self._value  # type: ignore[no-any-return]

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """A signature of the method regress; it needs one string tensor, of serialized examples."""
        return regression_signature_def(_only(receiver_tensors, "Regression"), self._value)


def checked_outputs(outputs: Any, predictions: Any) -> dict[str, ExportOutput]:
    """The outputs that a model function names, with a default one; the predictions when it names none.

    Raises:
        TypeError: `outputs` is no dictionary of outputs.
        ValueError: there are several, and none is the default.
    """
    default = constants.DEFAULT_SIGNATURE
    if outputs is None:
        outputs = {default: PredictOutput(predictions)}
    if not isinstance(outputs, dict):
        raise TypeError(f"`export_outputs` must be dict, received: {outputs}.")
    if any(not isinstance(output, ExportOutput) for output in outputs.values()):
        raise TypeError(f"Values in `export_outputs` must be ExportOutput objects, received: {outputs}.")
    if len(outputs) == 1:
        (only,) = outputs.values()
        return {**outputs, default: only}
    if len(outputs) > 1 and default not in outputs:
        raise ValueError(
            "Multiple `export_outputs` were provided, but none of them are specified as the default. Use"
            "`tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY` to specify a default."
        )
    return outputs


def signatures(
    receiver_tensors: Mapping[str, Any], outputs: Mapping[str, ExportOutput], alternatives: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Name -> `SignatureDef`; outputs whose signature cannot begin with these tensors are left out with a warning."""
    made: dict[str, Any] = {}

    def add(name: str, output: ExportOutput, tensors: Mapping[str, Any]) -> None:
        try:
            made[name] = output.as_signature_def(tensors)
        except ValueError as error:
            logging.warning("Export includes no signature %r: %s", name, error)

    for name, output in outputs.items():
        add(name, output, receiver_tensors)
    for other, tensors in (alternatives or {}).items():
        for name, output in outputs.items():
            add(f"{other}:{name}", output, tensors)
    return made
