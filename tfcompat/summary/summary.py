"""`tf.summary.scalar` and its kin: operations that give serialised `Summary` messages."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops

_ILLEGAL = re.compile(r"[^-/\w\.]")


def clean_tag(name: str) -> str:
    """`name` with what names of operations may not have replaced by underscores, and without leading slashes."""
    if name is None:
        return name
    cleaned = _ILLEGAL.sub("_", name).lstrip("/")
    if cleaned != name:
        logging.getLogger("tensorflow").info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextlib.contextmanager
def _summary_scope(name: str, family: str | None = None, values: Any = None) -> Iterator[tuple[str, str]]:
    """Opens the scope of a summary; gives its tag and the scope."""
    name, family = clean_tag(name), clean_tag(family) if family is not None else None
    with name_scope(name if family is None else f"{family}/{name}", "summary", values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def _collected(value: Tensor, collections: Any) -> Tensor:
    for key in [GraphKeys.SUMMARIES] if collections is None else collections:
        get_default_graph().add_to_collection(key, value)
    return value


@tf_export("summary.scalar")
def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of one number.

    Args:
        name: its tag, after the name scopes.
        tensor: a scalar of a real type.
        collections: collections to add it to; GraphKeys.SUMMARIES by default.
        family: prefix under which TensorBoard groups it.

    Returns:
        A string scalar, a serialised `Summary`.
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        return _collected(raw_ops.ScalarSummary(tags=tag, values=tensor, name=scope), collections)


@tf_export("summary.histogram")
def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of how the elements of a real tensor are distributed; see `scalar`."""
    with _summary_scope(name, family, [values]) as (tag, scope):
        return _collected(raw_ops.HistogramSummary(tag=tag, values=values, name=scope), collections)


@tf_export("summary.image")
def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of images, uint8 or float of shape [batch, height, width, 1, 3 or 4]; see `scalar`.

    Floats are scaled so that their largest fits; at most `max_outputs` images are kept.
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        return _collected(raw_ops.ImageSummary(tag=tag, tensor=tensor, max_images=max_outputs, name=scope), collections)


@tf_export("summary.audio")
def audio(
    name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None
) -> Tensor:
    """A summary of sounds, float32 in [-1, 1] of shape [batch, frames(, channels)]; see `scalar`."""
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        sample_rate = convert_to_tensor(sample_rate, dtype="float32", name="sample_rate")
        summary = raw_ops.AudioSummaryV2(
            tag=tag, tensor=tensor, max_outputs=max_outputs, sample_rate=sample_rate, name=scope
        )
        return _collected(summary, collections)


@tf_export("summary.tensor_summary")
def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: Any = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary of any tensor; see `scalar`."""
    from tfcompat import protos

    metadata = protos.SummaryMetadata() if summary_metadata is None else summary_metadata
    if display_name is not None:
        metadata.display_name = display_name
    if summary_description is not None:
        metadata.summary_description = summary_description
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        summary = raw_ops.TensorSummaryV2(
            tensor=tensor, tag=tag, name=scope, serialized_summary_metadata=metadata.SerializeToString()
        )
        return _collected(summary, collections)


@tf_export("summary.text")
def text(name: str, tensor: Any, collections: Any = None) -> Tensor:
    """A summary of text, a string tensor; ValueError for another type."""
    from tfcompat import protos

    if tensor.dtype.base_dtype.name != "string":
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = protos.SummaryMetadata()
    metadata.plugin_data.plugin_name = "text"
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


@tf_export("summary.merge")
def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """One summary with the values of all of `inputs`, serialised summaries of distinct tags."""
    name = clean_tag(name) if name is not None else None
    with name_scope(name, "Merge", inputs):
        merged = raw_ops.MergeSummary(inputs=list(inputs), name=name)
        for key in collections or ():
            get_default_graph().add_to_collection(key, merged)
    return merged  # type: ignore[no-any-return]


@tf_export("summary.merge_all")
def merge_all(key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None) -> Tensor | None:
    """One summary of all that are in a collection; None when it is empty."""
    summaries = get_default_graph().get_collection(key, scope)
    return merge(summaries, name=name) if summaries else None


@tf_export("summary.get_summary_description")
def get_summary_description(node_def: Any) -> Any:
    """The `SummaryDescription` that a TensorSummary node carries; ValueError for other nodes."""
    from tfcompat import protos

    if node_def.op != "TensorSummary":
        raise ValueError(f"Cannot get_summary_description on {node_def.op}")
    from google.protobuf import json_format

    description = protos.SummaryDescription()
    json_format.Parse(node_def.attr["description"].s.decode(), description)
    return description


def _all_v2_summary_ops() -> list[Any]:
    """The summary operations of version 2, of which programs of version 1 have none."""
    return []


export("summary.all_v2_summary_ops", _all_v2_summary_ops)
