"""The variables that `tf.get_variable` has made in a graph, by name."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, tracebacks
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor, register_tensor_conversion_function
from tfcompat.graph.default import add_to_collection, get_default_graph, name_scope, outermost_graph
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.ops import initializers, partitioners, raw_ops
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.save_slice import SaveSliceInfo
from tfcompat.ops.variable_base import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
    resolved_trainable,
    resource_variables_enabled,
)

_KEY = ("__variable_store",)


def variable_store() -> VariableStore:
    """The store of the default graph; bodies of functions, loops and conditions share the one around them."""
    held = outermost_graph().get_collection_ref(_KEY)
    if not held:
        held.append(VariableStore())
    return held[0]  # type: ignore[no-any-return]


@dataclasses.dataclass
class PartitionInfo:
    """What initializers are told of a slice: shape of the whole, and where the slice begins."""

    full_shape: list[int]
    var_offset: list[int]

    def __post_init__(self) -> None:
        if len(self.full_shape) != len(self.var_offset):
            raise ValueError(
                "Expected equal lengths, but got the lengths of `full_shape` and `var_offset` as "
                f"{len(self.full_shape)} and {len(self.var_offset)}."
            )
        for offset, size in zip(self.var_offset, self.full_shape, strict=True):
            if not 0 <= offset < size:
                raise ValueError(
                    f"Expected 0 <= offset < shape but found offset={offset}, shape={size} for "
                    f"var_offset={self.var_offset}, full_shape={self.full_shape}"
                )

    def single_offset(self, shape: Sequence[int]) -> int:
        """The offset along the one dimension that is cut; 0 when none is."""
        return next(
            (o for o, size, full in zip(self.var_offset, shape, self.full_shape, strict=True) if size != full), 0
        )

    def single_slice_dim(self, shape: Sequence[int]) -> int | None:
        """The dimension that is cut, or None."""
        pairs = enumerate(zip(shape, self.full_shape, strict=True))
        return next((i for i, (size, full) in pairs if size != full), None)


@dataclasses.dataclass
class Request:
    """The arguments of one `get_variable`, by the names that custom getters know."""

    name: str
    shape: Any = None
    dtype: Any = dtypes.float32
    initializer: Any = None
    regularizer: Any = None
    reuse: Any = None
    trainable: Any = None
    collections: Any = None
    caching_device: Any = None
    partitioner: Any = None
    validate_shape: bool = True
    use_resource: bool | None = None
    constraint: Any = None
    synchronization: Any = VariableSynchronization.AUTO
    aggregation: Any = VariableAggregation.NONE


class VariableStore:
    """Finds and makes variables by their full names."""

    def __init__(self) -> None:
        self._vars: dict[str, Any] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}

    def get_variable(self, request: Request, custom_getter: Callable[..., Any] | None = None) -> Any:
        """The variable that `request` asks for, by way of `custom_getter` if there is one.

        Raises:
            ValueError: it exists and may not be reused, does not exist and must be, or does not fit the request.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = getattr(request.dtype, "base_dtype", request.dtype)
        trainable = resolved_trainable(request.trainable, request.synchronization, request.aggregation, request.name)
        request = dataclasses.replace(request, dtype=dtype, trainable=trainable)
        if custom_getter is None:
            return self._get(request)
        arguments = {f.name: getattr(request, f.name) for f in dataclasses.fields(request)}
        if not _accepts(custom_getter, "constraint"):
            del arguments["constraint"]

        def true_getter(name: str, *args: Any, **kwargs: Any) -> Any:
            return self._get(Request(name, *args, **kwargs))

        return custom_getter(getter=true_getter, **arguments)

    def _get(self, request: Request) -> Any:
        is_scalar = isinstance(request.shape, (list, tuple)) and not request.shape
        if request.partitioner is not None and not is_scalar:
            if not callable(request.partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {request.partitioner}")
            with name_scope(None):
                return self._partitioned(request)
        if request.reuse is True and request.partitioner is None and request.name in self._partitioned_vars:
            return self._partitioned(request)
        if f"{request.name}/part_0" in self._vars:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{request.name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self._single(request)

    # ---------------------------------------------------------------- one variable

    def _single(self, request: Request, partition_info: PartitionInfo | None = None) -> Any:
        from_value = request.initializer is not None and not callable(request.initializer)
        if request.shape is not None and from_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype, shape = dtypes.as_dtype(request.dtype), as_shape(request.shape)
        if request.name in self._vars:
            return self._existing(request.name, request.reuse, shape, dtype)
        if request.reuse is True:
            raise ValueError(
                f"Variable {request.name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        initializer = request.initializer
        if initializer is None:
            if shape.rank is None:
                raise ValueError(
                    f"Variable {request.name} did not get an initializer, so its `shape` argument must be specified."
                )
            initializer = default_initializer(request.name, dtype)
        with init_scope():
            if from_value:
                initial_value, variable_dtype = initializer, None
            else:
                initial_value, variable_dtype = _deferred(initializer, shape, dtype, partition_info)
        use_resource = resource_variables_enabled() if request.use_resource is None else request.use_resource
        variable = Variable(
            initial_value=initial_value,
            name=request.name,
            trainable=request.trainable,
            collections=request.collections,
            caching_device=request.caching_device,
            dtype=variable_dtype,
            validate_shape=request.validate_shape,
            constraint=request.constraint,
            use_resource=use_resource,
            synchronization=request.synchronization,
            aggregation=request.aggregation,
            shape=shape if shape.is_fully_defined() else None,
        )
        self._vars[request.name] = variable
        if request.regularizer:
            _regularize(variable, request.name, request.regularizer)
        return variable

    def _existing(self, name: str, reuse: Any, shape: TensorShape, dtype: dtypes.DType) -> Any:
        found = self._vars[name]
        if reuse is False:
            message = (
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
            if not found.dtype._is_ref_dtype:
                raise ValueError(message)
            where = tracebacks.creation_site(found.op._frames)
            raise ValueError(f"{message} Originally defined at:\n\n{where}")
        if not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape {found.shape}."
            )
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}."
            )
        return found

    # ---------------------------------------------------------------- slices

    def _partitioned(self, request: Request) -> PartitionedVariable:
        name = request.name
        if name in self._vars:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was found: "
                f"{name}.  Perhaps a variable of the same name was already created without partitioning?"
            )
        shape = as_shape(request.shape)
        if isinstance(request.initializer, Tensor):
            shape = shape.merge_with(request.initializer.shape)
        partitions = None
        if not request.reuse or request.partitioner:
            partitions = partitioners.call_partitioner(request.partitioner, shape, request.dtype)
        if name in self._partitioned_vars:
            return self._existing_partitioned(request, shape, partitions)
        if request.reuse is True or partitions is None:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). "
                "Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
            )
        sizes: list[int] = shape.as_list()  # type: ignore[assignment]
        parts = []
        for i, (offset, part_shape) in enumerate(partitioners.slices(sizes, partitions)):
            part = self._slice(request, sizes, f"{name}/part_{i}", offset, part_shape)
            part._set_save_slice_info(SaveSliceInfo(name, sizes, offset, part_shape))
            parts.append(part)
        made = PartitionedVariable(name, shape, request.dtype, parts, partitions)
        self._partitioned_vars[name] = made
        return made

    def _slice(self, request: Request, full_shape: list[int], name: str, offset: list[int], shape: list[int]) -> Any:
        dtype: Any = request.dtype
        with name_scope(name + "/PartitionedInitializer"):
            initializer: Any = request.initializer
            if initializer is None:
                initializer = default_initializer(request.name, dtypes.as_dtype(dtype))
            elif not callable(initializer):
                if not isinstance(initializer, Tensor):
                    initializer = convert_to_tensor(initializer, dtype)
                initializer = raw_ops.Slice(input=initializer, begin=offset, size=shape)
                dtype = initializer.dtype.base_dtype
        with name_scope(None):
            part_shape = shape if callable(initializer) else None
            part = dataclasses.replace(request, name=name, shape=part_shape, dtype=dtype, initializer=initializer)
            return self._single(part, PartitionInfo(full_shape, offset))

    def _existing_partitioned(
        self, request: Request, shape: TensorShape, partitions: list[int] | None
    ) -> PartitionedVariable:
        name, found = request.name, self._partitioned_vars[request.name]
        if request.reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        dtype = dtypes.as_dtype(request.dtype)
        for what, wanted, actual, fits in (
            ("shape", shape, found.shape, shape.is_compatible_with(found.shape)),
            ("dtype", dtype.name, found.dtype.name, dtype.is_compatible_with(found.dtype)),
            ("partitions", partitions, found._get_partitions(), partitions in (None, found._get_partitions())),
        ):
            if not fits:
                raise ValueError(
                    f"Trying to reuse partitioned variable {name}, but specified {what} {wanted} and "
                    f"found {what} {actual}."
                )
        return found


def default_initializer(name: str, dtype: dtypes.DType) -> Any:
    """The initializer of variables that get none: Glorot's uniform one for floats, zeros for the rest.

    Raises:
        ValueError: the type has neither.
    """
    if dtype.is_floating:
        return initializers.GlorotUniform()
    if dtype.is_integer or dtype.is_bool or dtype.base_dtype is dtypes.string:
        return initializers.Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _deferred(
    initializer: Any, shape: TensorShape, dtype: dtypes.DType, partition_info: PartitionInfo | None
) -> tuple[Callable[[], Any], dtypes.DType | None]:
    """An initializer as a callable without arguments, and the type to convert its result to."""
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape.is_fully_defined():
        arguments: dict[str, Any] = {"dtype": dtype}
        if _accepts(initializer, "partition_info", var_keyword=False):
            arguments["partition_info"] = partition_info
        return functools.partial(initializer, shape.as_list(), **arguments), dtype.base_dtype
    if _needs_no_arguments(initializer):
        return initializer, None
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the shape "
        "should not be provided or an instance of `tf.keras.initializers.*' and `shape` should be fully "
        "defined."
    )


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _accepts(function: Any, name: str, var_keyword: bool = True) -> bool:
    """Whether `function` takes an argument called `name`."""
    return any(p.name == name or (var_keyword and p.kind is p.VAR_KEYWORD) for p in _parameters(function))


def _needs_no_arguments(function: Any) -> bool:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(p.default is not p.empty or p.kind in optional for p in _parameters(function))


# ---------------------------------------------------------------- regularization


class RegularizationLoss:
    """The loss that a regularizer gives for one variable, as the collection REGULARIZATION_LOSSES holds it.

    As a fetch it is the tensor made with the variable; each use in an expression computes it anew, where that use is.
    """

    __array_priority__ = 100

    def __init__(self, make: Callable[[], Tensor]):
        self._make = make
        self._first = make()

    def _as_graph_element(self) -> Tensor:
        return self._first

    def _as_tensor(self) -> Tensor:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in _DELEGATED:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._first, name)

    def __repr__(self) -> str:
        return repr(self._first)


_DELEGATED = frozenset(
    {"device", "dtype", "eval", "get_shape", "graph", "name", "ndim", "op", "shape", "value_index", "consumers"}
)


def _operator_of_tensor(name: str) -> Any:
    def method(self: RegularizationLoss, *args: Any) -> Any:
        return getattr(Tensor, name)(self._as_tensor(), *args)

    method.__name__ = name
    return method


for _operator in Tensor.OVERLOADABLE_OPERATORS - {"__eq__", "__ne__"}:
    setattr(RegularizationLoss, _operator, _operator_of_tensor(_operator))


def _loss_to_tensor(loss: RegularizationLoss, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    return convert_to_tensor(loss._as_tensor(), dtype)


register_tensor_conversion_function(RegularizationLoss, _loss_to_tensor)


def _regularize(variable: Any, name: str, regularizer: Callable[[Any], Any]) -> None:
    """Adds the loss of `variable` to REGULARIZATION_LOSSES, unless the regularizer gives None."""

    def make() -> Tensor:
        with get_default_graph().colocate_with(variable.op), name_scope(name + "/Regularizer/"):
            return regularizer(variable)  # type: ignore[no-any-return]

    if regularizer(variable) is not None:
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, RegularizationLoss(make))
