"""tf.contrib.framework.nest: nested structures under their old names."""

from __future__ import annotations

from tfcompat.graph import nest
from tfcompat.graph.export import export

for _name in ("assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"):
    export(f"contrib.framework.nest.{_name}", getattr(nest, _name))
export("contrib.framework.nest.is_sequence", nest.is_nested)
