"""`tf.data.experimental.SqlDataset`: the rows of a query's result."""

from __future__ import annotations

from typing import Any

from tfcompat.data.dataset import Dataset
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.structure import types_and_shapes
from tfcompat.data.trees import map_components
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops import raw_ops

shape_of("SqlDataset")(dataset_shape)
not_differentiable("SqlDataset")


@tf_export("data.experimental.SqlDataset")
class SqlDataset(Dataset):
    """The rows of the result of a query, a scalar for each column.

    Args:
        driver_name: "sqlite".
        data_source_name: path of the database.
        query: an SQL query.
        output_types: structure of the types of columns: string, int8, int16, int32, int64, uint8, uint16, bool or
            float64. Values of another type are converted as SQLite does, NULL to 0 or "".

    Raises:
        InvalidArgumentError: when run, for another driver or type, or another number of columns.
        UnknownError: when run, for a query that SQLite refuses.
    """

    def __init__(self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any):
        spec = map_components(lambda t: TensorSpec([], t), output_types)
        types, shapes = types_and_shapes(spec)
        given = {
            name: convert_to_tensor(value, dtype=dtypes.string, name=name)
            for name, value in (("driver_name", driver_name), ("data_source_name", data_source_name), ("query", query))
        }
        super().__init__(raw_ops.SqlDataset(**given, output_types=types, output_shapes=shapes), spec)
