"""Images: resizing, cropping, padding, flipping, colors, boxes."""

import numpy as np

from tests.cases import Case, arr, expr, f32, u8
from tests.runner import run_cases

METHODS = ("bilinear", "nearest_neighbor", "bicubic")
MODES = ({}, {"align_corners": True}, {"half_pixel_centers": True})
IMAGE = f32(2, 5, 7, 3, lo=0, hi=1)

CASES = [
    *[Case(f"image.resize_{method}", f32(2, 5, 7, 2), size, graph=False, **mode)
      for method in METHODS for size in ([8, 11], [3, 4], [5, 1]) for mode in MODES],
    *[Case("image.resize_area", f32(2, 5, 7, 2), size, align_corners=corners, graph=False)
      for size in ([8, 11], [3, 4]) for corners in (False, True)],
    Case("image.resize_bilinear", u8(1, 4, 4, 1), [6, 6]),
    Case("image.crop_and_resize", f32(2, 5, 7, 2), arr([[0, 0, 1, 1], [-0.5, 0.2, 1.5, 0.9]], "float32"),
         arr([1, 0], "int32"), [4, 3], extrapolation_value=7.0, graph=False, grad=False, grad2=False,
         unknown_rank=False),
    Case("image.rgb_to_hsv", IMAGE, grad=False, grad2=False),
    Case("image.hsv_to_rgb", IMAGE, grad=False, grad2=False),
    *[Case(f"image.{name}", IMAGE, graph=False, unknown_rank=False)
      for name in ("flip_left_right", "flip_up_down", "per_image_standardization", "rgb_to_grayscale")],
    Case("image.crop_to_bounding_box", IMAGE, 1, 2, 3, 4, graph=False, unknown_rank=False),
    Case("image.pad_to_bounding_box", IMAGE, 1, 2, 8, 12, graph=False, unknown_rank=False),
    Case("image.resize_image_with_crop_or_pad", IMAGE, 9, 4, graph=False, unknown_rank=False),
    Case("image.crop_to_bounding_box", IMAGE, 3, 2, 3, 4, raises=("ValueError", "height must be >= target")),
    Case("image.central_crop", IMAGE, 0.33, graph=False, unknown_rank=False),
    Case("image.central_crop", IMAGE, 0.0, raises=("ValueError", "central_fraction")),
    *[Case(f"image.{name}", IMAGE, amount, graph=False, unknown_rank=False, grad=False, grad2=False)
      for name, amount in (("adjust_brightness", 0.2), ("adjust_contrast", 1.7), ("adjust_hue", 0.3),
                           ("adjust_saturation", 1.7))],
    expr("tf.image.convert_image_dtype(x, tf.uint8)", x=IMAGE, graph=False),
    expr("tf.image.convert_image_dtype(x, tf.float32)", x=u8(2, 3), graph=False),
]  # fmt: skip

test_rows = run_cases("image", CASES)


def test_boxes_that_overlap_a_better_one_drop_out():
    import tfcompat.compat.v1 as tf

    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 1.9], [3, 3, 1, 1], [5, 5, 6, 6]], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        chosen = tf.image.non_max_suppression(boxes, np.array([0.6, 0.9, 0.5, 0.1], np.float32), 3)
        strict = tf.image.non_max_suppression(boxes, np.array([0.6, 0.9, 0.5, 0.1], np.float32), 3, score_threshold=0.2)
        assert session.run(chosen).tolist() == [1, 2, 3]
        assert session.run(strict).tolist() == [1, 2]
