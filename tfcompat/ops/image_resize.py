"""Resizing images: `tf.image.resize` and its methods."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, export_internal, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape, squeeze
from tfcompat.ops.cast import cast
from tfcompat.ops.image_checks import sizes_of

_METHODS = ("ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic", "ResizeArea")


@tf_export("image.ResizeMethod")
class ResizeMethod:
    """How `resize` finds the value of a pixel."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


def _method(function: str, op_type: str, doc: str) -> Any:
    """Publishes the resizing by one op type."""

    def resize(
        images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
    ) -> Tensor:
        mode = {} if op_type == "ResizeArea" else {"half_pixel_centers": half_pixel_centers}
        return getattr(raw_ops, op_type)(images=images, size=size, align_corners=align_corners, name=name, **mode)  # type: ignore[no-any-return]

    resize.__name__ = resize.__qualname__ = function
    resize.__doc__ = f"""Images of another size, {doc}.

    Args:
        images: [batch, height, width, channels].
        size: int32 [2], height and width of the result.
        align_corners: whether the centers of the corner pixels stay corners.
        name: name of the operation.
        half_pixel_centers: whether a pixel's position is that of its center.

    Returns:
        float32, or the type of `images` for the nearest pixel.
    """
    export(f"image.{function}", resize)
    export_internal(f"python.ops.image_ops.{function}", resize)
    return resize


resize_nearest_neighbor = _method("resize_nearest_neighbor", "ResizeNearestNeighbor", "by the nearest pixel")
resize_bilinear = _method("resize_bilinear", "ResizeBilinear", "by linear interpolation between four pixels")
resize_bicubic = _method("resize_bicubic", "ResizeBicubic", "by cubic interpolation between sixteen pixels")
resize_area = _method("resize_area", "ResizeArea", "by the mean over the area that a pixel covers")
_BY_KEY = {ResizeMethod.BILINEAR: resize_bilinear, ResizeMethod.NEAREST_NEIGHBOR: resize_nearest_neighbor,
           ResizeMethod.BICUBIC: resize_bicubic, ResizeMethod.AREA: resize_area,
           "bilinear": resize_bilinear, "nearest": resize_nearest_neighbor, "bicubic": resize_bicubic,
           "area": resize_area}  # fmt: skip


@tf_export("image.resize", "image.resize_images")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Images of another size.

    Args:
        images: [batch, height, width, channels] or [height, width, channels].
        size: int32 [2], height and width of the result.
        method: a key of `ResizeMethod`, or "bilinear", "nearest", "bicubic" or "area".
        align_corners: whether the centers of the corner pixels stay corners.
        preserve_aspect_ratio: whether to take the largest size of the same proportions that fits into `size`.
        name: name scope.

    Returns:
        float32; the type of `images` for the nearest pixel, and for every method when the size stays the same.

    Raises:
        ValueError: shapes or the method are wrong.
    """
    with name_scope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        single = images.shape.ndims == 3
        if images.shape.ndims is None:
            raise ValueError("'images' contains no shape.")
        if single:
            images = expand_dims(images, 0)
        elif images.shape.ndims != 4:
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        size = _wanted_size(size, images, preserve_aspect_ratio)
        known = get_static_value(size)
        height, width = (None, None) if known is None else (int(known[0]), int(known[1]))
        own = images.shape.as_list()
        if own[1] is not None and own[1:3] == [height, width]:
            return squeeze(images, axis=[0]) if single else images
        chosen = _BY_KEY.get(method)
        if chosen is None:
            raise ValueError("Resize method is not implemented.")
        result = chosen(images, size, align_corners=align_corners)
        result.set_shape([None, height, width, None])
        return squeeze(result, axis=[0]) if single else result


def _wanted_size(size: Any, images: Tensor, preserve_aspect_ratio: bool) -> Tensor:
    try:
        size = convert_to_tensor(size, dtypes.int32, name="size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    if not size.shape.is_compatible_with([2]):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    if not preserve_aspect_ratio:
        return size
    _, height, width, _ = sizes_of(images)
    scales = [cast(size[i], dtypes.float32) / cast(n, dtypes.float32) for i, n in enumerate((height, width))]
    scale = raw_ops.Minimum(x=scales[0], y=scales[1])
    fitted = [
        cast(raw_ops.Round(x=scale * cast(n, dtypes.float32)), dtypes.int32)  # type: ignore[operator]
        for n in (height, width)
    ]
    return convert_to_tensor(fitted, dtypes.int32, name="size")


@shape_of(*_METHODS)
def _resized_shape(c: InferenceContext, images: TensorShape, size: TensorShape) -> list[TensorShape]:
    images, _ = images.with_rank(4), size.with_rank(1)
    known = c.shape_value(1)
    wanted = known.as_list() if known is not None and known.rank == 2 else [None, None]
    dims = images.as_list()
    return [TensorShape([dims[0], *wanted, dims[3]])]


@shape_of("ResizeBilinearGrad", "ResizeBicubicGrad")
def _smooth_grad_shape(c: InferenceContext, grads: TensorShape, original: TensorShape) -> list[TensorShape]:
    return [original]


@shape_of("ResizeNearestNeighborGrad")
def _nearest_grad_shape(c: InferenceContext, grads: TensorShape, size: TensorShape) -> list[TensorShape]:
    return _resized_shape(c, grads, size)


@shape_of("CropAndResize")
def _crops_shape(
    c: InferenceContext, image: TensorShape, boxes: TensorShape, owners: TensorShape, size: TensorShape
) -> list[TensorShape]:
    known = c.shape_value(3)
    wanted = known.as_list() if known is not None and known.rank == 2 else [None, None]
    image, boxes = image.with_rank(4), boxes.with_rank(2)
    return [TensorShape([boxes.as_list()[0], *wanted, image.as_list()[3]])]


@gradient_of("ResizeBilinear", "ResizeBicubic")
def _smooth_gradient(op: Operation, grad: Any) -> list[Any]:
    images = op.inputs[0]
    allowed = [dtypes.float32, dtypes.float64]
    if op.type == "ResizeBilinear":
        allowed += [dtypes.float16, dtypes.bfloat16]
    if images.dtype not in allowed:
        return [None, None]
    record = getattr(raw_ops, f"{op.type}Grad")
    return [
        record(
            grads=grad,
            original_image=images,
            align_corners=op.get_attr("align_corners"),
            half_pixel_centers=op.get_attr("half_pixel_centers"),
        ),
        None,
    ]


@gradient_of("ResizeNearestNeighbor")
def _nearest_gradient(op: Operation, grad: Any) -> list[Any]:
    images = op.inputs[0]
    known = images.shape.as_list()[1:3] if images.shape.rank == 4 else [None]
    size = known if None not in known else shape(images)[1:3]
    return [
        raw_ops.ResizeNearestNeighborGrad(
            grads=grad,
            size=size,
            align_corners=op.get_attr("align_corners"),
            half_pixel_centers=op.get_attr("half_pixel_centers"),
        ),
        None,
    ]


@tf_export("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Boxes cut out of images and resized.

    Args:
        image: [batch, height, width, channels].
        boxes: float32 [boxes, 4], (y1, x1, y2, x2) as parts of height - 1 and width - 1.
        box_ind: int32 [boxes], the image of each box.
        crop_size: int32 [2], height and width of the result.
        method: "bilinear" or "nearest".
        extrapolation_value: value outside of the image.
        name: name of the operation.
        box_indices: newer name of `box_ind`.

    Returns:
        float32 [boxes, height, width, channels].
    """
    owners = box_indices if box_ind is None else box_ind
    return raw_ops.CropAndResize(
        image=image,
        boxes=boxes,
        box_ind=owners,
        crop_size=crop_size,
        method=method,  # type: ignore[no-any-return]
        extrapolation_value=extrapolation_value,
        name=name,
    )
