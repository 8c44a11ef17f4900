"""`Model`: layers that can be trained, saved and described."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import PUBLIC, export_internal, tf_export
from tfcompat.keras.engine.config import layer_config
from tfcompat.keras.engine.summary import print_summary
from tfcompat.keras.engine.training import Training
from tfcompat.keras.saving.weights import load_weights, save_weights

KERAS_VERSION = "2.2.4-tf"
"""The version of Keras that files and configurations name."""


@tf_export("keras.Model", "keras.models.Model")
class Model(Training):
    """Layers between inputs and outputs as one, with what trains, evaluates, saves and describes them.

    `Model(inputs, outputs)` takes the layers between Keras tensors. A subclass makes layers in `__init__`, as
    attributes, and connects them in `call(inputs, training=None, mask=None)`.

    Args:
        args, kwargs: `inputs` and `outputs`, Keras tensors, or lists or dictionaries of them, and `name`.

    Raises:
        ValueError: `inputs` do not come from `tf.keras.Input`, are given twice, or do not suffice for `outputs`.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._init_training()
        super().__init__(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_functions" not in self.__dict__ and not name.startswith("_") and name not in _EARLY:
            raise RuntimeError(
                "It looks like you are subclassing `Model` and you forgot to call `super(YourClass, self).__init__()`. "
                "Always start with this line."
            )
        super().__setattr__(name, value)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Applies the model to tensors."""
        was_built = self.built
        outputs = super().__call__(inputs, *args, **kwargs)
        if not self.inputs:
            self._set_ends(inputs, outputs)
        if not was_built:
            self._load_more()
        return outputs

    # ---------------------------------------------------------------- describing it

    def summary(
        self, line_length: int | None = None, positions: Any = None, print_fn: Callable[[str], Any] | None = None
    ) -> None:
        """Prints the layers with their output shapes and numbers of parameters.

        Args:
            line_length: characters of a line.
            positions: where the columns end, as shares of the line or characters.
            print_fn: called with each line; `print` by default.

        Raises:
            ValueError: the layers have no variables yet.
        """
        if not self.built:
            raise ValueError(
                "This model has not yet been built. Build the model first by calling `build()` or calling `fit()` with "
                "some data, or specify an `input_shape` argument in the first layer(s) for automatic build."
            )
        print_summary(self, line_length, positions, print_fn or print)

    def _description(self) -> dict[str, Any]:
        return {
            **layer_config(self),
            "keras_version": KERAS_VERSION,
            "backend": PUBLIC["keras.backend.backend"](),
        }

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON, for `tf.keras.models.model_from_json`; `kwargs` are those of `json.dumps`."""
        return json.dumps(self._description(), default=json_value, **kwargs)

    def to_yaml(self, **kwargs: Any) -> str:
        """The configuration as YAML; `kwargs` are those of `yaml.dump`. ImportError without the package pyyaml."""
        yaml = _yaml()
        plain = json.loads(json.dumps(self._description(), default=json_value))
        return yaml.dump(plain, **kwargs)  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- files

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        include_optimizer: bool = True,
        save_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes layers, values and training into a file or directory; see `tf.keras.models.save_model`."""
        PUBLIC["keras.models.save_model"](self, filepath, overwrite, include_optimizer, save_format)

    def save_weights(self, filepath: Any, overwrite: bool = True, save_format: str | None = None) -> None:
        """Writes the values of all variables.

        Args:
            filepath: path of an HDF5 file (it ends in .h5, .hdf5 or .keras), or prefix of a checkpoint, which holds the
                optimizer's variables too.
            overwrite: whether a file that exists is written over without asking.
            save_format: "tf" or "h5"; as the path says by default.

        Raises:
            ImportError: HDF5 without the package h5py.
            ValueError: an unknown format, or one that the path contradicts.
        """
        save_weights(self, filepath, overwrite, save_format)

    def load_weights(self, filepath: Any, by_name: bool = False, skip_mismatch: bool = False) -> Any:
        """Sets all variables to what `save_weights` or `save` wrote.

        Args:
            filepath: path of an HDF5 file, or prefix of a checkpoint, also of one that `tf.train.Saver` wrote.
            by_name: whether layers are found by their names, and not by their order; for HDF5.
            skip_mismatch: with `by_name`, whether to pass over layers that do not fit.

        Returns:
            The status of a checkpoint, see `tf.train.Checkpoint.read`; variables that are made later get their values
            then. None for HDF5.

        Raises:
            ImportError: HDF5 without the package h5py.
            NotImplementedError: `by_name` with a checkpoint.
            ValueError: the file has other layers or shapes.
        """
        return load_weights(self, filepath, by_name, skip_mismatch)


_EARLY = frozenset({"optimizer", "history", "stop_training"})


def _yaml() -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise ImportError("Requires yaml module installed (`pip install pyyaml`).") from None
    return yaml


def json_value(value: Any) -> Any:
    """What stands in JSON for a value that it has no form for: arrays, types, shapes, objects with a configuration."""
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "as_list"):
        return value.as_list()
    if hasattr(value, "as_numpy_dtype") or hasattr(value, "__name__"):
        return getattr(value, "name", None) or value.__name__
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Not JSON Serializable: {value}")


export_internal("python.keras.engine.training.Model", Model)
