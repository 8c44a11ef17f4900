"""Mixed precision of tf.keras as in 1.x: policies as descriptions, and optimizers that scale the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.keras import backend
from tfcompat.keras.optimizers.optimizer import Optimizer
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.grouping import group, no_op
from tfcompat.platform import logging
from tfcompat.training.loss_scale import LossScale, scale_of

_FLOAT32_VARS = "_with_float32_vars"


@tf_export("keras.mixed_precision.experimental.Policy")
class Policy:
    """The types of a layer's computations and variables.

    Args:
        name: a type; "mixed_float16" or "mixed_bfloat16" (variables are float32); "infer" (the type of the inputs); or
            one of the first with "_with_float32_vars" after it.
        loss_scale: the scale of losses, as of `LossScaleOptimizer`, or None for none; by default "dynamic" of
            "mixed_float16" and none of others.

    Raises:
        ValueError: `name` is none of these.
    """

    def __init__(self, name: str, loss_scale: Any = "USE_DEFAULT"):
        if isinstance(name, dtypes.DType):
            raise TypeError(f"'name' must be a string, not a DType. Instead, pass DType.name. Got: {name.name}")
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, but got: {name}")
        self._name = "float32" if name == f"float32{_FLOAT32_VARS}" else name
        self._compute_dtype, self._variable_dtype = _types(self._name)
        if loss_scale == "USE_DEFAULT":
            loss_scale = "dynamic" if name == "mixed_float16" else None
        if loss_scale and self._compute_dtype not in (None, "float16"):
            logging.warning(
                "Creating a Policy with a loss scale is only useful for float16 policies. You passed loss_scale=%r for "
                "policy %s. Consider not passing any loss_scale instead.",
                loss_scale,
                name,
            )
        self._loss_scale = None if loss_scale is None else scale_of(loss_scale)

    @property
    def name(self) -> str:
        """What it was made with."""
        return self._name

    @property
    def compute_dtype(self) -> str | None:
        """The type of computations; None for that of the inputs."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str | None:
        """The type of variables; None for that of the inputs."""
        return self._variable_dtype

    @property
    def should_cast_variables(self) -> bool:
        """Whether variables have another type than computations."""
        return self._variable_dtype != self._compute_dtype

    @property
    def loss_scale(self) -> LossScale | None:
        """The scale of losses."""
        return self._loss_scale

    def __repr__(self) -> str:
        return f'<Policy "{self._name}", loss_scale={self._loss_scale}>'


def _types(name: str) -> tuple[str | None, str | None]:
    """(type of computations, type of variables) of a policy."""
    if name in ("mixed_float16", "mixed_bfloat16"):
        return name[len("mixed_") :], "float32"
    base = name.removesuffix(_FLOAT32_VARS)
    try:
        found = None if base == "infer" else dtypes.as_dtype(base).name
    except TypeError:
        raise ValueError(
            f"Cannot convert value {name} to a mixed precision Policy. Valid policies include include those in the "
            'form "<dtype>" and "<dtype>_with_float32_vars", where <dtype> is the name of a dtype.'
        ) from None
    return found, found if base == name else "float32"


@tf_export("keras.mixed_precision.experimental.global_policy")
def global_policy() -> Policy:
    """The policy of layers that are given no type: in a graph the types of their inputs."""
    return Policy("infer")


@tf_export("keras.mixed_precision.experimental.set_policy")
def set_policy(policy: Any) -> None:
    """Sets the policy of layers, which in a graph can only be that which they have.

    Args:
        policy: a policy, its name, or None for the first one.

    Raises:
        ValueError: it is not "infer".
        NotImplementedError: it is "infer_with_float32_vars", which layers do not know here.
    """
    policy = Policy(policy) if isinstance(policy, str) else policy
    if policy is not None and policy.compute_dtype:
        raise ValueError("The global policy can only be set to a non-infer policy in TensorFlow 2")
    if policy is not None and policy.variable_dtype:
        raise NotImplementedError(f"Layers know no {policy.name!r} here; give them a dtype.")


@tf_export("keras.mixed_precision.experimental.LossScaleOptimizer")
class LossScaleOptimizer(Optimizer):
    """Another optimizer of Keras, with the loss scaled before its gradients are computed and these scaled back.

    With a `DynamicLossScale`, steps whose gradients are not finite leave the variables as they are.

    Args:
        opt: the other optimizer.
        loss_scale: a `LossScale`, a number for a fixed one, or "dynamic".

    Raises:
        ValueError: `opt` is none of Keras' optimizers, or clips gradients, or `loss_scale` is none of these.
    """

    def __init__(self, opt: Any, loss_scale: Any):
        if not isinstance(opt, Optimizer):
            raise ValueError(f'"opt" must be an instance of OptimizerV2, but got: {opt}')
        for clip in ("clipnorm", "clipvalue"):
            if getattr(opt, clip) is not None:
                raise ValueError(
                    f"LossScaleOptimizer does not support wrapping optimizers with a {clip}. "
                    f"Optimizer {opt} has {clip} {getattr(opt, clip)}"
                )
        self._hyper = {}
        super().__init__(opt._name)
        self._optimizer, self._loss_scale = opt, scale_of(loss_scale)
        for variable in self._loss_scale._weights.values():
            backend.track_variable(variable)

    @property
    def loss_scale(self) -> LossScale:
        """The scale."""
        return self._loss_scale

    def get_scaled_loss(self, loss: Any) -> Any:
        """`loss`, a tensor or a function that gives one, times the scale; of a function, such a function."""
        if callable(loss):
            function: Callable[[], Any] = loss
            return lambda: self.get_scaled_loss(function())
        return loss * cast(self._loss_scale(), loss.dtype)

    def get_unscaled_gradients(self, grads: Any) -> list[Any]:
        """Gradients divided by the scale; None stays."""
        back = 1.0 / self._loss_scale()  # type: ignore[operator]
        return [None if grad is None else _times(grad, back) for grad in grads]

    def _compute_gradients(self, loss: Any, var_list: Any, grad_loss: Any = None) -> list[tuple[Any, Any]]:
        loss = self.get_scaled_loss(loss)
        pairs = self._optimizer._compute_gradients(loss, var_list, grad_loss)
        grads = self.get_unscaled_gradients([grad for grad, _ in pairs])
        return list(zip(grads, [variable for _, variable in pairs], strict=True))

    def get_gradients(self, loss: Any, params: Any) -> list[Any]:
        """The gradients of `loss` by way of the scaled one."""
        return self.get_unscaled_gradients(self._optimizer.get_gradients(self.get_scaled_loss(loss), params))

    def apply_gradients(
        self, grads_and_vars: Any, name: str | None = None, experimental_aggregate_gradients: bool = True
    ) -> Operation:
        """The operation of one step, if the gradients are finite, that also updates a dynamic scale.

        Args:
            grads_and_vars: see `Optimizer`.
            name: name of the scope of the step.
            experimental_aggregate_gradients: has no effect.
        """
        pairs = tuple(grads_and_vars)
        update, finite = self._loss_scale.update([grad for grad, _ in pairs])
        with name_scope(self._optimizer._name), init_scope():
            self._optimizer._create_all_weights([v for g, v in pairs if g is not None])
        applied = smart_cond(finite, lambda: self._optimizer.apply_gradients(pairs, name), no_op)
        return group(applied, update)  # type: ignore[no-any-return]

    @property
    def iterations(self) -> Any:
        """Those of the other optimizer."""
        return self._optimizer.iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        self._optimizer.iterations = variable

    @property
    def learning_rate(self) -> Any:
        """That of the other optimizer; `lr` is the same."""
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._optimizer.learning_rate = value

    @property
    def lr(self) -> Any:
        """That of the other optimizer."""
        return self._optimizer.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self._optimizer.learning_rate = value

    @property
    def weights(self) -> list[Any]:
        """Those of the other optimizer."""
        return self._optimizer.weights

    def variables(self) -> list[Any]:
        """Those of the other optimizer."""
        return self._optimizer.variables()

    def get_slot(self, var: Any, slot_name: str) -> Any:
        """A slot of the other optimizer."""
        return self._optimizer.get_slot(var, slot_name)

    def get_slot_names(self) -> list[str]:
        """The names of the slots of the other optimizer."""
        return self._optimizer.get_slot_names()

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return [("base_optimizer", self._optimizer), ("loss_scale", self._loss_scale)]

    def get_config(self) -> dict[str, Any]:
        """NotImplementedError, as in 1.x."""
        raise NotImplementedError("get_config() is not yet implemented for LossScaleOptimizers")

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """NotImplementedError, as in 1.x."""
        raise NotImplementedError("from_config() is not yet implemented for LossScaleOptimizers")


def _times(gradient: Any, factor: Any) -> Any:
    factor = cast(factor, gradient.dtype)
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)  # type: ignore[operator]
    return gradient * factor
