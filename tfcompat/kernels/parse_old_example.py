"""Host kernels of the older op types that parse examples, which files of TensorFlow 1 have, and of JSON examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.parse_example import parse_examples, parse_sequences

_NOTHING = np.empty(0, object)


def _keys(keys: Sequence[Any]) -> np.ndarray:
    """Keys that are scalars of their own, or elements of an attribute, as a vector."""
    found = np.empty(len(keys), object)
    found[:] = [k if isinstance(k, bytes) else k[()] for k in keys]
    return found


@kernel("ParseExample")
def _parse_example(k: KernelContext, serialized: np.ndarray, names: np.ndarray, *rest: np.ndarray) -> Any:
    sparse, dense = k.attr("Nsparse"), k.attr("Ndense")
    keys = _keys(rest[:sparse]), _keys(rest[sparse : sparse + dense])
    return parse_examples(k, serialized, names, *keys, _NOTHING, *rest[sparse + dense :])


@kernel("ParseSingleExample")
def _parse_single_example(k: KernelContext, serialized: np.ndarray, *defaults: np.ndarray) -> Any:
    keys = _keys(k.attr("sparse_keys")), _keys(k.attr("dense_keys"))
    return parse_examples(k, serialized, _NOTHING, *keys, _NOTHING, *defaults)


def _sequence(
    k: KernelContext,
    serialized: np.ndarray,
    name: np.ndarray,
    keys: Sequence[np.ndarray],
    may_miss: Sequence[bytes],
    defaults: Sequence[np.ndarray],
) -> Any:
    """`keys` are those of sparse and dense context features, then of sparse and dense feature lists."""
    context_sparse, context_dense, list_sparse, list_dense = keys
    missing = np.array([key in may_miss for key in list_dense.tolist()], np.bool_)
    return parse_sequences(
        k,
        serialized,
        name,
        context_sparse,
        context_dense,
        _NOTHING,
        list_sparse,
        list_dense,
        _NOTHING,
        missing,
        *defaults,
    )


@kernel("ParseSequenceExample")
def _parse_sequence_example(k: KernelContext, serialized: np.ndarray, names: np.ndarray, *defaults: np.ndarray) -> Any:
    attrs = ("context_sparse_keys", "context_dense_keys", "feature_list_sparse_keys", "feature_list_dense_keys")
    keys = [_keys(k.attr(a)) for a in attrs]
    return _sequence(k, serialized, names, keys, k.attr("feature_list_dense_missing_assumed_empty"), defaults)


@kernel("ParseSingleSequenceExample")
def _parse_single_sequence_example(
    k: KernelContext, serialized: np.ndarray, may_miss: np.ndarray, *rest: np.ndarray
) -> Any:
    counts = [k.attr(a) for a in ("Ncontext_sparse", "Ncontext_dense", "Nfeature_list_sparse", "Nfeature_list_dense")]
    keys, at = [], 0
    for count in counts:
        keys.append(_keys(rest[at : at + count]))
        at += count
    results = _sequence(k, serialized, rest[-1], keys, may_miss.tolist(), rest[at:-1])
    return results[: len(results) - counts[3]]


@kernel("DecodeJSONExample")
def _decode_json(k: KernelContext, texts: np.ndarray) -> np.ndarray:
    from google.protobuf import json_format

    out = np.empty(texts.shape, object)
    for index, text in enumerate(texts.reshape(-1).tolist()):
        try:
            example = json_format.Parse(text, protos.Example())
        except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidArgumentError(None, k.op, f"Error while parsing JSON at {index}: {error}") from None
        out.reshape(-1)[index] = example.SerializeToString()
    return out
