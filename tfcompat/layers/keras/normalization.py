"""`tf.keras.layers`: batch normalisation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, get_default_graph, name_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.keras.core import learning_phase_for
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import smart_cond, static_predicate
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.identity import identity
from tfcompat.ops.normalization import batch_normalization as batch_normalization_op
from tfcompat.ops.normalization import fused_batch_norm, moments, weighted_moments
from tfcompat.ops.reduction import reduce_mean
from tfcompat.ops.state import assign, assign_sub
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization

_NOT_IN_CONFIG = ("renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size", "adjustment")


@keras_layer("BatchNormalization", without=_NOT_IN_CONFIG)
class BatchNormalization(FromArguments):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, over all axes but one (or some).

    While training, mean and variance are the batch's, and moving averages of them are updated by operations in
    UPDATE_OPS; else the moving averages are used.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    Args:
        axis: the axis (or axes) normalised separately, usually the channels.
        momentum: of the moving averages.
        epsilon: added to the variance.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: initializers.
        beta_regularizer, gamma_regularizer: functions that give losses.
        beta_constraint, gamma_constraint: functions applied after updates.
        renorm: whether to correct the batch's moments by r and d, so that training sees what inference will (Ioffe,
            "Batch Renormalization", 2017).
        renorm_clipping: limits "rmin" and "rmax" of r, "dmax" of |d|.
        renorm_momentum: of the averages that r and d are made of.
        fused: whether to use the fused operation; where it fits, by default.
        trainable: whether gamma and beta are trainable.
        virtual_batch_size: how many examples are normalised together, a divisor of the batch.
        adjustment: function of the inputs' shape that gives a factor and a summand for training, applied before gamma
            and beta.
        name: its name.
        kwargs: see `Layer`.

    Raises:
        TypeError: `axis` is neither an int nor ints.
        ValueError: an unknown key of `renorm_clipping`.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, Any] | None = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[[Tensor], tuple[Any, Any]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")
        self.take({k: v for k, v in locals().items() if k not in ("trainable", "name")})
        self.axis: Any = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.fused = True if fused is None else fused
        self.renorm_clipping = renorm_clipping or {}
        self.supports_masking = True
        if renorm and set(self.renorm_clipping) - {"rmax", "rmin", "dmax"}:
            raise ValueError(
                f"Received invalid keys for `renorm_clipping` argument: {renorm_clipping}. Supported values: "
                "['rmax', 'rmin', 'dmax']."
            )

    # ---------------------------------------------------------------- variables

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the moving averages; ValueError when a normalised axis is unknown."""
        shape = TensorShape(input_shape)
        if shape.rank is None:
            raise ValueError("Input has undefined rank.")
        rank, dims = shape.rank, shape.as_list()
        axes = axes_of(self.axis, rank)
        self._check_virtual_batches(axes)
        self.axis = axes
        self.fused = bool(self.fused) and self._fusable(rank)
        sizes = {a: dims[a] for a in axes}
        if None in sizes.values():
            raise ValueError(
                f"Input has undefined `axis` dimension. Received input with shape {tuple(dims)} and axis={tuple(axes)}"
            )
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        if len(axes) == 1 and self.virtual_batch_size is None:
            self._parameter_shape = [dims[axes[0]]]
        else:
            self._parameter_shape = [dims[i] if i in sizes else 1 for i in range(rank)]
        if self.virtual_batch_size is not None:
            self._parameter_shape.insert(1, 1)
            self.axis = [a + 1 for a in axes]
        self.gamma = self.beta = None
        parameter: dict[str, Any] = {"dtype": self._parameter_dtype, "trainable": True}
        if self.scale:
            self.gamma = self.add_part("gamma", self._parameter_shape, **parameter)
        if self.center:
            self.beta = self.add_part("beta", self._parameter_shape, **parameter)
        with self._without_partitioner():
            self._add_averages()
        self.built = True

    @contextlib.contextmanager
    def _without_partitioner(self) -> Iterator[None]:
        """Variables made inside are in one part, whatever the variable scope of a layer of `tf.layers` says."""
        scope: Any = getattr(self, "_scope", None)
        partitioner = scope.partitioner if scope else None
        if scope:
            scope.set_partitioner(None)
        yield
        if partitioner:
            scope.set_partitioner(partitioner)

    def _add_averages(self) -> None:
        self.moving_mean = self._moving("moving_mean", self.moving_mean_initializer)
        self.moving_variance = self._moving("moving_variance", self.moving_variance_initializer)
        if self.renorm:
            for variable, initializer, beside in (
                ("moving_stddev", self._stddev_initializer, "moving_variance"),
                ("renorm_mean", self.moving_mean_initializer, "moving_mean"),
                ("renorm_stddev", self._stddev_initializer, "moving_stddev"),
            ):
                with get_default_graph().colocate_with(getattr(self, beside).op):
                    setattr(self, variable, self._moving(variable, initializer))

    def _check_virtual_batches(self, axes: list[int]) -> None:
        size = self.virtual_batch_size
        if size is None:
            return
        if size <= 0:
            raise ValueError(
                "`virtual_batch_size` must be a positive integer that divides the true batch size of the input "
                f"tensor. Received: virtual_batch_size={size}"
            )
        if 0 in axes:
            raise ValueError(
                "When using `virtual_batch_size`, the batch dimension must be 0 and thus axis cannot include 0. "
                f"Received axis={axes}"
            )
        if self.adjustment is not None:
            raise ValueError("When using `virtual_batch_size`, adjustment cannot be specified")

    def _fusable(self, rank: int) -> bool:
        """Whether the fused operation computes what is asked for."""
        return (
            rank in (4, 5)
            and self.axis in ([1], [rank - 1])
            and not self.renorm
            and self.virtual_batch_size is None
            and self.adjustment is None
            and self._dtype in ("float16", "bfloat16", "float32", None)
        )

    def _stddev_initializer(self, *args: Any, **kwargs: Any) -> Tensor:
        return raw_ops.Sqrt(x=self.moving_variance_initializer(*args, **kwargs))  # type: ignore[no-any-return]

    @property
    def _parameter_dtype(self) -> str:
        return "float32" if self._dtype in ("float16", "bfloat16") else self._dtype or "float32"

    def _moving(self, name: str, initializer: Any) -> Any:
        return self.add_weight(
            name,
            self._parameter_shape,
            dtype=self._parameter_dtype,
            initializer=initializer,
            synchronization=VariableSynchronization.ON_READ,
            trainable=False,
            aggregation=VariableAggregation.MEAN,
        )

    # ---------------------------------------------------------------- calling

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Tensor:
        """The normalised `inputs`.

        Args:
            inputs: a floating-point tensor.
            training: a bool, 0, 1 or a scalar bool tensor; Keras' learning phase by default.
            mask: which elements count, of the shape of `inputs` without its last axis; not for the fused operation.
        """
        training = learning_phase_for(training)
        shape = None
        if self.virtual_batch_size is not None:
            sizes = tensor_shape(inputs)
            shape = concat([constant([-1]), sizes[1:]], 0)  # type: ignore[index]
            virtual = concat([constant([self.virtual_batch_size, -1]), shape[1:]], 0)  # type: ignore[index]
            inputs = raw_ops.Reshape(tensor=inputs, shape=virtual)
        outputs = self._fused(inputs, training) if self.fused else self._composed(inputs, training, mask)
        return outputs if shape is None else raw_ops.Reshape(tensor=outputs, shape=shape)

    # ---------------------------------------------------------------- the fused operation

    def _fused(self, inputs: Tensor, training: Any) -> Tensor:
        last = {4: "NHWC", 5: "NDHWC"}[inputs.shape.ndims or 4]
        data_format = last if self.axis != [1] else f"NC{last[1:-1]}"
        beta = self.beta if self.center else constant(0.0, dtype=self._parameter_dtype, shape=self._parameter_shape)
        gamma = self.gamma if self.scale else constant(1.0, dtype=self._parameter_dtype, shape=self._parameter_shape)

        def normalised(is_training: bool) -> Any:
            return fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                data_format=data_format,
                is_training=is_training,
            )

        output, mean, variance = smart_cond(training, lambda: normalised(True), lambda: normalised(False))
        known = static_predicate(training)
        if known is not False:
            keep = self.momentum if known else smart_cond(training, lambda: self.momentum, lambda: 1.0)
            momentum = convert_to_tensor(keep)
            self.add_update(lambda: self._moved(self.moving_mean, mean, momentum))
            self.add_update(lambda: self._moved(self.moving_variance, variance, momentum))
        return output  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- from its parts

    def _composed(self, inputs: Tensor, training: Any, mask: Any) -> Tensor:
        dtype, rank = inputs.dtype.base_dtype, inputs.shape.rank
        half = dtype in (dtypes.float16, dtypes.bfloat16)
        if half:
            inputs = cast(inputs, dtypes.float32)
        assert rank is not None
        axes = [i for i in range(rank) if i not in self.axis]
        if self.virtual_batch_size is not None:
            del axes[1]

        def broadcast(value: Any) -> Any:
            if value is None or value.shape.rank == rank or axes == list(range(rank - 1)):
                return value
            shape: list[Any] = [1] * rank
            shape[self.axis[0]] = inputs.shape.as_list()[self.axis[0]]
            return raw_ops.Reshape(tensor=value, shape=shape)

        scale, offset = broadcast(self.gamma), broadcast(self.beta)
        if static_predicate(training) is False:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            if self.adjustment is not None:
                scale, offset = _composed_transforms(*self._adjustments(inputs, training), scale, offset)
            mean, variance = self._batch_moments(inputs, axes, training, mask)
            new_mean, new_variance = mean, variance
            if self.virtual_batch_size is not None:
                new_mean, new_variance = (reduce_mean(v, axis=1, keepdims=True) for v in (mean, variance))
            if self.renorm:
                r, d, new_mean, new_variance = self._renormed(new_mean, new_variance, training)
                r = broadcast(raw_ops.StopGradient(input=r, name="renorm_r"))
                d = broadcast(raw_ops.StopGradient(input=d, name="renorm_d"))
                scale, offset = _composed_transforms(r, d, scale, offset)
            self._add_updates(new_mean, new_variance, training)
        mean, variance, offset, scale = (
            None if v is None else cast(v, inputs.dtype) for v in (mean, variance, offset, scale)
        )
        outputs = batch_normalization_op(inputs, broadcast(mean), broadcast(variance), offset, scale, self.epsilon)
        if half:
            outputs = cast(outputs, dtype)
        outputs.set_shape(inputs.shape)
        return outputs

    def _adjustments(self, inputs: Tensor, training: Any) -> tuple[Any, Any]:
        """Factor and summand that `adjustment` gives while training, else 1 and 0."""
        assert self.adjustment is not None
        factor, summand = self.adjustment(tensor_shape(inputs))
        return (
            smart_cond(training, lambda: factor, lambda: ones_like(factor)),
            smart_cond(training, lambda: summand, lambda: zeros_like(summand)),
        )

    def _batch_moments(self, inputs: Tensor, axes: list[int], training: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance of the batch while training, else the moving averages."""
        keep = self.virtual_batch_size is not None or len(self.axis) > 1
        inputs = cast(inputs, self._parameter_dtype)
        if mask is None:
            mean, variance = moments(inputs, axes, keepdims=keep)
        else:
            weights = cast(mask, self._dtype or inputs.dtype, name="mask_weights")
            weights = expand_dims(weights, axis=-1, name="mask_weights_broadcasted")
            mean, variance = weighted_moments(inputs, axes, weights, keepdims=keep)
        return (
            smart_cond(training, lambda: mean, lambda: convert_to_tensor(self.moving_mean)),
            smart_cond(training, lambda: variance, lambda: convert_to_tensor(self.moving_variance)),
        )

    def _renormed(self, mean: Tensor, variance: Tensor, training: Any) -> tuple[Any, Any, Tensor, Tensor]:
        """r and d of batch renormalisation, and the moments once the averages behind them have moved.

        With s = sqrt(variance + epsilon) and averages m of the mean, t of s: r = s / t, d = (mean - m) / t, clipped.
        """
        stddev = raw_ops.Sqrt(x=variance + self.epsilon)
        average = raw_ops.Maximum(x=self.renorm_stddev, y=raw_ops.Sqrt(x=self.epsilon))  # type: ignore[attr-defined]
        r = stddev / average
        d = (mean - self.renorm_mean) / average  # type: ignore[attr-defined]
        with control_dependencies([r, d]):
            mean, stddev = identity(mean), identity(stddev)
        rmin, rmax, dmax = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if rmin is not None:
            r = raw_ops.Maximum(x=r, y=rmin)
        if rmax is not None:
            r = raw_ops.Minimum(x=r, y=rmax)
        if dmax is not None:
            d = raw_ops.Minimum(x=raw_ops.Maximum(x=d, y=-dmax), y=dmax)
        r = smart_cond(training, lambda: r, lambda: ones_like(r))
        d = smart_cond(training, lambda: d, lambda: zeros_like(d))
        moved = [
            self._moved_while(training, self.renorm_mean, mean),  # type: ignore[attr-defined]
            self._moved_while(training, self.renorm_stddev, stddev),  # type: ignore[attr-defined]
        ]
        with control_dependencies(moved):
            return r, d, identity(mean), identity(variance)

    def _moved_while(self, training: Any, variable: Any, value: Tensor) -> Any:
        value = identity(value)
        return smart_cond(
            training,
            lambda: self._moved(variable, value, self.renorm_momentum),
            lambda: identity(variable),
        )

    def _add_updates(self, mean: Tensor, variance: Tensor, training: Any) -> None:
        def moved_variance() -> Any:
            if not self.renorm:
                return self._moved(self.moving_variance, variance, self.momentum)
            stddev = self._moved(
                self.moving_stddev,  # type: ignore[attr-defined]
                raw_ops.Sqrt(x=variance + self.epsilon),
                self.momentum,
            )
            square = raw_ops.Relu(features=stddev * stddev - self.epsilon)
            with name_scope("AssignNewValue") as scope, get_default_graph().colocate_with(self.moving_variance.op):
                return assign(self.moving_variance, square, name=scope)

        self.add_update(
            lambda: smart_cond(
                training,
                lambda: self._moved(self.moving_mean, mean, self.momentum),
                lambda: self.moving_mean,
            )
        )
        self.add_update(lambda: smart_cond(training, moved_variance, lambda: self.moving_variance))

    @staticmethod
    def _moved(variable: Any, value: Tensor, momentum: Any) -> Tensor:
        """Moves a moving average towards `value`."""
        with name_scope("AssignMovingAvg") as scope, get_default_graph().colocate_with(variable.op):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            if decay.dtype != variable.dtype.base_dtype:
                decay = cast(decay, variable.dtype.base_dtype)
            change = (variable - cast(value, variable.dtype)) * decay
            return assign_sub(variable, change, name=scope)  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`input_shape`."""
        return TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one; `adjustment` is not among them."""
        config = super().get_config()
        if self.renorm:
            config.update((name, getattr(self, name)) for name in ("renorm", "renorm_clipping", "renorm_momentum"))
        if self.virtual_batch_size is not None:
            config["virtual_batch_size"] = self.virtual_batch_size
        return config


def axes_of(axis: Any, rank: int) -> list[int]:
    """`axis` as positions from the front; ValueError for repeated ones and those that an input does not have."""
    given = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    axes = [a + rank if a < 0 else a for a in given]
    if any(not 0 <= a < rank for a in axes):
        raise ValueError(
            f"Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with inputs.rank={rank}). "
            f"Received: axis={tuple(given)}"
        )
    if len(set(axes)) != len(axes):
        raise ValueError(f"Duplicate axis: {tuple(given)}")
    return axes


def _composed_transforms(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> tuple[Any, Any]:
    """`scale` and `offset` followed by another pair; None stands for none."""
    if then_scale is not None:
        scale, offset = scale * then_scale, offset * then_scale
    if then_offset is not None:
        offset = offset + then_offset
    return scale, offset
