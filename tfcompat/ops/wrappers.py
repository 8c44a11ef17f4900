"""Public functions that record one op type and nothing else, from a table.

`publish_wrappers` runs last and leaves alone the names that a family of `tfcompat.ops` has defined. A function whose op
type has no kernel yet records all the same; running it raises an error that names the op type.
"""

from __future__ import annotations

import inspect
import json
import pathlib
from collections.abc import Callable
from typing import Any

from tfcompat.graph.apply import apply_op
from tfcompat.graph.export import LAZY, PUBLIC, export

_TABLE = pathlib.Path(__file__).with_suffix(".jsonl")


def publish_wrappers() -> None:
    """Exports the functions of the table under the names that are still free."""
    for line in _TABLE.read_text().splitlines():
        row = json.loads(line)
        free = [name for name in row["names"] if name not in PUBLIC and name not in LAZY]
        if free:
            function = _existing(row) or _wrapper(row)
            for name in free:
                export(name, function)


def _existing(row: dict[str, Any]) -> Any:
    """The function that a family has published under another name of the same row."""
    return next((PUBLIC[name] for name in row["names"] if name in PUBLIC), None)


def _wrapper(row: dict[str, Any]) -> Callable[..., Any]:
    op_type, renamed = row["op"], row.get("renamed", {})
    parameters = [inspect.Parameter(p[0], inspect.Parameter.POSITIONAL_OR_KEYWORD,
                                    default=p[1] if len(p) > 1 else inspect.Parameter.empty)
                  for p in row["parameters"]]  # fmt: skip
    signature = inspect.Signature(parameters)

    def record(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = dict(bound.arguments)
        name = values.pop("name", None)
        return apply_op(op_type, name, {renamed.get(k, k): v for k, v in values.items()})

    record.__signature__ = signature  # type: ignore[attr-defined]
    record.__name__ = record.__qualname__ = row["names"][0].rpartition(".")[2]
    record.__doc__ = (
        f"Records a {op_type} operation; arguments are its inputs and attributes. See `tf.raw_ops.{op_type}`."
    )
    return record
