"""Losses that are scaled so that small gradients keep their bits in float16: `tf.train.experimental`."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond, smart_cond
from tfcompat.ops.grouping import group, no_op
from tfcompat.ops.reduction import reduce_all
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.training.optimizer import Optimizer


@tf_export("mixed_precision.LossScale", "mixed_precision.experimental.LossScale", "train.experimental.LossScale")
class LossScale:
    """Base of scales: calling one gives the factor for the loss, `update` learns from gradients."""

    def __init__(self) -> None:
        self._weights: dict[str, Any] = {}

    def __call__(self) -> Tensor:
        """The factor, a float32 scalar."""
        raise NotImplementedError("Abstract method")

    def update(self, grads: Any) -> tuple[Any, Any]:
        """(operation that takes in the unscaled gradients, whether they may be applied)."""
        raise NotImplementedError("Abstract method")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal one."""
        raise NotImplementedError("Abstract method")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LossScale:
        """The scale that `get_config` describes."""
        return cls(**config)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return sorted(self._weights.items())

    def _add_weight(self, name: str, initial_value: Any, dtype: Any = None) -> Any:
        variable = ResourceVariable(initial_value, name=name, dtype=dtype, trainable=False)
        self._weights[name] = variable
        return variable


@tf_export(
    "mixed_precision.FixedLossScale", "mixed_precision.experimental.FixedLossScale", "train.experimental.FixedLossScale"
)
class FixedLossScale(LossScale):
    """A factor that stays; ValueError unless it is a number of at least 1."""

    def __init__(self, loss_scale_value: float):
        super().__init__()
        if not isinstance(loss_scale_value, (int, float)):
            raise ValueError("loss_scale_value must be a Python int or float.")
        if loss_scale_value < 1:
            raise ValueError("loss_scale_value must be at least 1.")
        self._loss_scale_value = float(loss_scale_value)

    def __call__(self) -> Tensor:
        """The factor."""
        return convert_to_tensor(self._loss_scale_value)

    def update(self, grads: Any) -> tuple[Any, Any]:
        """Nothing, and True."""
        return no_op(), True

    def __repr__(self) -> str:
        return f"FixedLossScale({self._loss_scale_value})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal one."""
        return {"loss_scale_value": self._loss_scale_value}


@tf_export(
    "mixed_precision.DynamicLossScale",
    "mixed_precision.experimental.DynamicLossScale",
    "train.experimental.DynamicLossScale",
)
class DynamicLossScale(LossScale):
    """A factor that grows after a number of steps with finite gradients, and shrinks after one without.

    Args:
        initial_loss_scale: the factor at first.
        increment_period: how many good steps in a row make it grow.
        multiplier: what it is multiplied with, or divided by, though never below 1.
    """

    def __init__(self, initial_loss_scale: float = 2**15, increment_period: int = 2000, multiplier: float = 2.0):
        super().__init__()
        self._initial_loss_scale = float(initial_loss_scale)
        self._increment_period, self._multiplier = int(increment_period), float(multiplier)
        self._current_loss_scale = self._add_weight("current_loss_scale", self._initial_loss_scale, dtypes.float32)
        self._num_good_steps = self._add_weight("good_steps", 0, dtypes.int64)

    @property
    def initial_loss_scale(self) -> float:
        """The factor at first."""
        return self._initial_loss_scale

    @property
    def increment_period(self) -> int:
        """How many good steps in a row make it grow."""
        return self._increment_period

    @property
    def multiplier(self) -> float:
        """By how much it changes."""
        return self._multiplier

    def __call__(self) -> Tensor:
        """The factor now."""
        return convert_to_tensor(self._current_loss_scale)

    def update(self, grads: Any) -> tuple[Any, Any]:
        """(operation that changes the factor, whether all gradients are finite)."""
        finite = _all_finite(nest.flatten(grads))
        scale, steps = self._current_loss_scale, self._num_good_steps

        def grown() -> Any:
            larger = scale * self._multiplier
            assigned = cond(raw_ops.IsFinite(x=larger), lambda: scale.assign(larger).op, no_op)
            return group(assigned, steps.assign(0))

        def good() -> Any:
            return cond(steps + 1 >= self._increment_period, grown, lambda: steps.assign_add(1).op)

        def bad() -> Any:
            smaller = raw_ops.Maximum(x=scale / self._multiplier, y=1)
            return group(steps.assign(0), scale.assign(smaller))

        return cond(finite, good, bad), finite

    def __repr__(self) -> str:
        return (
            f"DynamicLossScale(initial_loss_scale={self.initial_loss_scale}, increment_period={self.increment_period}, "
            f"multiplier={self.multiplier})"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal one."""
        return {
            "initial_loss_scale": self.initial_loss_scale,
            "increment_period": self.increment_period,
            "multiplier": self.multiplier,
        }


def _all_finite(grads: list[Any]) -> Tensor:
    values = [g.values if isinstance(g, IndexedSlices) else g for g in grads if g is not None]
    return reduce_all([reduce_all(raw_ops.IsFinite(x=v)) for v in values])


def scale_of(given: Any) -> LossScale:
    """A scale for a number, "dynamic" or a scale; ValueError for anything else."""
    if isinstance(given, (int, float)):
        return FixedLossScale(given)
    if isinstance(given, LossScale):
        return given
    if given == "dynamic":
        return DynamicLossScale()
    raise ValueError("loss_scale cannot be None" if given is None else f"Could not interpret loss scale: {given}")


@tf_export("mixed_precision.MixedPrecisionLossScaleOptimizer", "train.experimental.MixedPrecisionLossScaleOptimizer")
class MixedPrecisionLossScaleOptimizer(Optimizer):
    """Another optimizer, with the loss scaled before its gradients are computed and these scaled back.

    With a `DynamicLossScale`, steps whose gradients are not finite leave the variables as they are.

    Args:
        opt: the other optimizer.
        loss_scale: a `LossScale`, a number for a fixed one, or "dynamic".

    Raises:
        ValueError: `opt` is no optimizer, or `loss_scale` is none of these.
    """

    def __init__(self, opt: Any, loss_scale: Any):
        if not isinstance(opt, Optimizer):
            raise ValueError(f'"opt" must be an instance of Optimizer, but got: {type(opt)}')
        super().__init__(opt._use_locking, opt.get_name())
        self._optimizer, self._loss_scale = opt, scale_of(loss_scale)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: Any = Optimizer.GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """(gradient, variable) pairs of `loss`, computed with the scaled loss and scaled back; see `Optimizer`."""
        pairs = self._optimizer.compute_gradients(
            loss * cast(self._loss_scale(), loss.dtype),
            var_list,
            gate_gradients,
            aggregation_method,
            colocate_gradients_with_ops,
            grad_loss,
        )
        back = 1 / self._loss_scale()  # type: ignore[operator]
        return [(None if g is None else _scaled(g, back), v) for g, v in pairs]

    def apply_gradients(
        self,
        grads_and_vars: Any,
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """Applies gradients, if they are finite, and updates a dynamic scale."""
        if not isinstance(self._loss_scale, DynamicLossScale):
            return self._optimizer.apply_gradients(grads_and_vars, global_step, name)
        pairs = tuple(grads_and_vars)
        name = name or self.get_name()
        update, finite = self._loss_scale.update([g for g, _ in pairs])
        applied = smart_cond(
            finite, lambda: self._optimizer.apply_gradients(pairs, global_step, f"{name}-wrapped"), no_op
        )
        return group(applied, update, name=name)

    def variables(self) -> list[Any]:
        """Those of the other optimizer and of the scale."""
        return [*self._optimizer.variables(), *self._loss_scale._weights.values()]


def _scaled(gradient: Any, factor: Tensor) -> Any:
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)  # type: ignore[operator]
    return gradient * factor


@tf_export(
    "mixed_precision.enable_mixed_precision_graph_rewrite", "train.experimental.enable_mixed_precision_graph_rewrite"
)
def enable_mixed_precision_graph_rewrite(opt: Any, loss_scale: Any = "dynamic") -> Any:
    """An optimizer that scales the loss. Nothing is computed in float16 that the program does not say itself.

    Args:
        opt: an optimizer of `tf.train` or `tf.keras`.
        loss_scale: as for `MixedPrecisionLossScaleOptimizer`.

    Returns:
        A `MixedPrecisionLossScaleOptimizer`, or of an optimizer of Keras
        `tf.keras.mixed_precision.experimental.LossScaleOptimizer`.

    Raises:
        ValueError: `opt` is no optimizer, or scales the loss already.
    """
    of_keras: Any = (
        () if isinstance(opt, Optimizer) else PUBLIC["keras.mixed_precision.experimental.LossScaleOptimizer"]
    )
    if isinstance(opt, (MixedPrecisionLossScaleOptimizer, of_keras)):
        raise ValueError(
            f'"opt" must not already be an instance of a {type(opt).__name__}. `enable_mixed_precision_graph_rewrite` '
            f"will automatically wrap the optimizer with a {type(opt).__name__}."
        )
    if not isinstance(opt, (Optimizer, PUBLIC["keras.optimizers.Optimizer"])):
        raise ValueError(
            '"opt" must be an instance of a tf.train.Optimizer or a tf.keras.optimizers.Optimizer, but got: ' + str(opt)
        )
    PUBLIC["config.optimizer.set_experimental_options"]({"auto_mixed_precision": True})
    return (of_keras or MixedPrecisionLossScaleOptimizer)(opt, loss_scale)


@tf_export(
    "mixed_precision.disable_mixed_precision_graph_rewrite", "train.experimental.disable_mixed_precision_graph_rewrite"
)
def disable_mixed_precision_graph_rewrite() -> None:
    """Takes the option back that `enable_mixed_precision_graph_rewrite` sets."""
    PUBLIC["config.optimizer.set_experimental_options"]({"auto_mixed_precision": False})
