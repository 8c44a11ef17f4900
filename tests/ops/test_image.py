"""Images: resizing, cropping, padding, flipping, colors, boxes."""

import numpy as np
import pytest

from tests.cases import Case, arr, bf16, expr, f32, f64, u8
from tests.runner import run_cases

METHODS = ("bilinear", "nearest_neighbor", "bicubic")
MODES = ({}, {"align_corners": True}, {"half_pixel_centers": True})
IMAGE = f32(2, 5, 7, 3, lo=0, hi=1)
LARGE = f32(2, 13, 15, 2, lo=0, hi=1)
OTHER = LARGE * 0.7 + f32(2, 13, 15, 2, lo=0, hi=0.3, salt=1)
COLORS = arr(
    [
        [
            [
                [0, 0, 0],
                [1, 1, 1],
                [0.5, 0.5, 0.5],
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 1],
                [1, 1, 0],
                [0.2, 0.9, 0.4],
                [0.9, 0.1, 0.3],
            ]
        ]
    ]
)

CASES = [
    *[Case(f"image.resize_{method}", f32(2, 5, 7, 2), size, graph=False, **mode)
      for method in METHODS for size in ([8, 11], [3, 4], [5, 1]) for mode in MODES],
    *[Case("image.resize_area", f32(2, 5, 7, 2), size, align_corners=corners, graph=False)
      for size in ([8, 11], [3, 4]) for corners in (False, True)],
    Case("image.resize_bilinear", u8(1, 4, 4, 1), [6, 6]),
    Case("image.resize", f32(1, 3, 4, 2), [5, 6], "bicubic", unknown_rank=False),
    Case("image.adjust_contrast", f32(1, 3, 4, 3), [1.0], raises=("ValueError", "Shape must be rank 0 but is rank 1")),
    Case("image.crop_and_resize", f32(2, 5, 7, 2), arr([[0, 0, 1, 1], [-0.5, 0.2, 1.5, 0.9]], "float32"),
         arr([1, 0], "int32"), [4, 3], extrapolation_value=7.0, grad=False, grad2=False,
         unknown_rank=False),
    Case("image.rgb_to_hsv", IMAGE, grad=False, grad2=False),
    Case("image.rgb_to_hsv", f32(2, 3, 4, 3, lo=0.1, hi=1, salt=5), grad2=False, unknown_rank=False),
    Case("image.hsv_to_rgb", IMAGE, grad=False, grad2=False),
    Case("image.rgb_to_grayscale", IMAGE),
    *[Case(f"image.{name}", image, graph=graph, unknown_rank=not graph, label=str(graph))
      for image in (IMAGE, IMAGE[0]) for graph in (True, False)
      for name in ("flip_left_right", "flip_up_down", "transpose")],
    *[Case(f"image.{name}", image, *arguments)
      for image in (IMAGE, IMAGE[0])
      for name, arguments in (
        ("per_image_standardization", ()), ("central_crop", (0.33,)),
        ("crop_to_bounding_box", (1, 2, 3, 4)), ("pad_to_bounding_box", (1, 2, 8, 12)),
        ("resize_image_with_crop_or_pad", (9, 4)), ("resize_image_with_crop_or_pad", (2, 10)),
        ("central_crop", (1.0,)), ("adjust_gamma", (0.7, 1.2)),
    )],
    *[Case("image.rot90", image, k, graph=False, grad=False)
      for image in (IMAGE, IMAGE[0]) for k in (0, 1, 2, 3, -1, 6)],
    *[expr(f"tf.image.{call}", x=image, n=arr(n, "int32"), unknown_batch=False)
      for image in (IMAGE, IMAGE[0])
      for call, n in (
        ("crop_to_bounding_box(x, n, 1, n, 2)", 2), ("pad_to_bounding_box(x, n, 1, 9, n + 9)", 2),
        ("resize_image_with_crop_or_pad(x, n, n)", 4), ("resize_image_with_crop_or_pad(x, 3, n)", 9),
    )],
    expr("tf.image.central_crop(x, n)", x=IMAGE, n=arr(0.6)),
    expr("tf.image.adjust_gamma(x, n)", x=IMAGE, n=arr(0.6), grad=False),
    expr("[tf.set_random_seed(5), tf.image.random_flip_left_right(x), tf.random_uniform([2])][1:]", x=IMAGE,
         unknown_rank=False),
    expr("[tf.set_random_seed(5), tf.image.random_flip_up_down(x), tf.random_uniform([2])][1:]", x=IMAGE[0],
         graph=False, unknown_rank=False),
    expr("tf.image.resize_images(x, [3, 9], preserve_aspect_ratio=True)", x=IMAGE),
    expr("tf.image.grayscale_to_rgb(x)", x=IMAGE[..., :1]),
    *[Case(f"image.{name}", x, *arguments, raises=("ValueError", words))
      for name, x, arguments, words in (
        ("flip_left_right", f32(3, 4), (), "at least three-dimensional"),
        ("flip_up_down", f32(1, 1, 3, 4, 2), (), "3 or 4 dimensions"), ("rot90", f32(3, 4), (), "three-dimensional"),
        ("flip_left_right", f32(2, 0, 3, 1), (), "must be > 0"), ("transpose", f32(1, 1, 3, 4, 2), (), "3 or 4"),
        ("pad_to_bounding_box", IMAGE, (-1, 0, 9, 9), "offset_height must be >= 0"),
        ("pad_to_bounding_box", IMAGE, (0, 0, 4, 9), "height must be <= target"),
        ("crop_to_bounding_box", IMAGE, (0, 0, 0, 4), "target_height must be > 0"),
        ("resize_image_with_crop_or_pad", IMAGE, (0, 4), "target_height must be > 0"),
        ("adjust_gamma", IMAGE, (-1,), "non-negative"), ("grayscale_to_rgb", IMAGE, (), "should be size 1"),
    )],
    Case("image.crop_to_bounding_box", IMAGE, 3, 2, 3, 4, raises=("ValueError", "height must be >= target")),
    Case("image.central_crop", IMAGE, 0.0, raises=("ValueError", "central_fraction")),
    *[Case(f"image.{name}", IMAGE, amount, grad=False, grad2=False)
      for name, amount in (("adjust_brightness", 0.2), ("adjust_contrast", 1.7), ("adjust_hue", 0.3),
                           ("adjust_saturation", 1.7))],
    *[Case(f"image.{name}", image, amount, grad=False, label=f"{name} {i}")
      for name, amount in (("adjust_contrast", 0.3), ("adjust_hue", -0.9), ("adjust_saturation", 0.4))
      for i, image in enumerate((COLORS, u8(2, 3, 3, 3, lo=0, hi=256), f32(0, 2, 2, 3)))],
    *[Case(f"image.{name}", t(7, 3, lo=0, hi=1), grad=False, grad2=False, label=name)
      for name in ("rgb_to_hsv", "hsv_to_rgb") for t in (f64, bf16)],
    Case("image.rgb_to_hsv", COLORS, grad=False, grad2=False, unknown_rank=False),
    *[Case("image.resize_image_with_pad", IMAGE, height, width, method)
      for height, width, method in ((9, 4, 0), (3, 11, 1), (6, 6, 2), (10, 14, 3))],
    Case("image.resize_image_with_pad", IMAGE[0], 4, 4, unknown_batch=False),
    Case("image.resize_image_with_pad", IMAGE, 0, 4, raises=("ValueError", "target_height must be > 0")),
    # differences
    *[Case("image.total_variation", x, grad=False) for x in (IMAGE, IMAGE[0])],
    Case("image.total_variation", f32(3, 4), raises=("ValueError", "3 or 4-dimensional")),
    Case("image.sobel_edges", IMAGE, grad2=False),
    Case("image.image_gradients", IMAGE, grad2=False),
    *[Case("image.psnr", x, y, most, grad2=False, label=str(most))
      for x, y, most in ((IMAGE, f32(2, 5, 7, 3, lo=0, hi=1, salt=1), 1.0),
                         (u8(2, 4, 4, 1, lo=0, hi=256), u8(2, 4, 4, 1, lo=0, hi=256, salt=1), 255))],
    expr("tf.image.psnr(x, x, 1.0)", x=IMAGE, grad=False),
    *[Case("image.ssim", LARGE, OTHER, 1.0, graph=False, grad2=False, tol=1e-4, **options)
      for options in ({}, {"filter_size": 5, "filter_sigma": 1.0, "k1": 0.05, "k2": 0.02}, {"return_index_map": True})],
    Case("image.ssim_multiscale", LARGE, OTHER, 1.0, power_factors=(0.4, 0.6), filter_size=5,
         graph=False, grad2=False, tol=1e-4),
    expr("tf.image.convert_image_dtype(x, tf.uint8)", x=IMAGE),
    expr("tf.image.convert_image_dtype(x, tf.float32)", x=u8(2, 3)),
]  # fmt: skip

test_rows = run_cases("image", CASES)


def test_images_too_small_for_the_last_scale_fail_in_the_run():
    import tfcompat.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        index = tf.image.ssim_multiscale(LARGE, OTHER, 1.0, filter_size=5)
        assert index.shape == [2]
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(index)


def test_boxes_that_overlap_a_better_one_drop_out():
    import tfcompat.compat.v1 as tf

    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 1.9], [3, 3, 1, 1], [5, 5, 6, 6]], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        chosen = tf.image.non_max_suppression(boxes, np.array([0.6, 0.9, 0.5, 0.1], np.float32), 3)
        strict = tf.image.non_max_suppression(boxes, np.array([0.6, 0.9, 0.5, 0.1], np.float32), 3, score_threshold=0.2)
        assert session.run(chosen).tolist() == [1, 2, 3]
        assert session.run(strict).tolist() == [1, 2]
