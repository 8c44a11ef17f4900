"""Nested structures: lists, tuples, named tuples, dictionaries and attrs classes as one flat list, and back.

Dictionaries are walked in the order of their sorted keys. Everything else, arrays and tensors too, is a leaf.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import CompositeTensor


@tf_export("nest.is_nested")
def is_nested(seq: Any) -> bool:
    """Whether `seq` is a list, tuple, mapping or attrs object, whose members count one by one."""
    return isinstance(seq, (list, tuple, collections.abc.Mapping)) or hasattr(type(seq), "__attrs_attrs__")


def _children(structure: Any) -> list[Any]:
    if isinstance(structure, collections.abc.Mapping):
        return [structure[key] for key in _sorted_keys(structure)]
    if hasattr(type(structure), "__attrs_attrs__"):
        return [getattr(structure, a.name) for a in type(structure).__attrs_attrs__]
    return list(structure)


def _sorted_keys(mapping: Any) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError(f"'{type(mapping).__name__}' has keys that cannot be sorted: {list(mapping)}") from None


def _is_node(structure: Any, expand_composites: bool) -> bool:
    return is_nested(structure) or (expand_composites and isinstance(structure, CompositeTensor))


def _parts(structure: Any) -> list[Any]:
    return structure.component_tensors() if isinstance(structure, CompositeTensor) else _children(structure)


def _leaves(structure: Any, expand_composites: bool) -> Iterator[Any]:
    stack = [structure]
    while stack:
        item = stack.pop()
        if _is_node(item, expand_composites):
            stack.extend(reversed(_parts(item)))
        else:
            yield item


@tf_export("nest.flatten")
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of `structure` in order; `[structure]` when it is a leaf.

    Args:
        structure: any nesting.
        expand_composites: whether IndexedSlices and SparseTensors are taken apart too.

    Raises:
        TypeError: a dictionary has keys that cannot be sorted.
    """
    return list(_leaves(structure, expand_composites))


@tf_export("nest.pack_sequence_as")
def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """`flat_sequence` in the form of `structure`.

    Raises:
        TypeError: `flat_sequence` is no sequence.
        ValueError: it has another number of members than `structure` has leaves.
    """
    if not isinstance(flat_sequence, (list, tuple)) and not hasattr(flat_sequence, "__iter__"):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found incompatible type "
            f"`{type(flat_sequence)}` instead."
        )
    flat = list(flat_sequence)
    count = len(flatten(structure, expand_composites))
    if count != len(flat):
        if not is_nested(structure):
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {structure}\nHowever the input "
                f"is a sequence ({type(flat_sequence)}) of length {len(flat)}."
            )
        raise ValueError(
            f"Could not pack sequence. Structure had {count} atoms, but flat_sequence had {len(flat)} "
            f"items. Structure: {structure}, flat_sequence: {flat}."
        )
    return _packed(structure, iter(flat), expand_composites)


def _packed(structure: Any, values: Iterator[Any], expand_composites: bool) -> Any:
    if not _is_node(structure, expand_composites):
        return next(values)
    parts = [_packed(part, values, expand_composites) for part in _parts(structure)]
    return _same_kind(structure, parts)


def _same_kind(structure: Any, parts: Sequence[Any]) -> Any:
    """An object like `structure` with other members, in the order of `_parts`."""
    kind = type(structure)
    if isinstance(structure, CompositeTensor):
        return structure.with_component_tensors(list(parts))
    if isinstance(structure, collections.abc.Mapping):
        by_key = dict(zip(_sorted_keys(structure), parts, strict=True))
        ordered = [(key, by_key[key]) for key in structure]
        if isinstance(structure, collections.defaultdict):
            made = kind(structure.default_factory)
            made.update(ordered)
            return made
        return kind(ordered)
    if hasattr(kind, "_fields"):
        return kind(*parts)
    if hasattr(kind, "__attrs_attrs__"):
        return kind(*parts)
    return kind(parts)


@tf_export("nest.map_structure")
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """`func` applied to the leaves of structures of the same form; the result has that form.

    Args:
        func: called with one leaf of each structure.
        structure: one or more structures.
        check_types: whether the kinds of sequences must be the same (default True).
        expand_composites: whether composite tensors are taken apart (default False).

    Raises:
        TypeError: `func` is not callable, or kinds differ.
        ValueError: there is no structure, forms differ, or a keyword is unknown.
    """
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{kwargs}`.")
    if not callable(func):
        raise TypeError(f"`func` must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand_composites)
    flats = [flatten(s, expand_composites) for s in structure]
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*flats, strict=True)], expand_composites)


@tf_export("nest.assert_same_structure")
def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Raises unless both have the same form.

    Raises:
        ValueError: they nest differently, or have different numbers of members.
        TypeError: with `check_types`, the kinds of sequences or the keys of dictionaries differ.
    """
    pending = [(nest1, nest2)]
    while pending:
        a, b = pending.pop()
        found = _difference(a, b, check_types, expand_composites)
        if found is not None:
            kind, text = found
            raise kind(
                "The two structures don't have the same nested structure.\n\n"
                f"First structure: {_described(nest1)}\n\nSecond structure: {_described(nest2)}\n\n"
                f"More specifically: {text}\n"
                f"Entire first structure:\n{map_structure(lambda _: _DOT, nest1)}\n"
                f"Entire second structure:\n{map_structure(lambda _: _DOT, nest2)}"
            )
        if _is_node(a, expand_composites):
            pending.extend(reversed(list(zip(_parts(a), _parts(b), strict=True))))


class _Dot:
    """Stands for a leaf in the text of a structure."""

    def __repr__(self) -> str:
        return "."


_DOT = _Dot()


def _described(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _difference(a: Any, b: Any, check_types: bool, expand_composites: bool) -> tuple[type[Exception], str] | None:
    """The error that tells two structures apart at their outermost level, and its text."""
    nodes = [_is_node(x, expand_composites) for x in (a, b)]
    if nodes[0] != nodes[1]:
        node, leaf = (a, b) if nodes[0] else (b, a)
        return ValueError, (
            f'Substructure "{_described(node)}" is a sequence, while substructure "{_described(leaf)}" is not'
        )
    if not nodes[0]:
        return None
    if check_types:
        found = _kind_difference(a, b)
        if found is not None:
            return found
    if len(_parts(a)) != len(_parts(b)):
        return ValueError, (
            "The two structures don't have the same number of elements. "
            f"First structure: {_described(a)}. Second structure: {_described(b)}"
        )
    return None


def _kind_difference(a: Any, b: Any) -> tuple[type[Exception], str] | None:
    if isinstance(a, collections.abc.Mapping) and isinstance(b, collections.abc.Mapping):
        if set(a) == set(b):
            return None
        return ValueError, (
            "The two dictionaries don't have the same set of keys. First structure has keys "
            f"{_described(list(a))}, while second structure has keys {_described(list(b))}"
        )
    if hasattr(type(a), "_fields") or hasattr(type(b), "_fields"):
        same = _same_fields(type(a), type(b))
    else:
        same = isinstance(a, type(b)) or isinstance(b, type(a))
    if same:
        return None
    return TypeError, (
        "The two namedtuples don't have the same sequence type. First structure "
        f"{_described(a)} has type {type(a).__name__}, while second structure {_described(b)} has type "
        f"{type(b).__name__}"
    )


def _same_fields(a: Any, b: Any) -> bool:
    """Whether two classes of named tuples have the same name and fields."""
    return a.__name__ == b.__name__ and getattr(a, "_fields", None) == getattr(b, "_fields", None)
