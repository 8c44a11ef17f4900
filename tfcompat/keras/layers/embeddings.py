"""`Embedding`: vectors for whole numbers."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.embedding import embedding_lookup


@keras_layer("Embedding")
class Embedding(FromArguments):
    """The rows of a table that the inputs number.

    Args:
        input_dim: how many rows.
        output_dim: size of a row.
        embeddings_initializer: initializer of the table, `[input_dim, output_dim]`.
        embeddings_regularizer: function of the table that gives a loss.
        activity_regularizer: the same for the outputs.
        embeddings_constraint: function applied to the table after updates.
        mask_zero: whether 0 is no row but a place that later layers mask.
        input_length: number of places, where the inputs are sequences of one length.
        kwargs: see `Layer`.

    Raises:
        ValueError: a size is not positive.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        activity_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        input_length: Any = None,
        **kwargs: Any,
    ):
        if "input_shape" not in kwargs and "batch_input_shape" not in kwargs:
            kwargs["input_shape"] = (None,) if input_length is None else _as_tuple(input_length)
        if input_dim <= 0 or output_dim <= 0:
            raise ValueError(
                "Both `input_dim` and `output_dim` should be positive, "
                f"Received input_dim = {input_dim} and output_dim = {output_dim}"
            )
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.take(locals())
        self.supports_masking = mask_zero

    def build(self, input_shape: Any = None) -> None:
        """Makes `embeddings`."""
        self.embeddings = self.add_part("embeddings", [self.input_dim, self.output_dim])
        self.built = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor | None:
        """Where `inputs` is not 0, with `mask_zero`; None otherwise."""
        return raw_ops.NotEqual(x=inputs, y=0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`[*input_shape, output_dim]`; ValueError when that contradicts `input_length`."""
        sizes = TensorShape(input_shape).as_list()
        if self.input_length is not None:
            lengths = list(_as_tuple(self.input_length))
            pairs = list(zip(lengths, sizes[1:], strict=False))
            if len(lengths) != len(sizes) - 1 or any(a is not None and b is not None and a != b for a, b in pairs):
                raise ValueError(f'"input_length" is {self.input_length}, but received input has shape {input_shape}')
            sizes = [sizes[0], *(b if a is None else a for a, b in pairs)]
        return TensorShape([*sizes, self.output_dim])

    def call(self, inputs: Any) -> Tensor:
        """The rows for `inputs`."""
        if inputs.dtype.name not in ("int32", "int64"):
            inputs = cast(inputs, "int32")
        return embedding_lookup(self.embeddings, inputs)


def _as_tuple(lengths: Any) -> tuple[Any, ...]:
    return tuple(lengths) if isinstance(lengths, (list, tuple)) else (lengths,)
