"""Boxes in images: choosing those that overlap little."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops


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
        return raw_ops.NonMaxSuppressionV3(
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,  # type: ignore[no-any-return]
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
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
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
            soft_nms_sigma=soft_nms_sigma,
            pad_to_max_output_size=False,
        )
        return chosen, values


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


not_differentiable("NonMaxSuppression", "NonMaxSuppressionV2")
