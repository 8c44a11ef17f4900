"""Rows of images from and to files. The files were made by Pillow and hold noise over waves."""

import pathlib

import numpy as np

from tests.cases import Case, Const, arr, expr, i32, u8, u16
from tests.runner import run_cases

FOLDER = pathlib.Path(__file__).parent.parent / "data" / "images"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}


def file(name: str) -> Const:
    return Const(np.array(FILES[name], object))


PNG = [n for n in FILES if n.endswith("png")]
JPEG = ["colors420.jpg", "gray.jpg", "inks.jpg", "progressive.jpg"]
PIXELS = u8(5, 7, 3, lo=0, hi=256)
OFF = {"unknown_batch": False, "unknown_rank": False, "grad": False}

CASES = [
    *[Case("io.decode_png", file(n), channels=c, label=f"{n} {c}", **OFF) for n in PNG for c in (0, 1, 3, 4)],
    *[Case("io.decode_png", file(n), dtype="uint16", label=f"{n} 16", **OFF) for n in ("rgb.png", "wide_rgb.png")],
    *[Case("image.decode_jpeg", file(n), channels=c, label=f"{n} {c}", **OFF) for n in JPEG for c in (0, 3)],
    *[Case("image.decode_jpeg", file("colors420.jpg"), label=str(options), **OFF, **options)
      for options in ({"ratio": 2}, {"ratio": 8}, {"fancy_upscaling": False}, {"dct_method": "INTEGER_FAST"},
                      {"dct_method": "INTEGER_ACCURATE"}, {"channels": 1})],
    Case("image.decode_and_crop_jpeg", file("gray.jpg"), [2, 3, 5, 9], label="inside", **OFF),
    *[Case("image.extract_jpeg_shape", file(n), label=n, **OFF) for n in JPEG],
    Case("image.extract_jpeg_shape", file("gray.jpg"), output_type="int64", **OFF),
    *[Case("io.decode_bmp", file(n), channels=c, label=f"{n} {c}", **OFF)
      for n in ("gray.bmp", "rgba.bmp") for c in (0, 3, 4)],
    *[Case("io.decode_gif", file(n), label=n, **OFF) for n in ("frames.gif", "disposed.gif", "gray.jpg", "rgb.png")],
    *[Case("image.decode_image", file(n), dtype=t, label=f"{n} {t}", **OFF)
      for n in ("rgb.png", "wide_rgb.png", "gray.jpg", "rgba.bmp", "frames.gif") for t in ("uint16", "float32")],
    Case("io.decode_image", file("colors420.jpg"), 1, dtype="int32", label="other type", **OFF),
    Case("io.decode_image", file("frames.gif"), expand_animations=False, **OFF),
    Case("io.decode_jpeg", file("one.gif"), label="one frame", **OFF),
    # refused
    Case("io.decode_png", file("rgb.png"), channels=2, raises=("InvalidArgumentError", "0, 1, 3 or 4"), **OFF),
    Case("io.decode_png", file("gray.bmp"), raises=("InvalidArgumentError", "Trying to decode BMP"), **OFF),
    Case("io.decode_bmp", file("rgb.png"), raises=("InvalidArgumentError", "decode PNG format using DecodeBmp"), **OFF),
    Case("io.decode_bmp", file("rgba.bmp"), channels=1, raises=("InvalidArgumentError", "0, 3 or 4 for BMP"), **OFF),
    Case("io.decode_jpeg", file("gray.jpg"), channels=4, raises=("InvalidArgumentError", "not support 4 chann"), **OFF),
    Case("io.decode_jpeg", file("truncated.jpg"), raises=("InvalidArgumentError", "Invalid JPEG data"), **OFF),
    Case("io.decode_jpeg", file("frames.gif"), raises=("InvalidArgumentError", "Got 3 frames"), label="gif", **OFF),
    Case("io.decode_image", file("frames.gif"), 4, raises=("InvalidArgumentError", "0 or 3 for GIF"), **OFF),
    Case("io.decode_image", Const(np.array(b"no image", object)), raises=("InvalidArgumentError", "Unknown image file"),
         **OFF),
    Case("image.decode_and_crop_jpeg", file("gray.jpg"), [2, 3, 5, 90], raises="InvalidArgumentError", **OFF),
    # to files and back
    *[expr(f"tf.io.decode_image(tf.io.encode_png(x{options}), dtype=x.dtype)", x=t(4, 3, c), unknown_rank=False)
      for options in ("", ", compression=9") for t in (u8, u16) for c in (1, 3)],
    expr("tf.shape(tf.io.encode_png(x))", x=u8(2, 4, 3, 1), unknown_rank=False),
    *[expr(f"tf.io.encode_jpeg(x{options})", x=PIXELS, **OFF)
      for options in ("", ", quality=20", ", progressive=True", ", optimize_size=True", ", chroma_downsampling=False")],
    expr("tf.image.encode_jpeg(x, density_unit='cm', x_density=28)", x=u8(5, 7, 1), **OFF),
    *[expr("tf.image.adjust_jpeg_quality(x, q)", x=PIXELS, q=i32(lo=lo, hi=lo + 1), label=str(lo), **OFF)
      for lo in (1, 60, 100)],
    expr("tf.image.adjust_jpeg_quality(x / 256, 50)", x=arr(PIXELS), **OFF),
    Case("image.random_jpeg_quality", PIXELS, 20, 60, seed=1, random=True, **OFF),
    Case("image.random_jpeg_quality", PIXELS, 60, 20, raises="ValueError", **OFF),
    Case("io.is_jpeg", file("gray.jpg"), **OFF),
    Case("image.is_jpeg", file("rgb.png"), label="png", **OFF),
    Case("io.encode_png", u8(4, 3, 5), raises=("InvalidArgumentError", "1, 2, 3, or 4 channels"), unknown_rank=False),
    Case("io.encode_png", u8(4, 3), raises="ValueError", unknown_rank=False),
]  # fmt: skip

test_rows = run_cases("image_files", CASES)
