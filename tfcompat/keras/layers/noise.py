"""Layers that disturb their inputs while training, and pass them at other times."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.arguments import FromArguments, data_format_of, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.keras.core import Dropout
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.random import random_normal, random_uniform


class _Noise(FromArguments):
    """Base: `_disturbed` says what training sees."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        """`inputs`, disturbed when `training`, a bool or scalar bool tensor, is true; the learning phase by default."""
        if not self._disturbs():
            return inputs
        training = PUBLIC["keras.backend.learning_phase"]() if training is None else training
        return smart_cond(_boolean(training), lambda: self._disturbed(inputs), lambda: inputs)

    def _disturbs(self) -> bool:
        return True

    def _disturbed(self, inputs: Tensor) -> Tensor:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape


def _boolean(training: Any) -> Any:
    return bool(training) if isinstance(training, int) else training


@keras_layer("GaussianNoise")
class GaussianNoise(_Noise):
    """Adds normal random numbers of mean 0.

    Args:
        stddev: their standard deviation.
        seed: seed of the operation.
        kwargs: see `Layer`.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())

    def _disturbed(self, inputs: Tensor) -> Tensor:
        noise = random_normal(tensor_shape(inputs), 0.0, self.stddev, dtype=inputs.dtype, seed=self.seed)
        return inputs + noise  # type: ignore[no-any-return,operator]


@keras_layer("GaussianDropout")
class GaussianDropout(_Noise):
    """Multiplies by normal random numbers of mean 1 and standard deviation sqrt(rate / (1 - rate)).

    Args:
        rate: in [0, 1); nothing is changed outside (0, 1).
        seed: seed of the operation.
        kwargs: see `Layer`.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())

    def _disturbs(self) -> bool:
        return 0 < self.rate < 1

    def _disturbed(self, inputs: Tensor) -> Tensor:
        stddev = float(np.sqrt(self.rate / (1.0 - self.rate)))
        return inputs * random_normal(tensor_shape(inputs), 1.0, stddev, dtype=inputs.dtype, seed=self.seed)  # type: ignore[no-any-return,operator]


@keras_layer("AlphaDropout", without=["noise_shape"])
class AlphaDropout(_Noise):
    """Sets a share of the inputs to the least value of `selu`, and keeps mean and variance.

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Args:
        rate: the share, in [0, 1); nothing is changed outside (0, 1).
        noise_shape: shape of the choice; that of the inputs by default.
        seed: seed of the operation.
        kwargs: see `Layer`.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())

    def _disturbs(self) -> bool:
        return 0.0 < self.rate < 1.0

    def call(self, inputs: Any, training: Any = None) -> Any:
        """`inputs` with dropout when `training` is true."""
        self._chosen_shape = tensor_shape(inputs) if self.noise_shape is None else self.noise_shape
        return super().call(inputs, training)

    def _disturbed(self, inputs: Tensor) -> Tensor:
        least = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        kept = cast(random_uniform(self._chosen_shape, seed=self.seed) >= self.rate, inputs.dtype)  # type: ignore[operator]
        factor = ((1 - self.rate) * (1 + self.rate * least**2)) ** -0.5
        disturbed = inputs * kept + least * (1 - kept)  # type: ignore[operator]
        return factor * disturbed + -factor * least * self.rate  # type: ignore[no-any-return]


class _SpatialDropout(Dropout):
    """Base of dropouts of whole channels.

    Args:
        rate: share of channels.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    rank = 2

    def __init__(self, rate: float, data_format: str | None = None, **kwargs: Any):
        super().__init__(rate, **kwargs)
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _mask_shape(self, inputs: Any) -> Any:
        sizes, ones = tensor_shape(inputs), [1] * self.rank
        if self.data_format == "channels_first":
            return (sizes[0], sizes[1], *ones)  # type: ignore[index]
        return (sizes[0], *ones, sizes[self.rank + 1])  # type: ignore[index]


@keras_layer("SpatialDropout1D", without=["data_format"])
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels over one spatial axis.

    Args:
        rate: share of channels.
        kwargs: see `Layer`.
    """

    rank = 1

    def __init__(self, rate: float, **kwargs: Any):
        super().__init__(rate, "channels_last", **kwargs)


@keras_layer("SpatialDropout2D", without=["data_format"])
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels over two spatial axes.

    Args:
        rate: share of channels.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    def __init__(self, rate: float, data_format: str | None = None, **kwargs: Any):
        super().__init__(rate, data_format, **kwargs)


@keras_layer("SpatialDropout3D", without=["data_format"])
class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels over three spatial axes.

    Args:
        rate: share of channels.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    rank = 3

    def __init__(self, rate: float, data_format: str | None = None, **kwargs: Any):
        super().__init__(rate, data_format, **kwargs)
