"""`EinsumDense`: a dense layer whose product is an equation of indices."""

from __future__ import annotations

import re
from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer


@keras_layer("EinsumDense", "experimental.EinsumDense", first=["output_shape"])
class EinsumDense(FromArguments):
    """activation(einsum(equation, inputs, kernel) + bias).

    Args:
        equation: such as "abc,cd->abd", the indices of inputs and kernel, and of the outputs; "..." before or behind
            the letters of inputs and outputs stands for other axes.
        output_shape: the sizes of the outputs without the batch, None for those of the inputs.
        activation: function of the result, or its name.
        bias_axes: the indices of the outputs along which there is a bias; None for no bias.
        kernel_initializer, bias_initializer: initializers.
        kernel_regularizer, bias_regularizer, activity_regularizer: functions that give losses.
        kernel_constraint, bias_constraint: functions applied after updates.
        kwargs: see `Layer`.

    Raises:
        ValueError: equation and shapes do not fit together.
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.take({key: value for key, value in locals().items() if key != "output_shape"})
        self.partial_output_shape = [output_shape] if isinstance(output_shape, int) else list(output_shape)

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        kernel, bias, self.full_output_shape = shapes_of(
            self.equation, self.bias_axes, TensorShape(input_shape).as_list(), self.partial_output_shape
        )
        self.kernel = self.add_part("kernel", kernel, trainable=True)
        self.bias = None if bias is None else self.add_part("bias", bias, trainable=True)
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs."""
        sizes = TensorShape(input_shape).as_list()
        return TensorShape(shapes_of(self.equation, self.bias_axes, sizes, self.partial_output_shape)[2])

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        outputs = PUBLIC["einsum"](self.equation, inputs, self.kernel)
        if self.bias is not None:
            outputs += self.bias
        return outputs if self.activation is None else self.activation(outputs)

    def _described(self, argument: str) -> Any:
        return self.partial_output_shape if argument == "output_shape" else super()._described(argument)


def shapes_of(
    equation: str, bias_axes: str | None, input_shape: list[Any], output_shape: list[Any]
) -> tuple[list[Any], list[Any] | None, list[Any]]:
    """The shapes of kernel, bias (None without one) and outputs of an `EinsumDense`; see there for the arguments."""
    found = re.fullmatch(
        r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?", equation.replace(" ", "")
    )
    if found is None or found[1] != found[5] or found[3] != found[7] or found[1] and found[3]:
        raise ValueError(
            f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or "
            "[X]...,[Y]->[Z]...."
        )
    letters, weights, results = found[2], found[4], found[6]
    others = len(input_shape) - len(letters) if found[1] or found[3] else 0
    if found[1]:
        named, front, behind = input_shape[others:], input_shape[:others], []
    else:
        named, front, behind = input_shape[: len(letters)], [], input_shape[len(letters) :]
    sizes = dict(zip(letters, named, strict=False))
    outputs = list(output_shape) if found[1] else [input_shape[0], *output_shape]
    outputs = [*[None] * (len(results) - len(outputs)), *outputs] if found[1] else outputs[: len(results)]
    made = {}
    for letter, size in zip(results, outputs, strict=False):
        made[letter] = sizes.get(letter) if size is None else size
        if letter in sizes and None not in (size, sizes[letter]) and size != sizes[letter]:
            raise ValueError(
                f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape is "
                f"{sizes[letter]}, and output shape is {size}."
            )
    missing = [letter for letter in weights if letter not in sizes and letter not in made]
    if missing:
        raise ValueError(
            f"Weight dimension '{missing[0]}' did not have a match in either the input spec '{letters}' or the output "
            f"spec '{results}'. For this layer, the weight must be fully specified."
        )
    kernel = [sizes.get(letter, made.get(letter)) for letter in weights]
    full = [*front, *(made.get(letter) for letter in results), *behind]
    if bias_axes is None:
        return kernel, None, full
    unknown = [letter for letter in bias_axes if letter not in results]
    if unknown:
        raise ValueError(f"Bias dimension '{unknown[0]}' was requested, but is not part of the output spec '{results}'")
    first = min(results.index(letter) for letter in bias_axes)
    bias = [made[letter] if letter in bias_axes else 1 for letter in results[first:]]
    return kernel, bias + [1] * len(behind), full
