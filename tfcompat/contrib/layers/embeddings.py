"""tf.contrib.layers: embeddings of ids and of sequences and bags of them."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.variables import model_variable
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.embedding import embedding_lookup, safe_embedding_lookup_sparse
from tfcompat.ops.gather import gather
from tfcompat.ops.partition import unique
from tfcompat.ops.reduction import reduce_mean, reduce_prod
from tfcompat.ops.sparse_create import from_dense
from tfcompat.ops.variable_scope import variable_scope


def embedding_lookup_unique(params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None) -> Any:
    """`tf.nn.embedding_lookup` that looks each distinct id up once."""
    with name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = convert_to_tensor(ids)
        sizes = shape(ids)
        flat = reshape(ids, reduce_prod(sizes, keepdims=True))
        distinct, positions = unique(flat)
        rows = embedding_lookup(params, distinct, partition_strategy)
        found = reshape(gather(rows, positions), concat([sizes, shape(rows)[1:]], 0))
        found.set_shape(ids.shape.concatenate(rows.shape[1:]))
        return found


def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """The rows of a variable `embeddings` for ids.

    Args:
        ids: integers in [0, vocab_size) of any shape, usually [batch, steps].
        vocab_size: rows of `embeddings`.
        embed_dim: their length.
        unique: look each distinct id up once.
        initializer, regularizer, trainable: of `embeddings`.
        scope: variable scope, "EmbedSequence" by default.
        reuse: whether the variable exists.

    Raises:
        ValueError: a size is missing, and no variable is reused.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. "
            f"Got vocab_size={vocab_size} and embed_dim={embed_dim}"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        sizes = None if (reuse and vocab_size is None) or embed_dim is None else [vocab_size, embed_dim]
        embeddings = model_variable(
            "embeddings", shape=sizes, initializer=initializer, regularizer=regularizer, trainable=trainable
        )
        return (embedding_lookup_unique if unique else embedding_lookup)(embeddings, ids)


def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """The mean of the embeddings of the ids of each row, in which zeros count unless `sparse_lookup`.

    Args:
        ids: integers [batch, words], or a `SparseTensor` of them.
        sparse_lookup: leave out zeros of a dense tensor; empty rows get the embedding of id 0.
        vocab_size, embed_dim, initializer, regularizer, trainable, reuse: as of `embed_sequence`.
        scope: variable scope, "bow_encoder" by default.

    Raises:
        ValueError: a size is missing.
        TypeError: the ids are sparse, `sparse_lookup` false.
    """
    if not vocab_size or not embed_dim:
        raise ValueError("Must specify vocab size and embedding dimension")
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        sparse = isinstance(ids, SparseTensor)
        if sparse_lookup:
            found = ids if sparse else from_dense(ids)
            return safe_embedding_lookup_sparse([embeddings], found, combiner="mean", default_id=0)
        if sparse:
            raise TypeError(f"ids are expected to be dense Tensor, got: {ids}")
        return reduce_mean(embedding_lookup(embeddings, ids), axis=1)


def safe_lookup(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = None,
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
) -> Any:
    """`tf.nn.safe_embedding_lookup_sparse`, with "mean" when no combiner is given."""
    return safe_embedding_lookup_sparse(
        embedding_weights,
        sparse_ids,
        sparse_weights,
        combiner or "mean",
        default_id,
        name,
        partition_strategy,
        max_norm,
    )


for _place in ("layers", "slim"):
    for _name, _function in (
        ("embedding_lookup_unique", embedding_lookup_unique), ("embed_sequence", embed_sequence),
        ("bow_encoder", bow_encoder), ("safe_embedding_lookup_sparse", safe_lookup),
    ):  # fmt: skip
        export(f"contrib.{_place}.{_name}", _function)
