"""Replacing attributes during a test."""

from __future__ import annotations

import inspect
from typing import Any


class StubOutForTesting:
    """Replaces attributes of modules, classes and objects, and puts the old ones back.

    As a context manager it puts them back at the end of the block.
    """

    def __init__(self) -> None:
        self._plain: list[tuple[Any, Any, str]] = []
        self._smart: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *exc: object) -> None:
        self.CleanUp()

    def __del__(self) -> None:
        self.CleanUp()

    def CleanUp(self) -> None:
        """Puts all old attributes back."""
        self.SmartUnsetAll()
        self.UnsetAll()

    def SmartSet(self, obj: Any, attr_name: str, new_attr: Any) -> None:
        """Replaces an attribute where it is defined: in the object, or in the class that it comes from.

        Raises:
            AttributeError: there is no such attribute.
        """
        if inspect.ismodule(obj) or (not inspect.isclass(obj) and attr_name in vars(obj)):
            owner = obj
        else:
            classes = inspect.getmro(obj if inspect.isclass(obj) else type(obj))
            owner = next((cls for cls in classes if attr_name in vars(cls)), None)
        if owner is None or not hasattr(owner, attr_name):
            raise AttributeError(f"Attribute not found: {attr_name}")
        old = vars(owner)[attr_name]
        self._smart.append((owner, attr_name, old))
        keep_static = isinstance(old, staticmethod) and inspect.isclass(owner)
        setattr(owner, attr_name, staticmethod(new_attr) if keep_static else new_attr)

    def SmartUnsetAll(self) -> None:
        """Puts back what `SmartSet` replaced."""
        while self._smart:
            setattr(*self._smart.pop())

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Replaces attribute `child_name` of `parent`; AttributeError when there is none."""
        old = vars(parent).get(child_name, getattr(parent, child_name))
        self._plain.append((parent, old, child_name))
        setattr(parent, child_name, staticmethod(new_child) if isinstance(old, staticmethod) else new_child)

    def UnsetAll(self) -> None:
        """Puts back what `Set` replaced."""
        while self._plain:
            parent, old, name = self._plain.pop()
            setattr(parent, name, old)
