"""tf.contrib.training.HParams: named hyperparameters with types."""

from __future__ import annotations

import json
import re
from typing import Any

from tfcompat.graph.export import tf_export

_ASSIGNMENT = re.compile(r"\s*(?P<name>[a-zA-Z][\w.]*)(?:\[(?P<index>\d+)\])?\s*=\s*"
                         r"(?:\[(?P<values>[^\]]*)\]|(?P<value>[^,\[]*))\s*(?:,|$)")  # fmt: skip


@tf_export("contrib.training.HParams")
class HParams:
    """Hyperparameters as attributes.

    Args:
        hparam_def: must be None.
        model_structure: any object, kept.
        kwargs: names and values: ints, floats, strings, bools, or lists of one of these types.
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any):
        if hparam_def is not None:
            raise NotImplementedError("HParams does not support hparam_def; pass names and values.")
        self._hparam_types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Adds a hyperparameter; ValueError when the name is taken, or for an empty list."""
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Sets a hyperparameter, cast to its type; ValueError when it does not fit."""
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, v) for v in value])
        else:
            if is_list:
                raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name: str) -> None:
        """Removes a hyperparameter, if there is one of that name."""
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values: str) -> HParams:
        """Sets hyperparameters from text such as "a=1,b=[2,3],c[0]=4"; ValueError for wrong text or names."""
        at = 0
        while at < len(values):
            found = _ASSIGNMENT.match(values, at)
            if found is None:
                raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
            at = found.end()
            self._assign(found, values)
        return self

    def _assign(self, found: re.Match[str], values: str) -> None:
        name = found["name"]
        if name not in self._hparam_types:
            raise ValueError(f"Unknown hyperparameter type for {name}")
        kind, is_list = self._hparam_types[name]
        if found["values"] is not None:
            texts = [v.strip() for v in found["values"].split(",") if v.strip()]
            self.set_hparam(name, [_parsed(name, kind, v, values) for v in texts])
        elif found["index"] is not None:
            if not is_list:
                raise ValueError(f"Must not pass an index for single-valued parameter: {name}")
            changed = list(getattr(self, name))
            changed[int(found["index"])] = _parsed(name, kind, found["value"].strip(), values)
            setattr(self, name, changed)
        else:
            self.set_hparam(name, _parsed(name, kind, found["value"].strip(), values))

    def override_from_dict(self, values_dict: dict[str, Any]) -> HParams:
        """Sets hyperparameters; KeyError for unknown names."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Sets hyperparameters from a JSON object."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """The hyperparameters as a JSON object, without functions."""
        values = {k: v for k, v in self.values().items() if not callable(v)}
        return json.dumps(values, indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self) -> dict[str, Any]:
        """The hyperparameters by name."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key: str, default: Any = None) -> Any:
        """A hyperparameter, or `default`; ValueError when the default's type differs from the hyperparameter's."""
        if key not in self._hparam_types:
            return default
        kind, is_list = self._hparam_types[key]
        if default is not None and isinstance(default, list) != is_list:
            raise ValueError(f"Hparam '{key}' of type '{kind}' is incompatible with default={default}")
        return getattr(self, key)

    def get_model_structure(self) -> Any:
        """The model structure."""
        return self._model_structure

    def set_model_structure(self, model_structure: Any) -> None:
        """Replaces the model structure."""
        self._model_structure = model_structure

    def __contains__(self, key: object) -> bool:
        return key in self._hparam_types

    def __str__(self) -> str:
        return str(sorted(self.values().items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def _parsed(name: str, kind: type, text: str, values: str) -> Any:
    """The value that `text` says."""
    try:
        if kind is bool:
            return {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}[text]
        return text if kind is type(None) else kind(text)
    except (KeyError, ValueError):
        raise ValueError(
            f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{text}' in {values}"
        ) from None


def _cast(name: str, kind: type, value: Any) -> Any:
    """`value` as a `kind`, where that loses nothing."""
    wrong = ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    same = isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
    if kind is type(None) or value is None or same:
        return value
    if kind is str or isinstance(value, str) or kind is bool or isinstance(value, bool):
        raise wrong
    if kind is int and not hasattr(value, "__index__"):
        raise wrong
    return kind(value)
