"""`Wrapper` and `TimeDistributed`: layers around a layer."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.base_layer import Layer, call_arguments
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops.array import reshape
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.reduction import reduce_any


@keras_layer("Wrapper")
class Wrapper(FromArguments):
    """Base of layers around a layer.

    Args:
        layer: the layer.
        kwargs: see `Layer`.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(f"Layer {layer} supplied to wrapper is not a layer.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Makes the variables of the layer."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True

    @property
    def activity_regularizer(self) -> Any:
        """That of the layer."""
        return getattr(self.layer, "activity_regularizer", None) if "layer" in vars(self) else None

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    def _described(self, argument: str) -> Any:
        if argument == "layer":
            return PUBLIC["keras.layers.serialize"](self.layer)
        return super()._described(argument)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer that `get_config` described."""
        config = dict(config)
        layer = PUBLIC["keras.layers.deserialize"](config.pop("layer"), custom_objects=custom_objects)
        return cls(layer, **config)


@keras_layer("TimeDistributed")
class TimeDistributed(Wrapper):
    """A layer applied to each step of the second axis.

    Args:
        layer: the layer.
        kwargs: see `Layer`.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `TimeDistributed` layer with a `tf.keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        """Makes the variables of the layer; ValueError for inputs of fewer than three axes."""
        shapes = nest.map_structure(TensorShape, input_shape)
        sizes = [shape.as_list() for shape in nest.flatten(shapes)]
        if any(len(s) < 3 for s in sizes):
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape ` with at least 3 dimensions, received: "
                f"{input_shape}"
            )
        self.input_spec = nest.map_structure(lambda s: InputSpec(shape=(None, None, *s.as_list()[2:])), shapes)
        super().build(nest.map_structure(_one_step, shapes))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that the layer gives for a step, with the steps."""
        shapes = nest.map_structure(TensorShape, input_shape)
        steps = nest.flatten(shapes)[0].as_list()[1]
        made = self.layer.compute_output_shape(nest.map_structure(_one_step, shapes))
        return nest.map_structure(
            lambda s: TensorShape([TensorShape(s).as_list()[0], steps, *TensorShape(s).as_list()[1:]]), made
        )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The layer's outputs for all steps of `inputs`, which it sees as one batch."""
        first = nest.flatten(inputs)[0]
        steps = first.shape.as_list()[1]
        steps = tensor_shape(first)[1] if steps is None else steps  # type: ignore[index]
        options: dict[str, Any] = {}
        takes = call_arguments(self.layer.call)
        if takes.accepts("training"):
            options["training"] = training
        if mask is not None and takes.accepts("mask"):
            options["mask"] = nest.map_structure(_as_one_batch, mask)
        outputs = self._called_layer(nest.map_structure(_as_one_batch, inputs), options)
        shapes = self.compute_output_shape(nest.map_structure(lambda t: t.shape, inputs))

        def apart(output: Any, shape: Any) -> Any:
            sizes = TensorShape(shape).as_list()
            behind = [tensor_shape(output)[i - 1] if n is None else n for i, n in enumerate(sizes) if i > 1]  # type: ignore[index]
            made = reshape(output, [-1 if sizes[0] is None else sizes[0], steps, *behind])
            made.set_shape(sizes)
            return made

        return nest.map_structure(apart, outputs, shapes)

    def _called_layer(self, inputs: Any, options: dict[str, Any]) -> Any:
        """The outputs of the layer; its variables have no scope of their own."""
        return self.layer(inputs, **options)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask that the layer gives, or one that is true for steps that have anything."""
        tensors = nest.flatten(inputs)
        flat_mask = None if mask is None else nest.map_structure(_as_one_batch, mask)
        made = self.layer.compute_mask(nest.map_structure(_as_one_batch, inputs), flat_mask)
        if made is None:
            if mask is None:
                return None
            given = nest.flatten(mask)[0]
            return reduce_any(given, axis=list(range(2, given.shape.rank))) if given.shape.rank > 2 else given
        sizes = tensor_shape(tensors[0])
        return nest.map_structure(
            lambda m: reshape(m, [-1, sizes[1], *(n for n in m.shape.as_list()[1:])]),  # type: ignore[index]
            made,
        )


def _one_step(shape: TensorShape) -> TensorShape:
    """The shape of one step."""
    sizes = shape.as_list()
    return TensorShape([sizes[0], *sizes[2:]])


def _as_one_batch(tensor: Any) -> Any:
    """`tensor` with batch and steps as one axis."""
    sizes = tensor.shape.as_list()
    behind = [tensor_shape(tensor)[i] if n is None else n for i, n in enumerate(sizes) if i > 1]  # type: ignore[index]
    made = reshape(tensor, [-1, *behind])
    made.set_shape([None, *sizes[2:]])
    return made
