"""Moving averages of variables."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import add_to_collection, device, get_default_graph, name_scope
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.ops import binary, cast, grouping, initializers, raw_ops, state, variables
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.training import slot_creator

_FLOATS = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """variable = variable * decay + value * (1 - decay).

    Args:
        variable: holds the average.
        value: tensor of its shape.
        decay: number or tensor, between 0 and 1.
        zero_debias: whether the average of a variable that started at 0 is divided by 1 - decay^(number of updates);
            two more variables are made for that.
        name: name of the operation.

    Returns:
        The new value, as assignments give it.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        share: Any = convert_to_tensor(1.0 - decay, name="decay")
        if share.dtype != variable.dtype.base_dtype:
            share = cast.cast(share, variable.dtype.base_dtype)
        if zero_debias:
            return _debiased(variable, value, share)
        return state.assign_sub(variable, (variable - value) * share, name=scope)


def _debiased(variable: Any, value: Any, share: Any) -> Any:
    with variable_scope(variable.name[: -len(":0")], values=[variable, value, share]):
        with init_scope():
            zeros = initializers.Zeros()
        with slot_creator.variables_placed_with(variable):
            biased = get_variable(
                _unused("biased"), initializer=zeros, shape=variable.shape, dtype=variable.dtype, trainable=False
            )
            steps = get_variable(
                _unused("local_step"), shape=[], dtype=variable.dtype, initializer=zeros, trainable=False
            )
    updated = state.assign_sub(biased, (biased - value) * share)
    count = steps.assign_add(1)
    factor = 1 - raw_ops.Pow(x=1.0 - share, y=count)
    return state.assign(variable, updated / factor, name=get_default_graph().get_name_scope() + "/")


def _unused(name: str) -> str:
    """`name`, numbered when the variable scope has such a variable and does not reuse it."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {v.op.name for v in scope.global_variables()}
    found, index = name, 0
    while f"{scope.name}/{found}" in taken:
        index += 1
        found = f"{name}_{index}"
    return found


def weighted_moving_average(
    value: Any, decay: Any, weight: Any, truediv: bool = True, collections: Any = None, name: str | None = None
) -> Any:
    """The average of `value` weighted with `weight`: a moving average of the products over one of the weights.

    Args:
        value: tensor.
        decay: between 0 and 1.
        weight: tensor that broadcasts with `value`.
        truediv: whether integers divide to floats.
        collections: collections that the two variables join.
        name: name of the variable scope.
    """
    collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        product_variable = get_variable(
            "value",
            shape=value.shape,
            dtype=value.dtype,
            initializer=initializers.Zeros(),
            trainable=False,
            collections=collections,
        )
        weight_variable = get_variable(
            "weight",
            shape=weight.shape,
            dtype=weight.dtype,
            initializer=initializers.Zeros(),
            trainable=False,
            collections=collections,
        )
        products = assign_moving_average(product_variable, value * weight, decay, zero_debias=False)
        weights = assign_moving_average(weight_variable, weight, decay, zero_debias=False)
        divide = binary.true_divide if truediv else binary.python2_divide
        return divide(products, weights, name=scope.name)


@tf_export("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Keeps moving averages of variables and tensors: average = average * decay + value * (1 - decay).

    Args:
        decay: between 0 and 1, often 0.999.
        num_updates: number of updates so far; the decay is then at most (1 + num_updates) / (10 + num_updates).
        zero_debias: whether averages of tensors, which start at 0, are divided by 1 - decay^(number of updates).
        name: name of the operation and of the averages.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ):
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """The name given."""
        return self._name

    def apply(self, var_list: Any = None) -> Any:
        """The operation that updates the averages of `var_list` (default: the trainable variables).

        Averages are made at the first call: of variables with their values, of tensors with zeros.

        Raises:
            TypeError: one is not of a floating-point type.
        """
        members = variables.trainable_variables() if var_list is None else list(var_list)
        debiased = set()
        for member in members:
            if member.dtype.base_dtype not in _FLOATS:
                raise TypeError(f"The variables must be half, float, or double: {member.name}")
            if member.ref() not in self._averages:
                self._averages[member.ref()] = self._made_average(member)
                if self._zero_debias and not isinstance(member, Variable):
                    debiased.add(member.ref())
        with name_scope(self._name) as scope:
            decay: Any = convert_to_tensor(self._decay, dtype=dtypes.float32, name="decay")
            if self._num_updates is not None:
                count = cast.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = binary.minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [assign_moving_average(self._averages[m.ref()], m, decay, m.ref() in debiased) for m in members]
            return grouping.group(*updates, name=scope)

    def _made_average(self, member: Any) -> Any:
        with init_scope():
            if not isinstance(member, Variable):
                placed = member.op.type in ("Variable", "VariableV2", "VarHandleOp")
                return slot_creator.create_zeros_slot(member, self._name, colocate_with_primary=placed)
            with device(member.device):
                start = member.initialized_value()
            average = slot_creator.create_slot(member, start, self._name)
            add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, member)
            return average

    def average(self, var: Any) -> Any:
        """The variable with the average of `var`, or None before `apply`."""
        return self._averages.get(var.ref())

    def average_name(self, var: Any) -> str:
        """The name that the average of `var` has or would have."""
        found = self._averages.get(var.ref())
        if found is not None:
            return found.op.name  # type: ignore[no-any-return]
        return get_default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Name in a checkpoint -> variable, so that a saver restores averages into the variables they are of.

        Args:
            moving_avg_variables: variables to take averages for; default the trainable ones and those in the collection
                MOVING_AVERAGE_VARIABLES. All other global variables are restored as they are.
        """
        if moving_avg_variables is None:
            moving_avg_variables = variables.trainable_variables() + variables.moving_average_variables()
        averaged = {v.ref(): v for v in moving_avg_variables}.values()
        by_name = {self.average_name(v): v for v in averaged}
        names = {v.name for v in averaged}
        for variable in variables.global_variables():
            if variable.name not in names and variable.op.name not in by_name:
                by_name[variable.op.name] = variable
        return by_name


for _function in (assign_moving_average, weighted_moving_average):
    export_internal(f"python.training.moving_averages.{_function.__name__}", _function)
