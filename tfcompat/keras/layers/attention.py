"""`Attention` and `AdditiveAttention`: means of values, weighted by how well their keys fit queries."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.keras.core import learning_phase_for
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.identity import identity
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.sequences import range as tensor_range
from tfcompat.ops.softmax import softmax


class BaseDenseAttention(FromArguments):
    """Base: subclasses score keys by queries.

    Called with a list of queries [batch, q, size], values [batch, v, size] and, where they differ from the values, keys
    of their shape.

    Args:
        dropout: share of the weights that training drops.
        kwargs: `causal`, whether a place attends to no later one; see `Layer`.
    """

    def __init__(self, dropout: float = 0.0, **kwargs: Any):
        self.causal = kwargs.pop("causal", False)
        super().__init__(**kwargs)
        self.dropout = dropout
        self.supports_masking = True

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one."""
        return {**super().get_config(), "causal": self.causal}

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        """[batch, q, v]."""
        raise NotImplementedError

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The weighted means of the values, [batch, q, size].

        Args:
            inputs: [query, value] or [query, value, key].
            mask: a list of the bool masks of queries, [batch, q], and of values, [batch, v], or None for each. Masked
                values have no weight, masked queries give zeros.
            training: whether weights are dropped; the learning phase by default.
            return_attention_scores: whether the weights are a second result.
            use_causal_mask: as `causal`.

        Raises:
            ValueError: inputs or masks are no lists of the right length.
        """
        self._check(inputs, mask)
        query, value, key = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else inputs[1]
        query_mask, value_mask = (mask[0], mask[1]) if mask else (None, None)
        scores = self._scores(query, key)
        kept = None if value_mask is None else expand_dims(value_mask, -2)
        if self.causal or use_causal_mask:
            sizes = tensor_shape(scores)
            earlier = lower_triangle(sizes[-2], sizes[-1])  # type: ignore[index]
            kept = earlier if kept is None else raw_ops.LogicalAnd(x=kept, y=earlier)
        training = learning_phase_for(training)
        if kept is not None:
            masked = cast(raw_ops.LogicalNot(x=kept), scores.dtype)
            scores -= (65504.0 if scores.dtype.name == "float16" else 1e9) * masked  # type: ignore[operator]
        weights = softmax(scores)
        if self.dropout > 0:
            kept_weights = weights
            weights = smart_cond(
                training, lambda: dropout(kept_weights, rate=self.dropout), lambda: identity(kept_weights)
            )
        result = matmul(weights, value)
        if query_mask is not None:
            result *= cast(expand_dims(query_mask, -1), result.dtype)  # type: ignore[operator]
        return (result, weights) if return_attention_scores else result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the queries."""
        self._check(inputs, mask)
        return None if not mask else mask[0]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the queries with the size of the values."""
        return TensorShape([*TensorShape(input_shape[0]).as_list()[:-1], TensorShape(input_shape[1]).as_list()[-1]])

    def _check(self, inputs: Any, mask: Any) -> None:
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
                f"Received: inputs={inputs}."
            )
        if not 2 <= len(inputs) <= 3:
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. "
                f"Received length: {len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, list):
            raise ValueError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: mask={mask}."
            )
        if not 2 <= len(mask) <= len(inputs):
            raise ValueError(
                f"{name} layer accepts mask list of length 2 or 3. Received: inputs has length {len(inputs)} and mask "
                f"has length {len(mask)}."
            )


def lower_triangle(queries: Any, values: Any) -> Tensor:
    """[1, queries, values], true where the place of the value is not behind that of the query."""
    places, others = tensor_range(queries), tensor_range(values)
    return expand_dims(raw_ops.GreaterEqual(x=expand_dims(places, -1), y=expand_dims(others, 0)), 0)


@keras_layer("Attention")
class Attention(BaseDenseAttention):
    """Attention whose scores are products of queries and keys; see `BaseDenseAttention`.

    Source: Luong et al., "Effective Approaches to Attention-based Neural Machine Translation", 2015.

    Args:
        use_scale: whether the scores are multiplied by a variable.
        score_mode: "dot" for products, "concat" for sums of tanh of sums, with a variable as factor.
        kwargs: see `BaseDenseAttention`.

    Raises:
        ValueError: an unknown `score_mode`.
    """

    def __init__(self, use_scale: bool = False, score_mode: str = "dot", **kwargs: Any):
        super().__init__(**kwargs)
        self.use_scale, self.score_mode = use_scale, score_mode
        if score_mode not in ("dot", "concat"):
            raise ValueError(f"Received: score_mode={score_mode}. Acceptable values are: ['dot', 'concat']")

    def build(self, input_shape: Any) -> None:
        """Makes `scale` with `use_scale`, and `concat_score_weight` for "concat"."""
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones", trainable=True)
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones", trainable=True
            )
        self.built = True

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        if self.score_mode == "dot":
            scores = matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale  # type: ignore[no-any-return,operator]
        total = expand_dims(query, -2) + expand_dims(key, -3)  # type: ignore[operator]
        total = total if self.scale is None else self.scale * total
        return self.concat_score_weight * reduce_sum(raw_ops.Tanh(x=total), axis=-1)  # type: ignore[no-any-return,operator]


@keras_layer("AdditiveAttention")
class AdditiveAttention(BaseDenseAttention):
    """Attention whose scores are sums of tanh(query + key); see `BaseDenseAttention`.

    Source: Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate", 2015.

    Args:
        use_scale: whether a variable weighs the features in the sums.
        kwargs: see `BaseDenseAttention`.
    """

    def __init__(self, use_scale: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: Any) -> None:
        """Makes `scale` with `use_scale`."""
        self.scale = None
        if self.use_scale:
            size = TensorShape(input_shape[1]).as_list()[-1]
            self.scale = self.add_weight(name="scale", shape=[size], initializer="glorot_uniform", trainable=True)
        self.built = True

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        total = raw_ops.Tanh(x=expand_dims(query, axis=-2) + expand_dims(key, axis=-3))  # type: ignore[operator]
        factor = 1.0 if self.scale is None else self.scale
        return reduce_sum(factor * total, axis=-1)
