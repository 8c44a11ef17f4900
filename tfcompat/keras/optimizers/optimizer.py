"""`tf.keras.optimizers.Optimizer`: hyperparameters that are variables, slots, and the operation of one step."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.gradients.api import gradients
from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import control_dependencies, device, get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import backend, initializers
from tfcompat.keras.optimizers import schedules
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_global_norm, clip_by_norm, clip_by_value
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import identity
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.state import assign_add
from tfcompat.training.optimizer import without_repeats

State = dict[tuple[str, dtypes.DType], dict[str, Any]]
"""(device, type) -> name -> tensor that the steps of variables of this type use."""

_KEYWORDS = ("clipnorm", "clipvalue", "global_clipnorm", "lr", "decay")
_NO_GRADIENT = (
    "An operation has `None` for gradient. Please make sure that all of your ops have a gradient defined (i.e. are "
    "differentiable). Common ops without gradient: K.argmax, K.round, K.eval."
)


@tf_export("keras.optimizers.Optimizer", "keras.optimizers.legacy.Optimizer")
class Optimizer:
    """Base of Keras' optimizers.

    A subclass sets its hyperparameters with `_set_hyper` and gives `_create_slots`, `_resource_apply_dense`,
    `_resource_apply_sparse` and `get_config`. Hyperparameters become variables at their first use and can be set at any
    time: `optimizer.learning_rate = 0.1`; `lr` is another name of it.

    Args:
        name: name of the scope of variables and steps.
        kwargs: `decay` (learning rates are divided by 1 + decay * iterations), `clipnorm` (the largest norm of each
            gradient), `clipvalue` (the largest absolute value), `global_clipnorm` (the largest norm of all of them),
            `lr`.

    Raises:
        TypeError: another keyword.
        ValueError: one of these is negative.
    """

    def __init__(self, name: str, **kwargs: Any):
        for key, value in kwargs.items():
            if key not in _KEYWORDS:
                raise TypeError(f"Unexpected keyword argument passed to optimizer: {key}")
            if not callable(value) and not isinstance(value, (Tensor, dict)) and value is not None and value < 0:
                raise ValueError(f"Expected {key} >= 0, received: {value}")
        self._use_locking = True
        self._name = name
        self._hyper: dict[str, Any] = {}
        self._slots: dict[str, dict[Any, Any]] = {}
        self._weights: list[Any] = []
        self._iterations: Any = None
        self._hypers_created = False
        self._initial_decay = kwargs.get("decay", 0.0)
        self.clipnorm, self.clipvalue = kwargs.get("clipnorm"), kwargs.get("clipvalue")
        self.global_clipnorm = kwargs.get("global_clipnorm")

    # ---------------------------------------------------------------- steps

    def minimize(
        self, loss: Any, var_list: Any, grad_loss: Any = None, name: str | None = None, tape: Any = None
    ) -> Operation:
        """The operation that changes variables by one step towards a smaller loss.

        Args:
            loss: scalar tensor, or function without arguments that gives it.
            var_list: the variables, or a function that gives them.
            grad_loss: the gradient that arrives at the loss; ones when None.
            name: name of the scope.
            tape: must be None, there is a graph.

        Raises:
            ValueError: no variable has a gradient.
        """
        if tape is not None:
            raise ValueError("`tape` has no use in a graph: pass the loss, or a function that gives it.")
        return self.apply_gradients(self._compute_gradients(loss, var_list, grad_loss), name=name)

    def _compute_gradients(self, loss: Any, var_list: Any, grad_loss: Any = None) -> list[tuple[Any, Any]]:
        """(clipped gradient, variable) pairs; arguments as of `minimize`."""
        loss = loss() if callable(loss) else loss
        variables = list(var_list() if callable(var_list) else var_list)
        with name_scope(f"{self._name}/gradients"):
            grads = self._clipped(gradients(loss, variables, grad_ys=grad_loss))
        return list(zip(grads, variables, strict=True))

    def get_gradients(self, loss: Any, params: Any) -> list[Any]:
        """The gradients of `loss`, clipped as the optimizer was told.

        Raises:
            ValueError: `loss` does not depend on one of `params` through differentiable operations.
        """
        with name_scope(f"{self._name}/gradients"):
            grads = gradients(loss, list(params))
            if any(grad is None for grad in grads):
                raise ValueError(_NO_GRADIENT)
            return self._clipped(grads)

    def _clipped(self, grads: list[Any]) -> list[Any]:
        if self.clipvalue is not None:
            limit = self.clipvalue
            grads = [None if g is None else clip_by_value(g, -limit, limit) for g in grads]
        if self.clipnorm is not None:
            grads = [None if g is None else clip_by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm is not None:
            grads = clip_by_global_norm(grads, self.global_clipnorm)[0]
        return grads

    def get_updates(self, loss: Any, params: Any) -> list[Any]:
        """[the operation of one step] for `loss` and the variables `params`."""
        pairs = list(zip(self.get_gradients(loss, params), params, strict=True))
        return [self.apply_gradients(pairs)]

    def apply_gradients(
        self, grads_and_vars: Any, name: str | None = None, experimental_aggregate_gradients: bool = True
    ) -> Operation:
        """The operation that changes variables by one step along given gradients.

        Args:
            grads_and_vars: pairs of gradient (tensor, IndexedSlices or None) and variable.
            name: name of the scope; the optimizer's by default.
            experimental_aggregate_gradients: has no effect.

        Raises:
            ValueError: there is no gradient.
        """
        pairs = list(grads_and_vars)
        used = [(g, v) for g, v in pairs if g is not None]
        if not used:
            raise ValueError(f"No gradients provided for any variable: {[v.name for _, v in pairs]}.")
        variables = [v for _, v in used]
        with name_scope(self._name):
            with init_scope():
                self._create_all_weights(variables)
            state = self._prepare(variables)
            with name_scope(name or self._name):
                updates = [self._update(grad, variable, state) for grad, variable in used]
                with control_dependencies([group(*updates)]):
                    one = backend.constant(1, dtype="int64")
                    return assign_add(self.iterations, one).op  # type: ignore[no-any-return]

    def _update(self, grad: Any, variable: Any, state: State) -> Any:
        """The operation that changes one variable, and its constraint after that."""
        if not isinstance(variable, ResourceVariable):
            raise NotImplementedError(
                f"Keras' optimizers change resource variables; {variable} is none. Make it with use_resource=True."
            )
        with name_scope(f"update_{variable.op.name}"), get_default_graph().colocate_with(variable):
            if isinstance(grad, IndexedSlices):
                if variable.constraint is not None:
                    raise RuntimeError("Cannot use a constraint function on a sparse variable.")
                apply = self._resource_apply_sparse_duplicate_indices
                return apply(grad.values, variable, grad.indices, **_taken(apply, self._resource_apply_sparse, state))
            updated = self._resource_apply_dense(grad, variable, **_taken(self._resource_apply_dense, None, state))
            if variable.constraint is None:
                return updated
            with control_dependencies([updated]):
                return variable.assign(variable.constraint(variable), read_value=False)

    def _create_all_weights(self, var_list: Any) -> None:
        """Makes the count of steps, the hyperparameters and the slots of variables, where they are not."""
        _ = self.iterations
        self._create_hypers()
        self._create_slots(list(var_list))

    def _prepare(self, var_list: list[Any]) -> State:
        state: State = {}
        for place in dict.fromkeys((v.device, v.dtype.base_dtype) for v in var_list):
            state[place] = {}
            with device(place[0]):
                self._prepare_local(*place, state)
        return state

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        """Puts the tensors that all variables of a type need into `apply_state[(var_device, var_dtype)]`."""
        if "learning_rate" in self._hyper:
            apply_state[(var_device, var_dtype)]["lr_t"] = identity(self._decayed_lr(var_dtype))

    def _fallback_apply_state(self, var_device: str, var_dtype: Any) -> dict[str, Any]:
        """What `_prepare_local` gives for one type."""
        state: State = {(var_device, var_dtype): {}}
        self._prepare_local(var_device, var_dtype, state)
        return state[(var_device, var_dtype)]

    def _coefficients(self, var: Any, apply_state: Any) -> dict[str, Any]:
        place = var.device, var.dtype.base_dtype
        return (apply_state or {}).get(place) or self._fallback_apply_state(*place)

    def _decayed_lr(self, var_dtype: Any) -> Any:
        """The learning rate of the next step as a tensor."""
        rate = self._get_hyper("learning_rate", var_dtype)
        if isinstance(rate, schedules.LearningRateSchedule):
            rate = cast(rate(cast(self.iterations, var_dtype)), var_dtype)
        if _is_number(self._initial_decay) and self._initial_decay <= 0.0:
            return rate
        steps = cast(self.iterations, var_dtype)
        return rate / (1.0 + self._get_hyper("decay", var_dtype) * steps)

    # ---------------------------------------------------------------- what subclasses give

    def _create_slots(self, var_list: list[Any]) -> None:
        """Makes the slots of the variables."""

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        """The operation that applies a dense gradient."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        """The operation that applies slices `grad` at `indices`, none repeated."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, var: Any, indices: Any, **kwargs: Any) -> Any:
        """`_resource_apply_sparse` after adding up the slices of equal indices."""
        values, unique = without_repeats(grad, indices)
        return self._resource_apply_sparse(values, var, unique, **kwargs)

    def _resource_scatter_add(self, x: Any, i: Any, v: Any) -> Any:
        with control_dependencies([raw_ops.ResourceScatterAdd(resource=x.handle, indices=i, updates=v)]):
            return x.value()

    def _resource_scatter_update(self, x: Any, i: Any, v: Any) -> Any:
        with control_dependencies([raw_ops.ResourceScatterUpdate(resource=x.handle, indices=i, updates=v)]):
            return x.value()

    def _decayed_sum(self, slot: Any, share: Any, indices: Any, values: Any) -> Any:
        """slot = slot * share, with `values` added at `indices`; gives all of it."""
        kept = slot.assign(slot * share, use_locking=self._use_locking)
        with control_dependencies([kept]):
            return self._resource_scatter_add(slot, indices, values)

    # ---------------------------------------------------------------- hyperparameters

    def __getattr__(self, name: str) -> Any:
        name = "learning_rate" if name == "lr" else name
        if name in self.__dict__.get("_hyper", ()):
            return self._get_hyper(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        name = "learning_rate" if name == "lr" else name
        if name in self.__dict__.get("_hyper", ()):
            self._set_hyper(name, value)
        else:
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        more = ["lr"] if "learning_rate" in self._hyper else []
        return [*super().__dir__(), *self._hyper, *more]

    def _set_hyper(self, name: str, value: Any) -> None:
        """Sets a hyperparameter: a number, tensor, function that gives one, or schedule."""
        before = self._hyper.get(name)
        if isinstance(before, ResourceVariable) and not isinstance(value, schedules.LearningRateSchedule):
            backend.set_value(before, value)
        else:
            self._hyper[name] = value

    def _get_hyper(self, name: str, dtype: Any = None) -> Any:
        """A hyperparameter as `dtype`; a schedule as it is."""
        if not self._hypers_created:
            self._create_hypers()
        value = self._hyper[name]
        if isinstance(value, schedules.LearningRateSchedule):
            return value
        value = value() if callable(value) else value
        return value if dtype is None else cast(value, dtype)

    def _create_hypers(self) -> None:
        """Makes the hyperparameters that are numbers variables."""
        if self._hypers_created:
            return
        self._hypers_created = True
        for name, value in sorted(self._hyper.items()):
            if not isinstance(value, (Tensor, ResourceVariable)) and not callable(value):
                self._hyper[name] = self.add_weight(name, shape=[], trainable=False, initializer=value)

    def _serialize_hyperparameter(self, hyperparameter_name: str) -> Any:
        """The present value of a hyperparameter as a number, or the dictionary of a schedule."""
        value = self._hyper[hyperparameter_name]
        if isinstance(value, schedules.LearningRateSchedule):
            return schedules.serialize(value)
        value = value() if callable(value) else value
        return backend.get_value(value) if isinstance(value, (Tensor, ResourceVariable)) else value

    # ---------------------------------------------------------------- variables

    @property
    def iterations(self) -> Any:
        """The int64 variable that counts the steps."""
        if self._iterations is None:
            self._iterations = self.add_weight("iter", shape=[], dtype=dtypes.int64, trainable=False)
            self._weights.append(self._iterations)
        return self._iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        if self._iterations is not None:
            raise RuntimeError(
                f"Cannot set `iterations` to a new Variable after the Optimizer weights have been created: {variable}"
            )
        self._iterations = variable
        self._weights.append(variable)

    def add_weight(
        self, name: str, shape: Any, dtype: Any = None, initializer: Any = "zeros", trainable: bool | None = None,
        synchronization: Any = None, aggregation: Any = None,
    ) -> Any:  # fmt: skip
        """A variable of the optimizer.

        Args:
            name: its name.
            shape: its shape.
            dtype: its type; float32 when None.
            initializer: initializer, name of one, or value.
            trainable: whether it is trainable; not by default.
            synchronization: accepted.
            aggregation: accepted.
        """
        dtype = dtypes.as_dtype(dtype or dtypes.float32)
        made = initializers.get(initializer) if isinstance(initializer, str) or callable(initializer) else None
        value = initializer if made is None else functools.partial(made, shape, dtype=dtype)
        variable = ResourceVariable(value, name=name, dtype=dtype, trainable=bool(trainable))
        backend.track_variable(variable)
        return variable

    def add_slot(self, var: Any, slot_name: str, initializer: Any = "zeros", shape: Any = None) -> Any:
        """The slot of a variable, made with `initializer` (a function, a name, or a value) when there is none."""
        slots = self._slots.setdefault(slot_name, {})
        if var not in slots:
            made = initializers.get(initializer) if isinstance(initializer, str) or callable(initializer) else None
            size = var.shape.as_list() if shape is None else shape
            value = initializer if made is None else functools.partial(made, size, dtype=var.dtype.base_dtype)
            with get_default_graph().colocate_with(var):
                variable = ResourceVariable(
                    value, name=f"{var._shared_name}/{slot_name}", dtype=var.dtype.base_dtype, trainable=False
                )
            backend.track_variable(variable)
            slots[var] = variable
            self._weights.append(variable)
        return slots[var]

    def get_slot(self, var: Any, slot_name: str) -> Any:
        """The slot of a variable; KeyError when there is none."""
        return self._slots[slot_name][var]

    def get_slot_names(self) -> list[str]:
        """The names of the slots."""
        return list(self._slots)

    @property
    def weights(self) -> list[Any]:
        """The count of steps and the slots, in the order in which they were made."""
        return self._weights

    def variables(self) -> list[Any]:
        """The same as `weights`."""
        return self._weights

    def get_weights(self) -> list[Any]:
        """The values of `weights`."""
        return backend.batch_get_value(self.weights)

    def set_weights(self, weights: Any) -> None:
        """Sets the variables.

        Args:
            weights: an array for each of `weights`.

        Raises:
            ValueError: another number of them, or another shape.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on optimizer {self._name} with a  weight list of length "
                f"{len(weights)}, but the optimizer was expecting {len(variables)} weights. "
                f"Provided weights: {str(weights)[:50]}..."
            )
        for variable, value in zip(variables, weights, strict=True):
            if tuple(variable.shape.as_list()) != np.shape(value):
                raise ValueError(
                    f"Optimizer weight shape {variable.shape} not compatible with provided weight shape "
                    f"{np.shape(value)}"
                )
        backend.batch_set_value(list(zip(variables, weights, strict=True)))

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        """(name, variable) of what checkpoints of objects hold besides the slots."""
        hyper = [(k, v) for k, v in sorted(self._hyper.items()) if isinstance(v, ResourceVariable)]
        return hyper if self._iterations is None else [("iter", self._iterations), *hyper]

    # ---------------------------------------------------------------- configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        clips = {key: getattr(self, key) for key in ("clipnorm", "clipvalue", "global_clipnorm")}
        return {"name": self._name, **{key: value for key, value in clips.items() if value is not None}}

    def _config_of(self, *names: str) -> dict[str, Any]:
        """The configuration with hyperparameters by name."""
        return {**Optimizer.get_config(self), **{name: self._serialize_hyperparameter(name) for name in names}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The optimizer that `get_config` described."""
        config = dict(config)
        if "lr" in config:
            config["learning_rate"] = config.pop("lr")
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedules.deserialize(config["learning_rate"], custom_objects)
        return cls(**config)


def _taken(function: Callable[..., Any], inner: Callable[..., Any] | None, state: State) -> dict[str, Any]:
    """`apply_state` as a keyword for functions of subclasses that take it."""
    takes = "apply_state" in inspect.signature(inner or function).parameters
    return {"apply_state": state} if takes else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
