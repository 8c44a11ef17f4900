"""Variable scopes: `tf.variable_scope`, `tf.get_variable` and the defaults they share."""

from __future__ import annotations

import contextlib
import copy
import enum
import functools
import inspect
import threading
from collections.abc import Iterator
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_collection, get_default_graph, graph_from_inputs, name_scope, outermost_graph
from tfcompat.graph.export import export, tf_export
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization
from tfcompat.ops.variable_store import Request, variable_store


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
export("AUTO_REUSE", AUTO_REUSE)


@tf_export("no_regularizer")
def no_regularizer(_: Any) -> None:
    """The regularizer that adds no loss; for variables in scopes that have another by default."""


_INHERITED = ("initializer", "regularizer", "caching_device", "partitioner", "custom_getter", "dtype", "use_resource",
              "constraint")  # fmt: skip


@tf_export("VariableScope")
class VariableScope:
    """Name prefix and defaults of the variables that `get_variable` makes.

    Args:
        reuse: True: variables must exist; AUTO_REUSE: they are made when they do not; False or None: they must not.
        name: the prefix.
        initializer: default initializer.
        regularizer: default regularizer.
        caching_device: default caching device.
        partitioner: default partitioner.
        custom_getter: function called in place of the real getter.
        name_scope: the name scope that belongs to it.
        dtype: default type.
        use_resource: default kind of variables.
        constraint: default constraint.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ):
        self._name = name
        self._reuse = reuse
        self._initializer = initializer
        self._regularizer = regularizer
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    @property
    def name(self) -> str:
        """The prefix, without a trailing slash."""
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope opened with it."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        """As given."""
        return self._reuse

    def reuse_variables(self) -> None:
        """From now on variables must exist."""
        self._reuse = True

    def get_collection(self, name: Any) -> list[Any]:
        """The members of collection `name` whose names start with the prefix."""
        return get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: Any,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """The variable `name` below this scope, of `var_store`; see `tf.get_variable`."""
        values = self._with_defaults(
            initializer=initializer,
            regularizer=regularizer,
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            constraint=constraint,
            dtype=dtype,
            reuse=reuse,
        )
        getter = self._custom_getter if custom_getter is None else custom_getter
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                found = convert_to_tensor(initializer).dtype.base_dtype
                if found != dtype:
                    raise ValueError(f"Initializer type '{found}' and explicit dtype '{dtype}' don't match.")
            full_name = f"{self._name}/{name}" if self._name else name
            request = Request(
                name=full_name,
                shape=shape,
                trainable=trainable,
                collections=collections,
                validate_shape=validate_shape,
                synchronization=synchronization,
                aggregation=aggregation,
                **values,
            )
            return var_store.get_variable(request, getter)

    def _with_defaults(self, **given: Any) -> dict[str, Any]:
        """What is given, and the scope's defaults in the place of None."""
        return {key: getattr(self, "_" + key) if value is None else value for key, value in given.items()}


def _defaults(name: str) -> None:
    """A property and a setter for one of the defaults."""
    meaning = name.replace("_", " ")
    signature = inspect.Signature(
        [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in ("self", name)]
    )

    def get(self: VariableScope) -> Any:
        return getattr(self, "_" + name)

    def set_(self: VariableScope, *values: Any, **named: Any) -> None:
        setattr(self, "_" + name, signature.bind(self, *values, **named).arguments[name])

    get.__doc__ = f"The default {meaning}."
    set_.__name__ = f"set_{name}"
    set_.__signature__ = signature  # type: ignore[attr-defined]
    set_.__doc__ = f"Sets the default {meaning}."
    setattr(VariableScope, name, property(get))
    if name != "constraint":
        setattr(VariableScope, f"set_{name}", set_)


for _name in _INHERITED:
    _defaults(_name)


# ---------------------------------------------------------------- the scopes of a graph

_KEY = ("__varscope",)


class _ScopeStore(threading.local):
    """The current scope, and how often each name was opened below it."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.current = VariableScope(False)

    def open(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def close_below(self, name: str) -> None:
        for other in self.counts:
            if other.startswith(name + "/"):
                self.counts[other] = 0


def _scopes() -> _ScopeStore:
    held = outermost_graph().get_collection_ref(_KEY)
    if not held:
        held.append(_ScopeStore())
    return held[0]  # type: ignore[no-any-return]


@tf_export("get_variable_scope")
def get_variable_scope() -> VariableScope:
    """The current variable scope."""
    return _scopes().current


def current_use_resource() -> bool | None:
    """Which kind of variables the current scope asks for, if it does."""
    return _scopes().current._use_resource


def unique_variable_scope(prefix: str) -> str:
    """`prefix`, with `_1`, `_2`, ... appended when a scope of that name is already open below the current one."""
    scopes = _scopes()
    name = f"{scopes.current.name}/{prefix}" if scopes.current.name else prefix
    if not scopes.counts.get(name, 0):
        return prefix
    index = 1
    while scopes.counts.get(f"{name}_{index}", 0) > 0:
        index += 1
    return f"{prefix}_{index}"


class pure_variable_scope:
    """Opens a variable scope without a name scope; see `tf.variable_scope` for the arguments."""

    def __init__(self, name_or_scope: Any, reuse: Any = None, old_name_scope: str | None = None, **changes: Any):
        self._scopes = _scopes()
        self._target = name_or_scope
        self._reuse = reuse
        self._old_name_scope = old_name_scope
        self._changes = {k: v for k, v in changes.items() if v is not None}
        self._shared: VariableScope | None = None
        if isinstance(name_or_scope, VariableScope):
            self._shared = self._derived(
                name_or_scope, name_or_scope.name, reuse or name_or_scope.reuse, name_or_scope._name_scope
            )

    def _derived(self, base: VariableScope, name: str, reuse: Any, name_scope: str) -> VariableScope:
        values = {key: getattr(base, "_" + key) for key in _INHERITED}
        values["constraint"] = None
        changes = dict(self._changes)
        getter = changes.pop("custom_getter", None)
        if getter is not None:
            values["custom_getter"] = _nested_getter(getter, base._custom_getter)
        values.update(changes)
        return VariableScope(reuse, name=name, name_scope=name_scope, **values)

    def __enter__(self) -> VariableScope:
        scopes = self._scopes
        self._outer = scopes.current
        if self._shared is not None:
            scopes.open(self._shared.name)
            self._outer_counts = copy.copy(scopes.counts)
            entered = self._shared
        else:
            name = f"{self._outer.name}/{self._target}" if self._outer.name else self._target
            scope_name = self._target if self._old_name_scope is None else self._old_name_scope
            entered = self._derived(self._outer, name, self._reuse or self._outer.reuse, scope_name)
            scopes.open(name)
        scopes.current = self._entered = entered
        return entered

    def __exit__(self, *exc: Any) -> None:
        scopes = self._scopes
        if scopes.current is not self._entered:
            raise RuntimeError("Improper nesting of variable_scope.")
        if self._shared is not None:
            scopes.counts = self._outer_counts
        else:
            scopes.close_below(self._entered.name)
        scopes.current = self._outer


def _nested_getter(getter: Any, outer: Any) -> Any:
    """`getter`, whose real getter is `outer` with the real one."""
    if outer is None:
        return getter

    def nested(real: Any = None, *args: Any, **kwargs: Any) -> Any:
        real = kwargs.pop("getter", real)
        return getter(functools.partial(outer, real), *args, **kwargs)

    return nested


@tf_export("variable_scope")
class variable_scope:
    """Context manager that opens a variable scope and the name scope that goes with it.

    Args:
        name_or_scope: a name, put after the current scope's, or a VariableScope to go (back) to.
        default_name: name to use, made unique, when `name_or_scope` is None.
        values: tensors that decide the graph.
        initializer: default initializer of variables inside.
        regularizer: default regularizer.
        caching_device: default caching device.
        partitioner: default partitioner.
        custom_getter: called as fn(getter, name, ...) in place of the getter.
        reuse: True, None or AUTO_REUSE, see `VariableScope`; scopes inside inherit it.
        dtype: default type.
        use_resource: default kind.
        constraint: default constraint.
        auxiliary_name_scope: whether a name scope is opened too.

    Entering gives the VariableScope.

    Raises:
        TypeError: there is no name, or an argument is of the wrong kind.
        ValueError: `reuse` is something else, or is asked for with a default name.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ):
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        reuse = None if reuse is False else reuse
        if reuse is not None and reuse is not True and reuse is not AUTO_REUSE:
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        self._target = name_or_scope
        self._default_name = default_name
        self._reuse = reuse
        self._changes = {"initializer": initializer, "regularizer": regularizer, "caching_device": caching_device,
                         "partitioner": partitioner, "custom_getter": custom_getter, "dtype": dtype,
                         "use_resource": use_resource, "constraint": constraint}  # fmt: skip
        self._opens_name_scope = auxiliary_name_scope
        self._graph = graph_from_inputs(values or [])
        self._open: list[contextlib.ExitStack] = []
        self._names: name_scope | None = None
        self._scope: pure_variable_scope | None = None

    def __enter__(self) -> VariableScope:
        stack = contextlib.ExitStack()
        try:
            if not get_default_graph().building_function and not self._graph.building_function:
                stack.enter_context(self._graph.as_default())
            if self._scope is None:
                entered = self._first(stack)
            else:
                if self._names is not None:
                    stack.enter_context(self._names)
                entered = stack.enter_context(self._scope)
        except BaseException:
            stack.close()
            raise
        self._open.append(stack)
        return entered

    def __exit__(self, *exc: Any) -> None:
        self._open.pop().__exit__(*exc)

    def _first(self, stack: contextlib.ExitStack) -> VariableScope:
        """Opens the name scope and the variable scope, which later entries open again."""
        target = self._target
        current = None if self._opens_name_scope else _current_name_scope()
        if target is None:
            if self._reuse:
                raise ValueError("reuse=True cannot be used without a name_or_scope")
            assert self._default_name is not None
            names: name_scope | None = current or name_scope(self._default_name)
            opened = stack.enter_context(names)  # type: ignore[arg-type]
            scope = pure_variable_scope(
                unique_variable_scope(self._default_name), old_name_scope=opened, **self._changes
            )
        else:
            if not isinstance(target, (VariableScope, str)):
                raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
            name = target if isinstance(target, str) else target.name.split("/")[-1]
            names = current or (name_scope(name) if name else None)
            opened = stack.enter_context(names) if names is not None else None  # type: ignore[assignment]
            if names is not None and not isinstance(target, str):
                opened = target.original_name_scope
            scope = pure_variable_scope(target, self._reuse, opened, **self._changes)
        entered = stack.enter_context(scope)  # type: ignore[arg-type]
        self._names, self._scope = names, scope
        return entered  # type: ignore[no-any-return]


def _current_name_scope() -> name_scope:
    scope = get_default_graph().get_name_scope()
    return name_scope(scope + "/" if scope else "")


@tf_export("variable_op_scope")
@contextlib.contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """Deprecated spelling of `variable_scope(name_or_scope, default_name, values, ...)`."""
    with variable_scope(
        name_or_scope,
        default_name,
        values,
        initializer,
        regularizer,
        caching_device,
        partitioner,
        custom_getter,
        reuse,
        dtype,
        use_resource,
        constraint,
    ) as scope:
        yield scope


# ---------------------------------------------------------------- getting variables


@tf_export("get_variable")
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """The variable `name` of the current variable scope, found or made as the scope's `reuse` says.

    Args:
        name: its name below the scope.
        shape: its shape; not needed when `initializer` is a value.
        dtype: its type; the scope's default, float32, when None.
        initializer: a callable fn(shape, dtype), an Initializer or its class, or a value; the scope's default when
            None, Glorot's uniform one after that (zeros for integers, bools and strings).
        regularizer: function of the variable that gives a loss, which joins REGULARIZATION_LOSSES.
        trainable: whether it joins TRAINABLE_VARIABLES.
        collections: collections it joins; default GLOBAL_VARIABLES.
        caching_device: device on which reads are kept.
        partitioner: function of shape and dtype that says into how many slices to cut each dimension.
        validate_shape: whether its shape must be known and stay.
        use_resource: whether it is a resource variable.
        custom_getter: called as fn(getter, name, ...) in place of the getter.
        constraint: function of the value that optimizers apply after each step.
        synchronization: kept for programs that set it.
        aggregation: kept for programs that set it.

    Returns:
        A variable, or a PartitionedVariable.

    Raises:
        ValueError: it exists and must not, does not and must, or does not fit what is asked for.
    """
    return get_variable_scope().get_variable(
        variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@tf_export("get_local_variable")
def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """`get_variable` for a variable that is not trained and joins LOCAL_VARIABLES instead of GLOBAL_VARIABLES."""
    collections = [*(collections or []), GraphKeys.LOCAL_VARIABLES]
    return get_variable(
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        False,
        collections,
        caching_device,
        partitioner,
        validate_shape,
        use_resource,
        custom_getter,
        constraint,
        synchronization,
        aggregation,
    )


@tf_export("create_partitioned_variables")
def create_partitioned_variables(
    shape: Any,
    slicing: Any,
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """A variable cut into slices, as the list of the slices.

    Args:
        shape: shape of the whole.
        slicing: number of slices along each dimension; only one may be more than 1.
        initializer: a callable fn(shape, dtype), or a tensor of the whole.
        dtype: type.
        trainable: whether the slices join TRAINABLE_VARIABLES.
        collections: collections the slices join.
        name: name of the variable scope; "PartitionedVariable", made unique, by default.
        reuse: as in `variable_scope`.

    Raises:
        ValueError: `slicing` does not fit `shape`.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: "
            f"{shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        values = scope._with_defaults(
            initializer=initializer,
            regularizer=None,
            caching_device=None,
            use_resource=None,
            constraint=None,
            dtype=dtype,
            reuse=None,
        )
        request = Request(
            name=scope.name,
            shape=shape,
            trainable=trainable,
            collections=collections,
            partitioner=lambda **_: slicing,
            **values,
        )
        return list(variable_store().get_variable(request))
