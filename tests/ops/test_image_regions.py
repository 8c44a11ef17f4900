"""Rows of boxes in images: choosing, drawing and cutting them out, random crops, glimpses."""

import numpy as np

from tests.cases import Case, arr, expr, f16, f32, i32, u8
from tests.runner import run_cases

OFF = {"unknown_rank": False, "grad": False, "unknown_batch": False}
IMAGE = f32(2, 7, 9, 3, lo=0, hi=1)
CORNERS = f32(40, 4, lo=0, hi=1)
ORDERED = np.concatenate([np.minimum(CORNERS[:, :2], CORNERS[:, 2:]), np.maximum(CORNERS[:, :2], CORNERS[:, 2:])], 1)
SCORES = f32(40, lo=0, hi=1)
BOXES = arr(
    [
        [[0.1, 0.2, 0.7, 0.9], [0, 0, 1, 1], [-0.2, 0.3, 0.5, 1.4], [0.6, 0.1, 0.2, 0.4]],
        [[0.3, 0.3, 0.3, 0.3], [0.9, 0.9, 1.9, 1.9], [2, 2, 3, 3], [0.05, 0.5, 0.95, 0.55]],
    ]
)
SOME = arr([[[0.2, 0.1, 0.8, 0.7], [0.5, 0.5, 0.9, 1.0]]])
CUTS = arr([[0, 0, 1, 1], [-0.5, 0.2, 1.5, 0.9], [0.9, 0.8, 0.1, 0.3], [0.25, 0.25, 0.25, 0.25]])
OWNERS = i32(4, lo=0, hi=2)

CASES = [
    *[Case(f"image.{name}", CORNERS, SCORES, 7, label=f"{options}", **options, **OFF)
      for name in ("non_max_suppression", "non_max_suppression_with_scores")
      for options in ({}, {"iou_threshold": 0.2}, {"iou_threshold": 0.9, "score_threshold": 0.7},
                      {"iou_threshold": 0.0})],
    Case("image.non_max_suppression", CORNERS, SCORES, i32(lo=50, hi=51), label="more than there are", **OFF),
    Case("image.non_max_suppression", f32(0, 4), f32(0), 3, label="no boxes", **OFF),
    Case("image.non_max_suppression", arr([[0, 0, 2, 2], [2, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]), arr([1, 1, 1, 1]),
         4, label="ties, flipped corners, no area", **OFF),
    Case("image.non_max_suppression", CORNERS, SCORES, 7, 1.5, raises="InvalidArgumentError", **OFF),
    Case("image.non_max_suppression_with_scores", CORNERS, SCORES, 7, soft_nms_sigma=0.4, **OFF),
    *[Case("image.non_max_suppression_padded", ORDERED, SCORES, 12, 0.1, pad_to_max_output_size=pad, graph=False,
           static=False, **OFF) for pad in (False, True)],
    expr("tf.raw_ops.NonMaxSuppression(boxes=x, scores=s, max_output_size=4, iou_threshold=0.3)", x=CORNERS, s=SCORES,
         **OFF),
    expr("tf.raw_ops.NonMaxSuppressionV2(boxes=x, scores=s, max_output_size=4, iou_threshold=0.3)", x=CORNERS, s=SCORES,
         **OFF),
    *[expr(f"tf.raw_ops.NonMaxSuppressionV{v}(boxes=x, scores=s, max_output_size=n, iou_threshold=0.3, "
           f"score_threshold=0.1, pad_to_max_output_size={pad}{rest})",
           x=CORNERS, s=SCORES, n=i32(lo=30, hi=31), label=str(pad), **OFF)
      for v, rest in ((4, ""), (5, ", soft_nms_sigma=0.0")) for pad in (False, True)],
    Case("image.non_max_suppression_overlaps", f32(9, 9, lo=0, hi=1), f32(9, lo=0, hi=1), 5, 0.4, 0.1, **OFF),
    *[Case("image.combined_non_max_suppression", f32(2, 20, q, 4, lo=-0.2, hi=1.2), f32(2, 20, 3, lo=0, hi=1), per,
           total, label=str(options), **options, **OFF)
      for q in (1, 3) for per, total in ((3, 7), (30, 70))
      for options in ({}, {"iou_threshold": 0.1, "score_threshold": 0.5},
                      {"pad_per_class": True, "clip_boxes": False})],
    Case("image.combined_non_max_suppression", f32(2, 0, 1, 4), f32(2, 0, 3), 3, 4, label="no boxes", **OFF),
    # drawing
    *[Case("image.draw_bounding_boxes", x, BOXES, **OFF)
      for x in (IMAGE, f32(2, 5, 6, 1, lo=0, hi=1), f16(2, 4, 4, 4, lo=0, hi=1))],
    Case("image.draw_bounding_boxes", IMAGE, BOXES, colors=f32(3, 3, lo=0, hi=1), **OFF),
    Case("image.draw_bounding_boxes", f32(2, 5, 6, 2), BOXES, raises="ValueError", **OFF),
    Case("image.draw_bounding_boxes", IMAGE, BOXES[..., :3], raises="ValueError", **OFF),
    # random crops
    *[Case("image.sample_distorted_bounding_box", t([60, 80, 3], dtype), boxes, seed=seed, seed2=7, label=f"{seed} {i}",
           **options, **OFF)
      for t in (arr,) for seed, dtype in ((1, "int32"), (9, "int64"))
      for i, (boxes, options) in enumerate([
          (SOME, {}), (SOME, {"min_object_covered": 0.9, "area_range": [0.3, 0.9]}),
          (SOME, {"aspect_ratio_range": [0.3, 3.0], "max_attempts": 3, "min_object_covered": 0.99}),
          (f32(1, 0, 4), {"use_image_if_no_bounding_boxes": True, "min_object_covered": 0.0})])],
    Case("image.sample_distorted_bounding_box", np.array([60, 80, 3], np.int32), f32(1, 0, 4), seed=1,
         raises="InvalidArgumentError", **OFF),
    # glimpses
    *[Case("image.extract_glimpse", IMAGE, [3, 4], arr(offsets), centered=centered, normalized=normalized,
           label=f"{centered} {normalized}", **OFF)
      for centered, normalized, offsets in (
          (True, True, [[0, 0], [0.3, -0.2]]), (False, True, [[0.5, 0.5], [0.4, 0.7]]),
          (True, False, [[0, 0], [2, -3]]), (False, False, [[3, 4], [2, 5]]))],
    Case("image.extract_glimpse", IMAGE, [3, 4], arr([[9, 9], [-9, 0]]), random=True, label="outside", **OFF),
    expr("tf.raw_ops.ExtractGlimpse(input=x, size=[4, 5], offsets=o, uniform_noise=False, noise='zero')", x=IMAGE,
         o=arr([[0.9, 0.9], [-1, -1.2]]), **OFF),
    # cutting out
    *[Case("image.crop_and_resize", image, CUTS, OWNERS, size, method=method, extrapolation_value=7.0, graph=False,
           unknown_rank=False, unknown_batch=False)
      for image in (IMAGE, u8(2, 5, 4, 1)) for size in ([4, 3], [1, 1]) for method in ("bilinear", "nearest")
      if not (method == "nearest" and image.dtype == np.float32)],
    *[expr("tf.gradients(tf.image.crop_and_resize(x, c, o, [3, 4]), [x, c], grad_ys=g)", x=IMAGE, c=CUTS, o=OWNERS,
           g=f32(4, 3, 4, 3, salt=2), label=str(i), **OFF) for i in range(1)],
    *[expr("tf.gradients(tf.image.crop_and_resize(x, c, o, [2, 1], method='nearest'), x)[0]", x=IMAGE, c=CUTS, o=OWNERS,
           **OFF)],
    Case("image.crop_and_resize", IMAGE, CUTS, arr([0, 1, 2, 0], "int32"), [2, 2], raises="OutOfRangeError", **OFF),
]  # fmt: skip

test_rows = run_cases("image_regions", CASES)
