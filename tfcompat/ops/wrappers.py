"""Public functions that record one op type and nothing else, from a table.

Names that a family of `tfcompat.ops` has defined are left alone. A function whose op type has no kernel yet records all
the same; running it raises an error that names the op type.
"""

from __future__ import annotations

import functools
import inspect
import json
import pathlib
from collections.abc import Callable
from typing import Any

from tfcompat.graph import homes
from tfcompat.graph.apply import apply_op
from tfcompat.graph.export import PUBLIC, export_lazy, taking_ragged

_TABLE = pathlib.Path(__file__).with_suffix(".jsonl")


def publish_wrappers(free: Callable[[str], bool]) -> None:
    """Exports the functions of the table under the names that are still `free`."""
    for line in _TABLE.read_text().splitlines():
        row = json.loads(line)
        taken = [name for name in row["names"] if not free(name)]
        make = (
            functools.partial(PUBLIC.__getitem__, taken[0])
            if taken
            else functools.cache(functools.partial(_public, row))
        )
        for name in row["names"]:
            if name not in taken:
                export_lazy(name, make)


def _public(row: dict[str, Any]) -> Any:
    return taking_ragged(row["names"], _wrapper(row))


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


publish_wrappers(lambda name: homes.homes_of(PUBLIC.kind).get(name) == __name__)
