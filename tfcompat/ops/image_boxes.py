"""Boxes in images: choosing those that overlap little."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank


@tf_export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """The boxes of the best scores that overlap no better one by more than `iou_threshold`.

    Args:
        boxes: float32 [boxes, 4], opposite corners (y1, x1, y2, x2).
        scores: float32 [boxes].
        max_output_size: int32 scalar, how many at most.
        iou_threshold: intersection over union.
        score_threshold: boxes must have better scores.
        name: name scope.

    Returns:
        int32 positions in `boxes`, best first.
    """
    with name_scope(name, "non_max_suppression"):
        return raw_ops.NonMaxSuppressionV3(  # type: ignore[no-any-return]
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=convert_to_tensor(iou_threshold, dtypes.float32, name="iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, dtypes.float32, name="score_threshold"),
        )


@tf_export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`; with `soft_nms_sigma` > 0, overlap with chosen boxes lowers scores as a Gaussian does.

    Returns:
        int32 positions in `boxes`, and their scores.
    """
    with name_scope(name, "non_max_suppression_with_scores"):
        chosen, values, _ = raw_ops.NonMaxSuppressionV5(
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=convert_to_tensor(iou_threshold, dtypes.float32, name="iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, dtypes.float32, name="score_threshold"),
            soft_nms_sigma=convert_to_tensor(soft_nms_sigma, dtypes.float32, name="soft_nms_sigma"),
            pad_to_max_output_size=False,
        )
        return chosen, values


@tf_export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, with a result of a size known in advance.

    Args:
        boxes: float32 [boxes, 4].
        scores: float32 [boxes].
        max_output_size: int32 scalar, how many at most.
        iou_threshold: intersection over union.
        score_threshold: boxes must have better scores.
        pad_to_max_output_size: whether zeros follow the chosen positions up to `max_output_size`.
        name: name scope.
        sorted_input: whether the boxes are sorted by score already; the result is the same.
        canonicalized_coordinates: whether the first corner of each box is the lower one; the result is the same.
        tile_size: ignored.

    Returns:
        int32 positions in `boxes`, and how many of them are chosen boxes, an int32 scalar.

    Raises:
        ValueError: the boxes are those of several images, which is not supported.
    """
    with name_scope(name, "non_max_suppression_padded"):
        boxes = convert_to_tensor(boxes, name="boxes")
        if boxes.shape.rank not in (2, None):
            raise ValueError(f"'boxes' should be rank 2 but is rank {boxes.shape.rank}: batches are not supported")
        chosen, count = raw_ops.NonMaxSuppressionV4(
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
            pad_to_max_output_size=pad_to_max_output_size,
        )
        return chosen, count


@tf_export("image.non_max_suppression_overlaps")
def non_max_suppression_with_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """As `non_max_suppression` for things whose overlaps are given, float32 [things, things]."""
    with name_scope(name, "non_max_suppression_overlaps"):
        overlap_threshold = convert_to_tensor(overlap_threshold, dtypes.float32, name="overlap_threshold")
        return raw_ops.NonMaxSuppressionWithOverlaps(  # type: ignore[no-any-return]
            overlaps=overlaps,
            scores=scores,
            max_output_size=max_output_size,
            overlap_threshold=overlap_threshold,
            score_threshold=score_threshold,
        )


@tf_export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> Any:
    """The best boxes of every image over all classes, after those that overlap a better one of their class dropped out.

    Args:
        boxes: float32 [images, boxes, 1 or classes, 4].
        scores: float32 [images, boxes, classes].
        max_output_size_per_class: int32 scalar.
        max_total_size: int32 scalar, how many for an image.
        iou_threshold: intersection over union.
        score_threshold: boxes must have better scores.
        pad_per_class: whether the results have min(max_total_size, max_output_size_per_class * classes) entries.
        clip_boxes: whether coordinates are clipped to [0, 1].
        name: name scope.

    Returns:
        (boxes [images, n, 4], scores [images, n], classes as float32 [images, n], how many of the n count, int32
        [images]), zeros after those that count.
    """
    with name_scope(name, "combined_non_max_suppression"):
        overlap = convert_to_tensor(iou_threshold, dtypes.float32, name="iou_threshold")
        least = convert_to_tensor(score_threshold, dtypes.float32, name="score_threshold")
        max_total_size = convert_to_tensor(max_total_size)
        return raw_ops.CombinedNonMaxSuppression(
            boxes=boxes,
            scores=scores,
            max_output_size_per_class=max_output_size_per_class,
            max_total_size=max_total_size,
            iou_threshold=overlap,
            score_threshold=least,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )


@tf_export("image.generate_bounding_box_proposals")
def generate_bounding_box_proposals(
    scores: Any,
    bbox_deltas: Any,
    image_info: Any,
    anchors: Any,
    nms_threshold: Any = 0.7,
    pre_nms_topn: Any = 6000,
    min_size: Any = 16,
    post_nms_topn: int = 300,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Regions that may hold objects, from scores and shifts of anchors; recorded only, there is no kernel.

    Args:
        scores: float32 [images, height, width, anchors].
        bbox_deltas: float32 [images, height, width, 4 * anchors].
        image_info: float32 [images, 5]: height, width, scale and two more.
        anchors: float32 [height, width, 4 * anchors].
        nms_threshold: intersection over union above which the worse of two boxes drops out.
        pre_nms_topn: how many of the best boxes are looked at.
        min_size: smaller boxes drop out.
        post_nms_topn: how many boxes an image gets.
        name: name of the operation.

    Returns:
        float32 boxes [images, post_nms_topn, 4] and their scores [images, post_nms_topn].
    """
    return raw_ops.GenerateBoundingBoxProposals(  # type: ignore[no-any-return]
        scores=scores,
        bbox_deltas=bbox_deltas,
        image_info=image_info,
        anchors=anchors,
        nms_threshold=nms_threshold,
        pre_nms_topn=pre_nms_topn,
        min_size=min_size,
        post_nms_topn=post_nms_topn,
        name=name,
    )


@shape_of("CombinedNonMaxSuppression")
def _combined_shape(
    c: InferenceContext, boxes: TensorShape, scores: TensorShape, *rest: TensorShape
) -> list[TensorShape]:
    sizes, rated = exact_rank(boxes, 4).as_list(), exact_rank(scores, 3).as_list()
    if rest and any(r.rank not in (0, None) for r in rest):
        raise ValueError(f"Shape must be rank 0 but is rank {max(r.rank or 0 for r in rest)}")
    known, limit = c.value(3), c.value(2)
    count = None if known is None else int(known)
    if count is not None and count <= 0:
        raise ValueError("max_total_size should be > 0 ")
    if c.attr("pad_per_class"):
        most = None if limit is None or rated[2] is None else int(limit) * rated[2]
        count = None if count is None or most is None else min(count, most)
    batch = sizes[0]
    rows = TensorShape([batch, count])
    return [TensorShape([batch, count, 4]), rows, rows, TensorShape([batch])]


@shape_of("NonMaxSuppressionWithOverlaps")
def _overlaps_shape(
    c: InferenceContext, overlaps: TensorShape, scores: TensorShape, *rest: TensorShape
) -> list[TensorShape]:
    exact_rank(overlaps, 2), exact_rank(scores, 1)
    return [TensorShape([None])]


@shape_of(
    "NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5"
)
def _chosen_shape(
    c: InferenceContext, boxes: TensorShape, scores: TensorShape, limit: TensorShape, *rest: TensorShape
) -> list[TensorShape]:
    boxes, scores = boxes.with_rank(2), scores.with_rank(1)
    known = c.value(2)
    padded = c.op.type in ("NonMaxSuppressionV4", "NonMaxSuppressionV5") and c.attr("pad_to_max_output_size")
    chosen = TensorShape([int(known) if padded and known is not None else None])
    outputs = {
        "NonMaxSuppressionV4": [chosen, TensorShape([])],
        "NonMaxSuppressionV5": [chosen, chosen, TensorShape([])],
    }
    return outputs.get(c.op.type, [chosen])


not_differentiable("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionWithOverlaps")
