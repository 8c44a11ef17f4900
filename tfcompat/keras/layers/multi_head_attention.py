"""`MultiHeadAttention`: attention of several projections of queries, keys and values side by side."""

from __future__ import annotations

import math
import string
from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras.layers.advanced_activations import Softmax
from tfcompat.keras.layers.attention import lower_triangle
from tfcompat.keras.layers.einsum_dense import EinsumDense
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.keras.core import Dropout
from tfcompat.ops.array import expand_dims


@keras_layer("MultiHeadAttention")
class MultiHeadAttention(FromArguments):
    """Projections of queries, keys and values to `num_heads` heads, attention in each, and a projection of all.

    Source: Vaswani et al., "Attention is All you Need", 2017.

    Args:
        num_heads: how many heads.
        key_dim: size of queries and keys in a head.
        value_dim: size of values in a head; `key_dim` by default.
        dropout: share of the weights that training drops.
        use_bias: whether projections have a bias.
        output_shape: size or sizes of the outputs' features; that of the queries by default.
        attention_axes: axes of the values over which attention goes; all but batch and features by default.
        kernel_initializer, bias_initializer: initializers of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: functions of them that give losses.
        kernel_constraint, bias_constraint: functions applied to them after updates.
        kwargs: see `Layer`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        self._shapes = {name: kwargs.pop(name, None) for name in ("query_shape", "key_shape", "value_shape")}
        super().__init__(**kwargs)
        self.take({key: value for key, value in locals().items() if key != "output_shape"})
        self.value_dim = key_dim if value_dim is None else value_dim
        self._output_shape = output_shape
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.supports_masking = True
        self._is_made = False

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one, and the shapes it was called with."""
        return {**super().get_config(), **self._shapes}

    def _described(self, argument: str) -> Any:
        return self._output_shape if argument == "output_shape" else super()._described(argument)

    def _projection(self, name: str, free: int, bound: int, sizes: list[int]) -> EinsumDense:
        """A product that keeps `free` axes behind the batch and takes `bound` ones to axes of the given sizes."""
        letters = iter(string.ascii_lowercase)
        kept = "".join(next(letters) for _ in range(free + 1))
        summed = "".join(next(letters) for _ in range(bound))
        made = "".join(next(letters) for _ in sizes)
        options = {
            f"{part}_{kind}": getattr(self, f"{part}_{kind}")
            for part in ("kernel", "bias")
            for kind in ("initializer", "regularizer", "constraint")
        }
        return EinsumDense(
            f"{kept}{summed},{summed}{made}->{kept}{made}",
            output_shape=[None] * free + sizes,
            bias_axes=made if self.use_bias else None,
            name=name,
            activity_regularizer=self.activity_regularizer,
            **options,
        )

    def _make(self, query: Tensor, value: Tensor, key: Tensor) -> None:
        """Makes the layers inside, for inputs of these ranks."""
        self._is_made = True
        self._shapes = {
            f"{name}_shape": t.shape.as_list() for name, t in (("query", query), ("key", key), ("value", value))
        }
        ranks = {"query": query.shape.rank, "key": key.shape.rank, "value": value.shape.rank}
        for name, size in (("query", self.key_dim), ("key", self.key_dim), ("value", self.value_dim)):
            free = (ranks[name] or 3) - 2
            setattr(self, f"_{name}_dense", self._projection(name, free, 1, [self.num_heads, size]))
        rank = ranks["query"] or 3
        self._axes = tuple(range(1, rank - 1)) if self.attention_axes is None else tuple(self.attention_axes)
        self._set_equations(rank + 1)
        self._softmax = Softmax(axis=tuple(range(-len(self._axes), 0)))
        self._dropout_layer = Dropout(self.dropout)
        sizes = self._output_shape
        sizes = [query.shape.as_list()[-1]] if sizes is None else [sizes] if isinstance(sizes, int) else list(sizes)
        self._output_dense = self._projection("attention_output", rank - 2, 2, sizes)

    def _set_equations(self, rank: int) -> None:
        """The equations of the scores and of the means, for projections of `rank` axes, heads and features last."""
        target = "".join(string.ascii_lowercase[i] for i in range(rank))
        batch = tuple(i for i in range(rank) if i not in self._axes and i != rank - 1)
        source, letters = "", iter(string.ascii_lowercase[rank:])
        for i in range(rank):
            source += target[i] if i in batch or i == rank - 1 else next(letters)
        product = "".join(target[i] for i in batch)
        product += "".join(target[i] for i in self._axes) + "".join(source[i] for i in self._axes)
        self._scores_equation = f"{source},{target}->{product}"
        size = next(letters)
        self._mean_equation = f"{product},{source[:-1]}{size}->{target[:-1]}{size}"

    def call(  # type: ignore[override]
        self,
        query: Any,
        value: Any,
        key: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The outputs for queries [batch, q, size], and on demand the weights [batch, heads, q, v].

        Args:
            query: the queries.
            value: the values, [batch, v, size].
            key: the keys; the values by default.
            attention_mask: bool [batch, q, v], false where a query may not see a value.
            return_attention_scores: whether the weights are a second result.
            training: whether weights are dropped; the learning phase by default.
            use_causal_mask: whether a place sees no later one.
        """
        key = value if key is None else key
        if not self._is_made:
            self._make(query, value, key)
        mask = self._mask(query, value, key, attention_mask, use_causal_mask)
        query, key, value = self._query_dense(query), self._key_dense(key), self._value_dense(value)  # type: ignore[attr-defined]
        einsum = PUBLIC["einsum"]
        scores = einsum(self._scores_equation, key, query * (1.0 / math.sqrt(float(self.key_dim))))
        if mask is not None:
            for _ in range(scores.shape.rank - mask.shape.rank):
                mask = expand_dims(mask, axis=-len(self._axes) * 2 - 1)
        weights = self._softmax(scores, mask)
        outputs = einsum(self._mean_equation, self._dropout_layer(weights, training=training), value)
        outputs = self._output_dense(outputs)
        return (outputs, weights) if return_attention_scores else outputs

    def _mask(self, query: Any, value: Any, key: Any, mask: Any, causal: bool) -> Any:
        """`mask` and what the masks of the inputs and causality say."""
        found = [] if mask is None else [PUBLIC["cast"](mask, "bool")]
        for tensor, axis in ((query, -1), (value, -2), (key if key is not value else None, -2)):
            its = getattr(tensor, "_keras_mask", None)
            if its is not None:
                found.append(expand_dims(its, axis))
        if causal:
            found.append(lower_triangle(PUBLIC["shape"](query)[1], PUBLIC["shape"](value)[1]))
        made = None
        for one in found:
            made = one if made is None else PUBLIC["logical_and"](made, one)
        return made

    def compute_output_shape(self, query_shape: Any, value_shape: Any = None, key_shape: Any = None) -> TensorShape:  # type: ignore[override]
        """The shape of the queries with the sizes of the outputs."""
        sizes = self._output_shape
        sizes = (
            TensorShape(query_shape).as_list()[-1:] if sizes is None else [sizes] if isinstance(sizes, int) else sizes
        )
        return TensorShape([*TensorShape(query_shape).as_list()[:-1], *sizes])
