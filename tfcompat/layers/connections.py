"""What a layer knows about its calls, its types and the layers inside it."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import nest


class Connections:
    """Attributes of layers that follow from what they were called with; see `Layer`."""

    _name: str
    _dtype: str | None
    _calls: list[tuple[Any, Any]]

    @property
    def input(self) -> Any:
        """The input of its only call; AttributeError when there is not exactly one."""
        return self._only(0, "input")

    @property
    def output(self) -> Any:
        """The output of its only call."""
        return self._only(1, "output")

    @property
    def input_shape(self) -> Any:
        """The shape of the input of all its calls, as a tuple; AttributeError when they differ."""
        return self._only_shape(0, "input shape")

    @property
    def output_shape(self) -> Any:
        """The shape of the output of all its calls, as a tuple; AttributeError when they differ."""
        return self._only_shape(1, "output shape")

    def get_input_at(self, node_index: int) -> Any:
        """The input of call number `node_index`; RuntimeError when there was none, ValueError beyond the last."""
        return self._at(node_index, 0, "input")

    def get_output_at(self, node_index: int) -> Any:
        """The output of call number `node_index`."""
        return self._at(node_index, 1, "output")

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shape of `get_input_at(node_index)`, as a tuple."""
        return _shapes(self._at(node_index, 0, "input shape"))

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shape of `get_output_at(node_index)`, as a tuple."""
        return _shapes(self._at(node_index, 1, "output shape"))

    def _only(self, index: int, what: str) -> Any:
        if len(self._calls) != 1:
            raise AttributeError(f"Layer {self._name} has {len(self._calls)} calls; its {what} is that of one.")
        return self._calls[0][index]

    def _only_shape(self, index: int, what: str) -> Any:
        shapes = [_shapes(call[index]) for call in self._calls]
        if not shapes:
            raise AttributeError(f'The layer "{self._name}" has never been called and thus has no defined {what}.')
        if any(shape != shapes[0] for shape in shapes):
            raise AttributeError(
                f'The layer "{self._name}" has several calls with different shapes. Hence the notion of "{what}" is '
                f"ill-defined for the layer. Use `get_{what.replace(' ', '_')}_at(node_index)` instead."
            )
        return shapes[0]

    def _at(self, node_index: int, index: int, what: str) -> Any:
        if not self._calls:
            raise RuntimeError(f"The layer has never been called and thus has no defined {what}.")
        if node_index >= len(self._calls):
            raise ValueError(
                f"Asked to get {what} at node {node_index}, but the layer has only {len(self._calls)} inbound nodes."
            )
        return self._calls[node_index][index]

    @property
    def compute_dtype(self) -> str | None:
        """The name of the type that it computes in."""
        return self._dtype

    @property
    def variable_dtype(self) -> str | None:
        """The name of the type of its variables."""
        return self._dtype

    @property
    def dynamic(self) -> bool:
        """False: its calls are recorded in graphs."""
        return False

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The layers among its attributes, and theirs."""
        found: list[Any] = []
        for _, value in sorted(self.__dict__.items()):
            for part in nest.flatten(value):
                if isinstance(part, Connections) and part not in found:
                    found += [part, *(p for p in part.submodules if p not in found)]
        return tuple(found)


def _shapes(tensors: Any) -> Any:
    shapes = [None if t.shape.rank is None else tuple(t.shape.as_list()) for t in nest.flatten(tensors)]
    return shapes[0] if len(shapes) == 1 else shapes
