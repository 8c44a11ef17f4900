"""`tf.keras.utils` for whole models: kernels of other libraries, several GPUs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC, tf_export

_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose")


@tf_export("keras.utils.convert_all_kernels_in_model")
def convert_all_kernels_in_model(model: Any) -> None:
    """Turns the kernels of all convolutions of a model by half a turn, as the kernels of Theano are."""
    classes = tuple(PUBLIC[f"keras.layers.{name}"] for name in _CONVOLUTIONS)
    pairs = []
    for layer in model.layers:
        if isinstance(layer, classes):
            kernel = PUBLIC["keras.backend.get_value"](layer.kernel)
            pairs.append((layer.kernel, np.flip(kernel, tuple(range(kernel.ndim - 2)))))
    PUBLIC["keras.backend.batch_set_value"](pairs)


@tf_export("keras.utils.multi_gpu_model")
def multi_gpu_model(model: Any, gpus: Any, cpu_merge: bool = True, cpu_relocation: bool = False) -> Any:
    """ValueError: copies of a model on several GPUs are not made here; a model runs on one device.

    Args:
        model: the model.
        gpus: how many, or their numbers.
        cpu_merge: where results would be joined.
        cpu_relocation: where variables would be.
    """
    raise ValueError(
        f"`multi_gpu_model` with gpus={gpus} would copy the model to several GPUs, which is not supported. Use the "
        "model itself: it runs on one device, or put its parts on devices with `tf.device`."
    )
