"""`tf.keras.constraints`: what weights are made to be after each step."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.keras import backend
from tfcompat.keras.utils.serialization import deserialize_keras_object, resolved, serialize_keras_object
from tfcompat.ops.array import reshape
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import fill
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.tiling import pad


@tf_export("keras.constraints.Constraint")
class Constraint:
    """Base of constraints: functions of a weight that give what it is set to."""

    def __call__(self, w: Any) -> Any:
        """What `w` becomes."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does to a weight.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The constraint that `get_config` described."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    return backend.sqrt(reduce_sum(backend.square(w), axis=axis, keepdims=True))


@tf_export("keras.constraints.MaxNorm", "keras.constraints.max_norm")
class MaxNorm(Constraint):
    """Vectors of a weight that are longer than `max_value` get that length.

    Args:
        max_value: the largest length.
        axis: dimensions over which lengths are computed: 0 for the inputs of a dense layer, [0, 1, 2] for kernels of
            two-dimensional convolutions.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        desired = backend.clip(norms, 0, self.max_value)
        return w * (desired / (backend.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {"max_value": self.max_value, "axis": self.axis}


@tf_export("keras.constraints.NonNeg", "keras.constraints.non_neg")
class NonNeg(Constraint):
    """Negative weights become 0."""

    def __call__(self, w: Any) -> Any:
        return w * cast(w >= 0.0, backend.floatx())


@tf_export("keras.constraints.UnitNorm", "keras.constraints.unit_norm")
class UnitNorm(Constraint):
    """Vectors of a weight get length 1.

    Args:
        axis: dimensions over which lengths are computed.
    """

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        return w / (backend.epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {"axis": self.axis}


@tf_export("keras.constraints.MinMaxNorm", "keras.constraints.min_max_norm")
class MinMaxNorm(Constraint):
    """Lengths of vectors of a weight move into [min_value, max_value].

    Args:
        min_value: the smallest length.
        max_value: the largest length.
        rate: share of the way that one step goes; 1 is all of it.
        axis: dimensions over which lengths are computed.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        desired = self.rate * backend.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (desired / (backend.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


@tf_export("keras.constraints.RadialConstraint", "keras.constraints.radial_constraint")
class RadialConstraint(Constraint):
    """Kernels of shape [n, n, channels, filters] keep one value for each distance from their middle.

    The ring at distance k from the middle takes the k-th value of the diagonal, counted from the one before the middle.
    """

    def __call__(self, w: Any) -> Any:
        shape = w.shape
        if shape.rank is None or shape.rank != 4:
            raise ValueError(f"The weight tensor must have rank 4. Received weight tensor with shape: {shape}")
        height, width, channels, kernels = shape.as_list()
        flat = reshape(w, (height, width, channels * kernels))
        made = [self._radial(kernel) for kernel in unstack(flat, axis=-1)]
        return reshape(stack(made, axis=-1), (height, width, channels, kernels))

    @staticmethod
    def _radial(kernel: Any) -> Any:
        size: Any = dimension_value(kernel.shape[0])
        before = max(size // 2 - 1, 0)
        made = kernel[before : before + 1, before : before + 1]
        if size % 2 == 0:
            made = fill([2, 2], made[0, 0])
        for ring in range(1, (size + 1) // 2):
            made = pad(made, [[1, 1], [1, 1]], constant_values=kernel[before + ring, before + ring])
        return made


_OBJECTS = {
    **{cls.__name__: cls for cls in (Constraint, MaxNorm, NonNeg, UnitNorm, MinMaxNorm, RadialConstraint)},
    "max_norm": MaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
    "min_max_norm": MinMaxNorm,
    "radial_constraint": RadialConstraint,
    "maxnorm": MaxNorm,
    "nonneg": NonNeg,
    "unitnorm": UnitNorm,
}


@tf_export("keras.constraints.serialize")
def serialize(constraint: Any, use_legacy_format: bool = True) -> Any:
    """The class name and configuration of a constraint, as a dictionary.

    Args:
        constraint: a constraint.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(constraint)


@tf_export("keras.constraints.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The constraint that `serialize` wrote, or the one of a name with its default arguments.

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
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="constraint"
    )


@tf_export("keras.constraints.get")
def get(identifier: Any) -> Any:
    """The constraint that `identifier` stands for.

    Args:
        identifier: None, a name, a dictionary of `serialize`, or a function, which is the result itself.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    return None if identifier is None else resolved(identifier, deserialize, "constraint function")
