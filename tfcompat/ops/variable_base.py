"""`tf.Variable`: what both kinds of variables share, and how `tf.Variable(...)` decides which kind to make."""

from __future__ import annotations

import contextlib
import enum
import functools
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor, TensorReference
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import register_tensor_like
from tfcompat.ops import save_slice

Creator = Callable[..., Any]


@tf_export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When copies of a variable on several devices are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@tf_export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How changes of a variable from several devices are combined."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = 3  # noqa: PIE796 the older name of the same mode

    def __hash__(self) -> int:
        return hash(self.value)


_CREATORS = ("__variable_creators",)
_resource_by_default = [False]


@tf_export("enable_resource_variables")
def enable_resource_variables() -> None:
    """Makes new variables resource variables unless `use_resource=False` is asked for."""
    _resource_by_default[0] = True


@tf_export("disable_resource_variables")
def disable_resource_variables() -> None:
    """Makes new variables reference variables unless `use_resource=True` is asked for."""
    _resource_by_default[0] = False


@tf_export("resource_variables_enabled")
def resource_variables_enabled() -> bool:
    """Whether new variables are resource variables by default."""
    return _resource_by_default[0]


@tf_export("variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator: Creator) -> Iterator[None]:
    """Inside, every new variable is made by `variable_creator(next_creator, **kwargs)`.

    Args:
        variable_creator: gives a variable, usually from `next_creator(**kwargs)`; kwargs are the arguments of
            `tf.Variable`. Inner scopes are asked first.
    """
    creators = get_default_graph().get_collection_ref(_CREATORS)
    creators.append(variable_creator)
    try:
        yield
    finally:
        creators.remove(variable_creator)


def _chained_creator() -> Creator:
    creator: Creator = make_variable
    for outer in get_default_graph().get_collection(_CREATORS):
        creator = functools.partial(outer, creator)
    return creator


def make_variable(**kwargs: Any) -> Any:
    """The innermost creator: a reference or a resource variable."""
    from tfcompat.ops.ref_variable import RefVariable
    from tfcompat.ops.resource_variable import ResourceVariable
    from tfcompat.ops.variable_scope import current_use_resource

    use_resource = kwargs.pop("use_resource", None)
    kwargs.pop("experimental_enable_variable_lifting", None)
    if use_resource is None:
        use_resource = current_use_resource()
    if use_resource is None:
        use_resource = resource_variables_enabled()
    if use_resource:
        kwargs.pop("expected_shape", None)
        return ResourceVariable(**kwargs)
    return RefVariable(**kwargs)


class _VariableType(type):
    """Sends `tf.Variable(...)` through the creators; subclasses are made directly."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not Variable:
            return super().__call__(*args, **kwargs)
        named = dict(zip(_ARGUMENTS, args, strict=False))
        twice = named.keys() & kwargs.keys()
        unknown = kwargs.keys() - set(_ARGUMENTS)
        if twice or unknown or len(args) > len(_ARGUMENTS):
            raise TypeError(f"tf.Variable() got wrong arguments: {sorted(twice | unknown) or args[len(_ARGUMENTS) :]}")
        return _chained_creator()(**{**_DEFAULTS, **named, **kwargs})


_DEFAULTS: dict[str, Any] = {
    "initial_value": None, "trainable": None, "collections": None, "validate_shape": True, "caching_device": None,
    "name": None, "variable_def": None, "dtype": None, "expected_shape": None, "import_scope": None,
    "constraint": None, "use_resource": None, "synchronization": VariableSynchronization.AUTO,
    "aggregation": VariableAggregation.NONE, "shape": None, "experimental_enable_variable_lifting": None,
}  # fmt: skip
_ARGUMENTS = tuple(_DEFAULTS)


@tf_export("Variable")
class Variable(metaclass=_VariableType):
    """State that outlives a run: a tensor with an initial value that assignments change.

    Args:
        initial_value: what the initializer assigns: a tensor, something that converts to one, or a callable without
            arguments that gives one.
        trainable: whether it joins the collection TRAINABLE_VARIABLES; default True.
        collections: collections it joins; default GLOBAL_VARIABLES.
        validate_shape: whether its shape is that of the initial value, which must be known, or may change.
        caching_device: device on which reads are kept.
        name: its name; default "Variable".
        variable_def: a `VariableDef` message to rebuild it from; excludes the other arguments.
        dtype: its type; default that of the initial value.
        expected_shape: not used.
        import_scope: scope that is put before the names in `variable_def`.
        constraint: function of the value that optimizers apply after each step.
        use_resource: whether it is a resource variable; default as the variable scope says.
        synchronization: kept for programs that set it.
        aggregation: kept for programs that set it.
        shape: its shape, when that is less than the initial value's.

    Raises:
        ValueError: there is no initial value, or its shape is not known while `validate_shape` asks for it.
    """

    __array_priority__ = 100
    SaveSliceInfo = save_slice.SaveSliceInfo

    _trainable: bool
    _constraint: Any
    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation
    _save_slice_info: save_slice.SaveSliceInfo | None = None

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ):
        raise NotImplementedError("Subclasses make variables.")

    # ---------------------------------------------------------------- what each kind does its own way

    @property
    def name(self) -> str:
        """Its name, such as `w:0`."""
        raise NotImplementedError

    @property
    def op(self) -> Any:
        """The operation that holds it."""
        raise NotImplementedError

    @property
    def dtype(self) -> Any:
        """Its type."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """What is known of its shape."""
        raise NotImplementedError

    @property
    def initial_value(self) -> Tensor:
        """The tensor that the initializer assigns."""
        raise NotImplementedError

    @property
    def initializer(self) -> Any:
        """The operation that assigns the initial value."""
        raise NotImplementedError

    def value(self) -> Any:
        """A tensor with its value, usually the same at each call."""
        raise NotImplementedError

    def read_value(self) -> Any:
        """A tensor with its value at the time of this read, which control dependencies order."""
        raise NotImplementedError

    # ---------------------------------------------------------------- properties

    @property
    def trainable(self) -> bool:
        """Whether optimizers change it by default."""
        return self._trainable

    @property
    def constraint(self) -> Any:
        """The function that optimizers apply to it after each step, or None."""
        return self._constraint

    @property
    def synchronization(self) -> VariableSynchronization:
        """As given."""
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        """As given."""
        return self._aggregation

    @property
    def device(self) -> str:
        """The device asked for."""
        return self.op.device  # type: ignore[no-any-return]

    @property
    def graph(self) -> Any:
        """Its graph."""
        return self.op.graph

    @property
    def _shared_name(self) -> str:
        return self.name[: self.name.index(":")]

    @property
    def _unique_id(self) -> str:
        return self._shared_name

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self.shape

    def eval(self, session: Any = None) -> Any:
        """Its value in `session` (default: the default session)."""
        return self._eval_tensor().eval(session=session)

    def _eval_tensor(self) -> Tensor:
        return self.value()  # type: ignore[no-any-return]

    def initialized_value(self) -> Tensor:
        """Its value, or its initial value while it has none."""
        from tfcompat.ops.variable_dependencies import value_or_initial_value

        return value_or_initial_value(self)

    def load(self, value: Any, session: Any = None) -> None:
        """Assigns the array `value` in `session` (default: the default session) without adding operations."""
        session = self.graph.session_for(session, self.initializer)
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    # ---------------------------------------------------------------- slices

    def _set_save_slice_info(self, info: save_slice.SaveSliceInfo) -> None:
        self._save_slice_info = info

    def _get_save_slice_info(self) -> save_slice.SaveSliceInfo | None:
        return self._save_slice_info

    @classmethod
    def from_proto(cls, variable_def: Any, import_scope: str | None = None) -> Any:
        """The variable that a `VariableDef` message describes, of the operations in the default graph."""
        from tfcompat.ops.ref_variable import RefVariable
        from tfcompat.ops.resource_variable import ResourceVariable

        kind = ResourceVariable if variable_def.is_resource else RefVariable
        return kind(variable_def=variable_def, import_scope=import_scope)

    # ---------------------------------------------------------------- as a tensor

    def _as_graph_element(self) -> Any:
        raise NotImplementedError

    def ref(self) -> TensorReference:
        """A hashable stand-in that compares by identity."""
        return TensorReference(self)

    experimental_ref = ref

    def __iter__(self) -> Any:
        return iter(self.read_value())

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def __getitem__(self, spec: Any) -> Any:
        """A slice, whose `assign(value)` changes that part of the variable."""
        part = self.value()[spec]
        if isinstance(part, Tensor) and part.op.type == "StridedSlice":
            part.assign = functools.partial(_assign_slice, self, part)  # type: ignore[attr-defined]
        return part

    def _strided_slice_assign(self, **arguments: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _assign_slice(variable: Variable, part: Tensor, value: Any, name: str | None = None) -> Any:
    """Assigns `value` to the part of `variable` that `part` was sliced from."""
    _, begin, end, strides = part.op.inputs
    masks = {mask: part.op.attrs[mask] for mask in _MASKS}
    name = f"{part.op.name}/_assign" if name is None else name
    return variable._strided_slice_assign(begin=begin, end=end, strides=strides, value=value, name=name, **masks)


def _through_value(operator: str) -> Any:
    def method(self: Variable, *args: Any) -> Any:
        return getattr(Tensor, operator)(self.value(), *args)

    method.__name__ = operator
    return method


for _operator in Tensor.OVERLOADABLE_OPERATORS - {"__getitem__", "__eq__", "__ne__"}:
    setattr(Variable, _operator, _through_value(_operator))


def check_arguments(collections: Any, constraint: Any) -> None:
    """Raises ValueError when `collections` is no collection of names, or `constraint` cannot be called."""
    if not isinstance(collections, (list, tuple, set)):
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. Got "
            f"{collections} of type {type(collections)}"
        )
    if constraint is not None and not callable(constraint):
        raise ValueError("The `constraint` argument must be a callable.")


def resolved_trainable(trainable: bool | None, synchronization: Any, aggregation: Any, name: str | None) -> bool:
    """Whether the variable is trainable; ValueError when the modes contradict each other or are none."""
    if aggregation is None:
        aggregation = VariableAggregation.NONE
    if not isinstance(aggregation, VariableAggregation):
        raise ValueError(f"Invalid variable aggregation mode: {aggregation} for variable: {name}")
    if synchronization is None:
        synchronization = VariableSynchronization.AUTO
    if not isinstance(synchronization, VariableSynchronization):
        raise ValueError(f"Invalid variable synchronization mode: {synchronization} for variable: {name}")
    return synchronization is not VariableSynchronization.ON_READ if trainable is None else bool(trainable)


@contextlib.contextmanager
def initializer_scope(variable_name: str) -> Iterator[None]:
    """Where initial values are computed: below the variable's name, placed with it although it does not exist yet."""
    graph = get_default_graph()
    with (
        graph._attr_scope_with({"_class": [b"loc:@" + variable_name.encode()]}),
        name_scope("Initializer"),
        graph.device(None),
    ):
        yield


register_tensor_like(Variable)
