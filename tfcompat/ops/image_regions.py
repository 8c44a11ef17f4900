"""Regions of images: boxes drawn, boxes cut out, random crops, glimpses."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.shape_checks import exact_rank


@tf_export("image.draw_bounding_boxes")
def draw_bounding_boxes(images: Any, boxes: Any, name: str | None = None, colors: Any = None) -> Tensor:
    """Images with the edges of boxes drawn into them, one pixel wide.

    Args:
        images: float32 or float16 [batch, height, width, channels], channels 1, 3 or 4.
        boxes: float32 [batch, boxes, 4], (y1, x1, y2, x2) as parts of height and width.
        name: name of the operation.
        colors: float32 [colors, channels], taken in turn; None for ten colors, white for gray images.

    Returns:
        Same type and shape as `images`.
    """
    if colors is None:
        return raw_ops.DrawBoundingBoxes(images=images, boxes=boxes, name=name)  # type: ignore[no-any-return]
    return raw_ops.DrawBoundingBoxesV2(images=images, boxes=boxes, colors=colors, name=name)  # type: ignore[no-any-return]


@tf_export("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """A random box in an image that keeps enough of one of the given boxes.

    Args:
        image_size: integers [3], height, width and channels.
        bounding_boxes: float32 [batch, boxes, 4], (y1, x1, y2, x2) as parts of height and width.
        seed: seed of the random numbers; 0 or None, with `seed2` too, for a random one.
        seed2: second seed.
        min_object_covered: the part of some given box that must lie inside.
        aspect_ratio_range: least and largest width / height, [0.75, 1.33] by default.
        area_range: least and largest part of the image, [0.05, 1] by default.
        max_attempts: after how many boxes that do not fit the whole image is taken, 100 by default.
        use_image_if_no_bounding_boxes: whether the whole image counts as the given box when there is none.
        name: name scope.

    Returns:
        (begin, size, box): begin and size as `tf.slice` takes them, with 0 and -1 for the channels, and the box as
        float32 [1, 1, 4].

    Raises:
        InvalidArgumentError: in the run, when there are no boxes and `use_image_if_no_bounding_boxes` is not set.
    """
    given = {
        "seed": seed,
        "seed2": seed2,
        "aspect_ratio_range": aspect_ratio_range,
        "area_range": area_range,
        "max_attempts": max_attempts,
        "use_image_if_no_bounding_boxes": use_image_if_no_bounding_boxes,
    }
    with name_scope(name, "sample_distorted_bounding_box"):
        return raw_ops.SampleDistortedBoundingBoxV2(
            image_size=image_size,
            bounding_boxes=bounding_boxes,
            min_object_covered=min_object_covered,
            name=name,
            **{key: value for key, value in given.items() if value is not None},
        )


@tf_export("image.extract_glimpse")
def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    name: str | None = None,
) -> Tensor:
    """Windows of one size cut out of images, with noise where they reach beyond.

    Args:
        input: float32 [batch, height, width, channels].
        size: int32 [2], height and width of the windows.
        offsets: float32 [batch, 2], (y, x) of the center of each window.
        centered: whether offsets are counted from the center of the image; else from its upper left corner.
        normalized: whether offsets are parts of height and width; else pixels.
        uniform_noise: whether the noise is uniform between the least and the largest pixel; else normal.
        name: name of the operation.

    Returns:
        float32 [batch, size[0], size[1], channels].
    """
    return raw_ops.ExtractGlimpse(  # type: ignore[no-any-return]
        input=input,
        size=size,
        offsets=offsets,
        centered=centered,
        normalized=normalized,
        uniform_noise=uniform_noise,
        name=name,
    )


@shape_of("DrawBoundingBoxes", "DrawBoundingBoxesV2")
def _drawn_shape(
    c: InferenceContext, images: TensorShape, boxes: TensorShape, *colors: TensorShape
) -> list[TensorShape]:
    if boxes.rank is not None and exact_rank(boxes, 3).as_list()[2] not in (4, None):
        raise ValueError(f"Dimension must be 4 but is {boxes.as_list()[2]}")
    if images.rank is not None and exact_rank(images, 4).as_list()[3] not in (1, 3, 4, None):
        raise ValueError("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    return [images]


@shape_of("SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2", "StatelessSampleDistortedBoundingBox")
def _sampled_shape(
    c: InferenceContext, size: TensorShape, boxes: TensorShape, *covered: TensorShape
) -> list[TensorShape]:
    if exact_rank(size, 1).as_list()[0] not in (3, None):
        raise ValueError(f"Dimension must be 3 but is {size.as_list()[0]}")
    exact_rank(boxes, 3)
    for value, rank in zip(covered, (0, 1), strict=False):
        exact_rank(value, rank)
    return [TensorShape([3]), TensorShape([3]), TensorShape([1, 1, 4])]


@shape_of("ExtractGlimpse", "ExtractGlimpseV2")
def _glimpse_shape(
    c: InferenceContext, images: TensorShape, size: TensorShape, offsets: TensorShape
) -> list[TensorShape]:
    if c.op.type == "ExtractGlimpse" and c.attr("uniform_noise") and c.attr("noise") not in (b"uniform", b""):
        raise ValueError("The uniform_noise and noise should not be specified at the same time")
    batch, _, _, channels = exact_rank(images, 4).as_list()
    count, two = exact_rank(offsets, 2).as_list()
    if two not in (2, None):
        raise ValueError(f"Dimension must be 2 but is {two}")
    known = c.shape_value(1)
    wanted = known.as_list() if known.rank == 2 else [None, None]
    return [TensorShape([batch if batch is not None else count, *wanted, channels])]


not_differentiable("DrawBoundingBoxes", "SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2", "ExtractGlimpse",
                   "StatelessSampleDistortedBoundingBox")  # fmt: skip


# ---------------------------------------------------------------- gradients of boxes cut out


@gradient_of("CropAndResize")
def _crop_gradient(op: Operation, grad: Tensor) -> list[Any]:
    image, boxes, owners, _ = op.inputs
    known = image.shape
    size = known.as_list() if known.is_fully_defined() else shape(image)
    of_image: Any = None
    if image.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
        of_image = raw_ops.CropAndResizeGradImage(
            grads=grad, boxes=boxes, box_ind=owners, image_size=size, T=image.dtype, method=op.get_attr("method")
        )
    of_boxes = raw_ops.CropAndResizeGradBoxes(grads=grad, image=image, boxes=boxes, box_ind=owners)
    return [of_image, of_boxes, None, None]


@shape_of("CropAndResizeGradImage")
def _image_gradient_shape(
    c: InferenceContext, grads: TensorShape, boxes: TensorShape, owners: TensorShape, size: TensorShape
) -> list[TensorShape]:
    known = c.shape_value(3)
    return [known if known.rank == 4 else TensorShape([None] * 4)]


@shape_of("CropAndResizeGradBoxes")
def _boxes_gradient_shape(
    c: InferenceContext, grads: TensorShape, image: TensorShape, boxes: TensorShape, owners: TensorShape
) -> list[TensorShape]:
    return [boxes]
