"""tf.contrib.slim.tfexample_decoder: items, such as images and boxes, from serialized `Example` messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph import sparse_tensor as sparse
from tfcompat.graph.export import PUBLIC, export
from tfcompat.ops.array import expand_dims, reshape, shape, transpose
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import case, cond
from tfcompat.ops.example_features import FixedLenFeature
from tfcompat.ops.image_files import decode_image, is_jpeg
from tfcompat.ops.map_fn import map_fn
from tfcompat.ops.packing import stack
from tfcompat.ops.parsing import parse_single_example
from tfcompat.ops.readers import decode_raw
from tfcompat.ops.reduction import reduce_prod
from tfcompat.ops.slicing import slice_ as part_of
from tfcompat.ops.sparse import sparse_tensor_to_dense
from tfcompat.ops.sparse_shape import sparse_reshape


def _dense(value: Any) -> Any:
    return sparse_tensor_to_dense(value) if isinstance(value, sparse.SparseTensor) else value


class ItemHandler:
    """Makes an item of parsed features.

    Args:
        keys: the feature, or the list of features, that it needs.
    """

    def __init__(self, keys: Any):
        self._keys = list(keys) if isinstance(keys, (tuple, list)) else [keys]

    @property
    def keys(self) -> list[str]:
        """The features that it needs."""
        return self._keys

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The item made of the features' tensors; subclasses say how."""
        raise NotImplementedError


class ItemHandlerCallback(ItemHandler):
    """What a function of the features' tensors gives."""

    def __init__(self, keys: Any, func: Callable[[dict[str, Any]], Any]):
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """`func` of the tensors."""
        return self._func(keys_to_tensors)


class BoundingBox(ItemHandler):
    """Boxes [n, 4] of four features with one side each.

    Args:
        keys: the features, by default ymin, xmin, ymax, xmax.
        prefix: of their names.

    Raises:
        ValueError: there are not four.
    """

    def __init__(self, keys: Sequence[str] | None = None, prefix: str = ""):
        keys = ["ymin", "xmin", "ymax", "xmax"] if keys is None else keys
        if len(keys) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(keys)}")
        super().__init__([prefix + key for key in keys])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The boxes."""
        found = [keys_to_tensors[key] for key in self._keys]
        sides = [side.values if isinstance(side, sparse.SparseTensor) else side for side in found]
        return transpose(concat([expand_dims(side, 0) for side in sides], 0))


class Tensor(ItemHandler):
    """A feature, dense and perhaps reshaped.

    Args:
        tensor_key: the feature.
        shape_keys: feature, or list of features, with the dimensions to reshape to.
        shape: the dimensions themselves; not with `shape_keys`.
        default_value: of what is absent from a sparse feature.

    Raises:
        ValueError: `shape` and `shape_keys` are given.
    """

    def __init__(self, tensor_key: str, shape_keys: Any = None, shape: Any = None, default_value: Any = 0):
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        self._shape_keys = [shape_keys] if shape_keys and not isinstance(shape_keys, list) else shape_keys or []
        self._tensor_key, self._shape, self._default_value = tensor_key, shape, default_value
        super().__init__([tensor_key, *self._shape_keys])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The dense tensor."""
        value, sizes = keys_to_tensors[self._tensor_key], self._shape
        if self._shape_keys:
            sizes = reshape(stack([_dense(keys_to_tensors[key]) for key in self._shape_keys]), [-1])
        if isinstance(value, sparse.SparseTensor):
            value = value if sizes is None else sparse_reshape(value, sizes)
            return sparse_tensor_to_dense(value, self._default_value)
        return value if sizes is None else reshape(value, sizes)


class LookupTensor(Tensor):
    """What a lookup table gives for the elements of `Tensor`."""

    def __init__(self, tensor_key: str, table: Any, shape_keys: Any = None, shape: Any = None, default_value: Any = ""):
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The values of the table."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class BackupHandler(ItemHandler):
    """The item of one handler, or of another where the first has no elements; ValueError for what is no handler."""

    def __init__(self, handler: Any, backup: Any):
        for name, given in (("Primary", handler), ("Backup", backup)):
            if not isinstance(given, ItemHandler):
                raise ValueError(f"{name} handler is of type {type(given)} instead of ItemHandler")
        self._handler, self._backup = handler, backup
        super().__init__([*handler.keys, *backup.keys])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The item."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        empty = equal(reduce_prod(shape(item)), 0)
        return cond(empty, lambda: self._backup.tensors_to_item(keys_to_tensors), lambda: item)


class SparseTensor(ItemHandler):
    """A sparse tensor whose last indices are a feature of its own.

    Args:
        indices_key: feature of the last indices, "indices" by default.
        values_key: feature of the values, "values" by default.
        shape_key: feature of the dimensions.
        shape: the dimensions themselves; those of the indices where neither is given.
        densify: give a dense tensor, filled with `default_value`.
    """

    def __init__(
        self,
        indices_key: str | None = None,
        values_key: str | None = None,
        shape_key: str | None = None,
        shape: Any = None,
        densify: bool = False,
        default_value: Any = 0,
    ):
        self._indices_key, self._values_key = indices_key or "indices", values_key or "values"
        self._shape_key, self._shape = shape_key, shape
        self._densify, self._default_value = densify, default_value
        super().__init__([self._indices_key, self._values_key, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The tensor."""
        indices, values = keys_to_tensors[self._indices_key], keys_to_tensors[self._values_key]
        sizes = _dense(keys_to_tensors[self._shape_key]) if self._shape_key else self._shape or indices.dense_shape
        rank = shape(indices.indices)[1]
        last = reshape(cast(indices.values, dtypes.int64), [-1, 1])
        kept = part_of(indices.indices, [0, 0], stack([-1, rank - 1]))
        found = sparse.SparseTensor(concat([kept, last], 1), values.values, sizes)
        return sparse_tensor_to_dense(found, self._default_value) if self._densify else found


class Image(ItemHandler):
    """An image, decoded as its format says.

    Args:
        image_key: feature of the encoded image, "image/encoded" by default.
        format_key: feature of the format, "image/format" by default: "raw" or "RAW" for plain numbers, else anything.
        shape: shape to give the image.
        channels: channels of the image.
        dtype: type of its numbers.
        repeated: the feature holds several images.
        dct_method: how JPEG files are decoded.
    """

    def __init__(
        self,
        image_key: str | None = None,
        format_key: str | None = None,
        shape: Any = None,
        channels: int = 3,
        dtype: Any = dtypes.uint8,
        repeated: bool = False,
        dct_method: str = "",
    ):
        self._image_key, self._format_key = image_key or "image/encoded", format_key or "image/format"
        self._shape, self._channels, self._dtype = shape, channels, dtype
        self._repeated, self._dct_method = repeated, dct_method
        super().__init__([self._image_key, self._format_key])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The image, or the images."""
        encoded, kind = keys_to_tensors[self._image_key], keys_to_tensors[self._format_key]
        if self._repeated:
            return map_fn(lambda one: self._decode(one, kind), encoded, dtype=self._dtype)
        return self._decode(encoded, kind)

    def _decode(self, encoded: Any, kind: Any) -> Any:
        def as_image() -> Any:
            return cast(decode_image(encoded, channels=self._channels), self._dtype)

        def as_jpeg() -> Any:
            decode = PUBLIC["image.decode_jpeg"]
            return cast(decode(encoded, channels=self._channels, dct_method=self._dct_method), self._dtype)

        def checked() -> Any:
            return cond(is_jpeg(encoded), as_jpeg, as_image, name="cond_jpeg")

        raw = PUBLIC["logical_or"](equal(kind, "raw"), equal(kind, "RAW"))
        image = case([(raw, lambda: decode_raw(encoded, out_type=self._dtype))], default=checked, exclusive=True)
        image.set_shape([None, None, self._channels])
        return image if self._shape is None else reshape(image, self._shape)


class TFExampleDecoder:
    """Takes serialized `Example` messages apart.

    Args:
        keys_to_features: the features, as `tf.parse_single_example` takes them.
        items_to_handlers: an `ItemHandler` for each item.
    """

    def __init__(self, keys_to_features: dict[str, Any], items_to_handlers: dict[str, ItemHandler]):
        self._keys_to_features, self._items_to_handlers = keys_to_features, items_to_handlers

    def list_items(self) -> list[str]:
        """The names of the items."""
        return list(self._items_to_handlers)

    def decode(self, serialized_example: Any, items: Sequence[str] | None = None) -> list[Any]:
        """The items, all by default, of one message."""
        example = parse_single_example(serialized_example, self._keys_to_features)
        for key in sorted(self._keys_to_features):
            feature = self._keys_to_features[key]
            if isinstance(feature, FixedLenFeature):
                example[key] = reshape(example[key], feature.shape)
        handlers = [self._items_to_handlers[item] for item in items or self._items_to_handlers]
        return [handler.tensors_to_item({key: example[key] for key in handler.keys}) for handler in handlers]


for _class in (
    ItemHandler, ItemHandlerCallback, BoundingBox, Tensor, LookupTensor, BackupHandler, SparseTensor, Image,
    TFExampleDecoder,
):  # fmt: skip
    export(f"contrib.slim.tfexample_decoder.{_class.__name__}", _class)
