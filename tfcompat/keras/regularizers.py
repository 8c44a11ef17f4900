"""`tf.keras.regularizers`: penalties on the size of weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.keras.config import floatx
from tfcompat.keras.utils.serialization import deserialize_keras_object, resolved, serialize_keras_object
from tfcompat.ops.bias import l2_loss
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.reduction import reduce_sum


def _rounded(value: Any) -> float:
    """`value` as a number of the default float type."""
    return float(np.asarray(value or 0.0, floatx()))


@tf_export("keras.regularizers.Regularizer")
class Regularizer:
    """Base of regularizers: functions of a weight that give a loss."""

    def __call__(self, x: Any) -> Any:
        """The loss of `x`."""
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The regularizer that `get_config` described."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        raise NotImplementedError(f"{self} does not implement get_config()")


@tf_export("keras.regularizers.L1L2")
class L1L2(Regularizer):
    """l1 * sum(abs(x)) + l2 * sum(x ** 2).

    Args:
        l1: factor of the absolute values; None is 0.
        l2: factor of the squares; None is 0.
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0):
        self.l1, self.l2 = _rounded(l1), _rounded(l2)

    def __call__(self, x: Any) -> Any:
        loss: Any = constant(0.0, dtype=floatx())
        if self.l1:
            loss += self.l1 * reduce_sum(absolute(x))
        if self.l2:
            loss += 2.0 * self.l2 * l2_loss(x)
        return loss

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        return {"l1": self.l1, "l2": self.l2}


@tf_export("keras.regularizers.L1")
class L1(Regularizer):
    """l1 * sum(abs(x)).

    Args:
        l1: the factor.
        kwargs: `l`, an older name of it.
    """

    def __init__(self, l1: float = 0.01, **kwargs: Any):
        self.l1 = _rounded(kwargs.pop("l", l1))
        _refuse(kwargs)

    def __call__(self, x: Any) -> Any:
        return self.l1 * reduce_sum(absolute(x))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        return {"l1": self.l1}


@tf_export("keras.regularizers.L2")
class L2(Regularizer):
    """l2 * sum(x ** 2).

    Args:
        l2: the factor.
        kwargs: `l`, an older name of it.
    """

    def __init__(self, l2: float = 0.01, **kwargs: Any):
        self.l2 = _rounded(kwargs.pop("l", l2))
        _refuse(kwargs)

    def __call__(self, x: Any) -> Any:
        return 2.0 * self.l2 * l2_loss(x)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        return {"l2": self.l2}


def _refuse(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise TypeError(f"Argument(s) not recognized: {kwargs}")


@tf_export("keras.regularizers.l1")
def l1(l: float = 0.01, **kwargs: Any) -> L1L2:
    """l * sum(abs(x)), as an `L1L2`; `l1` is another name of the factor."""
    factor = kwargs.pop("l1", l)
    _refuse(kwargs)
    return L1L2(l1=factor)


@tf_export("keras.regularizers.l2")
def l2(l: float = 0.01, **kwargs: Any) -> L1L2:
    """l * sum(x ** 2), as an `L1L2`; `l2` is another name of the factor."""
    factor = kwargs.pop("l2", l)
    _refuse(kwargs)
    return L1L2(l2=factor)


@tf_export("keras.regularizers.l1_l2")
def l1_l2(l1: float | None = 0.01, l2: float | None = 0.01) -> L1L2:
    """l1 * sum(abs(x)) + l2 * sum(x ** 2)."""
    return L1L2(l1=l1, l2=l2)


_OBJECTS = {
    "L1L2": L1L2,
    "L1": L1,
    "L2": L2,
    "Regularizer": Regularizer,
    "l1": l1,
    "l2": l2,
    "l1_l2": l1_l2,
}


@tf_export("keras.regularizers.serialize")
def serialize(regularizer: Any, use_legacy_format: bool = True) -> Any:
    """The class name and configuration of a regularizer, as a dictionary.

    Args:
        regularizer: a regularizer.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(regularizer)


@tf_export("keras.regularizers.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The regularizer that `serialize` wrote, or the one of a name with its default factors.

    Args:
        config: such a dictionary, or a name.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    if isinstance(config, str):
        config = {"class_name": config, "config": {}}
    return deserialize_keras_object(
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="regularizer"
    )


@tf_export("keras.regularizers.get")
def get(identifier: Any) -> Any:
    """The regularizer that `identifier` stands for.

    Args:
        identifier: None, a name, a dictionary of `serialize`, or a function, which is the result itself.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    return None if identifier is None else resolved(identifier, deserialize, "regularizer")
