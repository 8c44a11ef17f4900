"""Rows of images scaled, translated and projected."""

from tests.cases import Case, arr, const, expr, f16, f32, f64, i32, u8
from tests.runner import run_cases

OFF = {"unknown_rank": False}
NO_GRAD = {**OFF, "grad": False}
IMAGE = f32(2, 7, 9, 3)
KERNELS = ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic")
SCALED = ("tf.raw_ops.ScaleAndTranslate(images=x, size={size}, scale={scale}, translation={by}, "
          "kernel_type='{kernel}', antialias={antialias})")  # fmt: skip
PROJECTED = ("tf.raw_ops.ImageProjectiveTransformV{v}(images=x, transforms=t, output_shape={size}, "
             "interpolation='{how}', fill_mode='{mode}'{rest})")  # fmt: skip
TURNED = arr([[0.9, 0.3, -1.2, -0.2, 1.1, 0.7, 0.01, -0.02], [1.3, 0, 2.25, 0.4, -0.8, 6.5, 0, 0.03]])
HALVES = arr([[0.5, 0, -1, 0, 0.5, 1.5, 0, 0]])
FAR = arr([[2.5, 0.5, -14.3, -1.5, 3.1, -9.6, 0, 0]])
SINGULAR = arr([[1, 0, 0, 0, 1, 0, -0.25, 0]])


def _scaled(x, size="[5, 4]", scale="[0.7, 0.45]", by="[0.3, -0.6]", kernel="lanczos3", antialias=True, **options):
    text = SCALED.format(size=size, scale=scale, by=by, kernel=kernel, antialias=antialias)
    return expr(text, x=x, **{**OFF, "label": f"{kernel} {antialias}", **options})


def _projected(x, transforms, size="[7, 9]", how="BILINEAR", mode="CONSTANT", v=2, rest="", **options):
    text = PROJECTED.format(v=v, size=size, how=how, mode=mode, rest=rest)
    return expr(text, x=x, t=transforms, **{**NO_GRAD, **options})


CASES = [
    *[_scaled(IMAGE, kernel=kernel, antialias=antialias) for kernel in KERNELS for antialias in (True, False)],
    *[_scaled(IMAGE, "[15, 20]", "[2.0, 2.5]", "[0.0, 0.0]", kernel) for kernel in KERNELS],
    _scaled(IMAGE, "[6, 8]", "[0.5, 3.0]", "[-40.0, 30.0]", label="beyond the image"),
    _scaled(u8(1, 5, 6, 1), grad=False, label="integers"),
    _scaled(f64(1, 5, 6, 2), grad=False, label="float64"),
    _scaled(f16(1, 5, 6, 2), grad=False, label="float16"),
    _scaled(f32(0, 5, 6, 2), label="no images"),
    _scaled(IMAGE, scale="[0.0, 1.0]", label="scale 0", raises="InvalidArgumentError"),
    _scaled(IMAGE, kernel="nearest", label="unknown kernel", raises="InvalidArgumentError"),
    _scaled(f32(5, 6, 2), raises="ValueError", label="rank 3"),
    *[_projected(IMAGE, transforms, how=how, mode=mode, label=f"{name} {how} {mode}")
      for name, transforms in (("turned", TURNED), ("halves", HALVES), ("far", FAR))
      for how in ("BILINEAR", "NEAREST") for mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST")],
    *[_projected(x, TURNED, how=how, label=f"{x.dtype} {how}")
      for x in (u8(2, 5, 6, 1), i32(2, 5, 6, 2), f64(2, 5, 6, 2), f16(2, 5, 6, 2)) for how in ("BILINEAR", "NEAREST")],
    *[_projected(IMAGE, TURNED, how=how, v=3, rest=", fill_value=-1.5", label=f"fill {how}")
      for how in ("BILINEAR", "NEAREST")],
    _projected(IMAGE, SINGULAR, label="no place"),
    _projected(IMAGE, TURNED, size="[1, 13]", grad=True, grad2=False, label="gradient"),
    _projected(IMAGE, HALVES, v=3, rest=", fill_value=2.0", grad=True, grad2=False, label="gradient with fill"),
    _projected(f32(2, 1, 1, 3), TURNED, mode="REFLECT", label="one pixel reflected"),
    _projected(f32(2, 1, 1, 3), TURNED, mode="WRAP", label="one pixel wrapped"),
    _projected(f32(0, 5, 6, 2), HALVES, label="no images"),
    _projected(IMAGE, f32(2, 7), raises="InvalidArgumentError", label="seven numbers"),
    _projected(IMAGE, f32(3, 8), raises="InvalidArgumentError", label="three transforms"),
    Case("raw_ops.ScaleAndTranslateGrad", grads=f32(2, 5, 4, 3), original_image=IMAGE, scale=const(arr([0.7, 0.45])),
         translation=const(arr([0.3, -0.6])), label="alone", **NO_GRAD),
]  # fmt: skip

test_rows = run_cases("image_warp", CASES)
