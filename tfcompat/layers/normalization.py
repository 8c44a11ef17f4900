"""Batch normalisation as a layer."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.ops import raw_ops
from tfcompat.ops.control_flow import smart_cond, static_predicate
from tfcompat.ops.initializers import Ones, Zeros
from tfcompat.ops.normalization import batch_normalization as batch_normalization_op
from tfcompat.ops.normalization import fused_batch_norm, moments
from tfcompat.ops.state import assign_sub


@tf_export("layers.BatchNormalization")
class BatchNormalization(Layer):
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
        renorm: batch renormalisation, not supported.
        renorm_clipping, renorm_momentum: of batch renormalisation.
        fused: whether to use the fused operation; where it fits, by default.
        trainable: whether gamma and beta are trainable.
        virtual_batch_size, adjustment: not supported.
        name: its name.
        kwargs: see `Layer`.

    Raises:
        NotImplementedError: an option that is not supported.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = None,
        gamma_initializer: Any = None,
        moving_mean_initializer: Any = None,
        moving_variance_initializer: Any = None,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: Any = None,
        adjustment: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        for option, value in (
            ("renorm", renorm),
            ("virtual_batch_size", virtual_batch_size),
            ("adjustment", adjustment),
        ):
            if value:
                raise NotImplementedError(f"tf.layers.BatchNormalization does not support `{option}` here.")
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        self.momentum, self.epsilon = momentum, epsilon
        self.center, self.scale, self.fused = center, scale, fused
        self.beta_initializer = Zeros() if beta_initializer is None else beta_initializer
        self.gamma_initializer = Ones() if gamma_initializer is None else gamma_initializer
        self.moving_mean_initializer = Zeros() if moving_mean_initializer is None else moving_mean_initializer
        self.moving_variance_initializer = (
            Ones() if moving_variance_initializer is None else moving_variance_initializer
        )
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the moving averages; ValueError when a normalised axis is unknown."""
        shape = TensorShape(input_shape)
        if shape.rank is None:
            raise ValueError("Input has undefined rank.")
        rank = shape.rank
        self.axis = [a + rank if a < 0 else a for a in self.axis]
        if any(not 0 <= a < rank for a in self.axis) or len(set(self.axis)) != len(self.axis):
            raise ValueError(
                f"Invalid axis. Expected 0 <= axis < inputs.rank (with inputs.rank={rank}). Received: {self.axis}"
            )
        dims = shape.as_list()
        sizes = {a: dims[a] for a in self.axis}
        if None in sizes.values():
            raise ValueError(
                f"Input has undefined `axis` dimension. Received input with shape {tuple(dims)} and axis "
                f"{tuple(self.axis)}"
            )
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        if self.fused is None:
            self.fused = rank == 4 and self.axis in ([1], [3])
        elif self.fused and (rank not in (4, 5) or self.axis not in ([1], [rank - 1])):
            raise ValueError(
                f"Batch normalization layers with `fused=True` only support 4D or 5D input tensors. Received "
                f"tensor with shape: {tuple(dims)}"
            )
        self._parameter_shape = (
            [dims[self.axis[0]]] if len(self.axis) == 1 else [dims[i] if i in sizes else 1 for i in range(rank)]
        )
        self.gamma = (
            self._parameter("gamma", self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint)
            if self.scale
            else None
        )
        self.beta = (
            self._parameter("beta", self.beta_initializer, self.beta_regularizer, self.beta_constraint)
            if self.center
            else None
        )
        self.moving_mean = self._moving("moving_mean", self.moving_mean_initializer)
        self.moving_variance = self._moving("moving_variance", self.moving_variance_initializer)
        self.built = True

    @property
    def _parameter_dtype(self) -> str:
        return "float32" if self._dtype in ("float16", "bfloat16") else self._dtype or "float32"

    def _parameter(self, name: str, initializer: Any, regularizer: Any, constraint: Any) -> Any:
        return self.add_weight(
            name,
            self._parameter_shape,
            dtype=self._parameter_dtype,
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
            trainable=True,
        )

    def _moving(self, name: str, initializer: Any) -> Any:
        return self.add_weight(
            name, self._parameter_shape, dtype=self._parameter_dtype, initializer=initializer, trainable=False
        )

    def call(self, inputs: Any, training: Any = False, **kwargs: Any) -> Tensor:
        """The normalised `inputs`; `training` is a bool, 0, 1 or a scalar bool tensor."""
        if isinstance(training, int):
            training = bool(training)
        return self._fused(inputs, training) if self.fused else self._composed(inputs, training)

    # ---------------------------------------------------------------- the fused operation

    def _fused(self, inputs: Tensor, training: Any) -> Tensor:
        data_format = {1: "NCHW", 3: "NHWC", 4: "NDHWC"}[self.axis[0]]
        if inputs.shape.rank == 5 and self.axis[0] == 1:
            data_format = "NCDHW"
        gamma = self.gamma if self.scale else constant(1.0, dtype=self._parameter_dtype, shape=self._parameter_shape)
        beta = self.beta if self.center else constant(0.0, dtype=self._parameter_dtype, shape=self._parameter_shape)

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
            momentum = convert_to_tensor(keep, dtype=None if isinstance(keep, Tensor) else self._parameter_dtype)
            for variable, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                self.add_update(self._moved_with(variable, value, momentum))
        return output  # type: ignore[no-any-return]

    @staticmethod
    def _moved_with(variable: Any, value: Tensor, momentum: Tensor) -> Tensor:
        """Moves a moving average towards `value`, with the momentum as a tensor."""
        with (
            name_scope(None, "AssignMovingAvg", [variable, value, momentum]) as scope,
            get_default_graph().colocate_with(variable.op),
        ):
            decay = 1.0 - momentum  # type: ignore[operator]
            change = (
                variable - raw_ops.Cast(x=value, DstT=variable.dtype.base_dtype)
                if value.dtype.base_dtype != variable.dtype.base_dtype
                else variable - value
            ) * decay
            return assign_sub(variable, change, name=scope)  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- from its parts

    def _composed(self, inputs: Tensor, training: Any) -> Tensor:
        rank = inputs.shape.rank
        assert rank is not None
        axes = [i for i in range(rank) if i not in self.axis]
        known = static_predicate(training)
        scale, offset = self._broadcast(self.gamma, rank), self._broadcast(self.beta, rank)
        if known is not False:
            mean, variance = moments(inputs, axes, keep_dims=len(self.axis) > 1)
            moving_mean, moving_variance = self.moving_mean, self.moving_variance
            batch_mean = (
                smart_cond(training, lambda: mean, lambda: convert_to_tensor(moving_mean)) if known is None else mean
            )
            batch_variance = (
                smart_cond(training, lambda: variance, lambda: convert_to_tensor(moving_variance))
                if known is None
                else variance
            )
            for variable, value in ((moving_mean, batch_mean), (moving_variance, batch_variance)):
                self.add_update(self._moved(variable, value))
            mean, variance = batch_mean, batch_variance
        else:
            mean, variance = self.moving_mean, self.moving_variance
        output = batch_normalization_op(
            inputs, self._broadcast(mean, rank), self._broadcast(variance, rank), offset, scale, self.epsilon
        )
        output.set_shape(inputs.shape)
        return output

    def _moved(self, variable: Any, value: Tensor) -> Tensor:
        """Moves a moving average towards `value`."""
        with (
            name_scope(None, "AssignMovingAvg", [variable, value]) as scope,
            get_default_graph().colocate_with(variable.op),
        ):
            decay = constant(1.0 - self.momentum, dtype=self._parameter_dtype, name="decay")
            change = (variable - value) * decay
            return assign_sub(variable, change, name=scope)  # type: ignore[no-any-return]

    def _broadcast(self, value: Any, rank: int) -> Any:
        """A vector of the one normalised axis, shaped so that it broadcasts to the inputs."""
        if value is None or len(self.axis) > 1 or self.axis == [rank - 1]:
            return value
        shape: list[Any] = [1] * rank
        shape[self.axis[0]] = self._parameter_shape[0]
        return raw_ops.Reshape(tensor=value, shape=shape)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`input_shape`."""
        return TensorShape(input_shape)


@tf_export("layers.batch_normalization")
def batch_normalization(
    inputs: Any,
    axis: Any = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = None,
    gamma_initializer: Any = None,
    moving_mean_initializer: Any = None,
    moving_variance_initializer: Any = None,
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_momentum: float = 0.99,
    fused: bool | None = None,
    virtual_batch_size: Any = None,
    adjustment: Any = None,
) -> Tensor:
    """A `BatchNormalization` layer applied to `inputs`."""
    layer = BatchNormalization(
        axis,
        momentum,
        epsilon,
        center,
        scale,
        beta_initializer,
        gamma_initializer,
        moving_mean_initializer,
        moving_variance_initializer,
        beta_regularizer,
        gamma_regularizer,
        beta_constraint,
        gamma_constraint,
        renorm,
        renorm_clipping,
        renorm_momentum,
        fused,
        trainable,
        virtual_batch_size,
        adjustment,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer.apply(inputs, training=training)  # type: ignore[no-any-return]
