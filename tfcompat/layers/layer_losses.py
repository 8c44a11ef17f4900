"""The losses, updates and metrics of a layer."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import INTERNAL, PUBLIC
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.call_context import call_context
from tfcompat.layers.parts import Parts, distinct
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast


class Losses(Parts):
    """What calls of a layer leave for training: losses to add, operations to run, metrics to report; see `Layer`."""

    stateful: bool
    _losses: list[Any]
    _loss_functions: list[Any]
    _updates: list[Any]
    _metrics: list[Any]
    _metrics_tensors: dict[str, Any]
    _inbound_nodes: list[Any]
    _activity_regularizer: Any

    # ---------------------------------------------------------------- losses

    @property
    def losses(self) -> list[Any]:
        """The losses added to it and to the layers inside; those of functions are computed anew at each access."""
        made = [_unconditional(function()) for function in self._loss_functions]
        return [*self._losses, *(loss for loss in made if loss is not None), *self._gathered("losses")]

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds losses.

        Args:
            losses: a scalar tensor, a function without arguments that gives one or None, or a list of these.
            inputs: what they are computed from, for `get_losses_for`; None for nothing in particular.
        """
        self._added_losses(losses, inputs)

    def _added_losses(self, losses: Any, inputs: Any) -> tuple[list[Any], list[Any]]:
        """Adds `losses`, and gives them as tensors and functions."""
        given = [loss for loss in nest.flatten(losses) if loss is not None]
        functions = [loss for loss in given if callable(loss)]
        tensors = [convert_to_tensor(loss) for loss in given if not callable(loss)]
        for tensor in tensors:
            tensor._unconditional_loss = inputs is None  # type: ignore[attr-defined]
        self._keep_losses(tensors)
        self._loss_functions += functions
        return tensors, functions

    def _keep_losses(self, losses: list[Any]) -> None:
        self._losses += losses

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """Its losses that are computed from `inputs`; for None those that were added without inputs."""
        losses = self.losses
        if inputs is None:
            return [loss for loss in losses if loss._unconditional_loss]
        return [loss for loss in losses if not loss._unconditional_loss and depends_on(loss, inputs)]

    @property
    def activity_regularizer(self) -> Any:
        """Function of each output that gives a loss, which is divided by the batch size; None for none."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    def _regularize_activity(self, inputs: Any, outputs: Any) -> None:
        if self._activity_regularizer is not None:
            with name_scope("ActivityRegularizer"):
                for output in nest.flatten(outputs):
                    loss = self._activity_regularizer(output)
                    self.add_loss(loss / cast(tensor_shape(output)[0], loss.dtype), inputs)  # type: ignore[index]

    def _regularize(self, name: str, parts: list[Any], regularizer: Any) -> None:
        """Adds the loss that `regularizer` gives for each of `parts`, variables under `name`."""

        def loss_of(part: Any) -> Any:
            with name_scope(name + "/Regularizer"):
                return regularizer(part)

        if regularizer:
            for part in parts:
                self.add_loss(lambda part=part: loss_of(part))

    # ---------------------------------------------------------------- updates

    @property
    def updates(self) -> list[Any]:
        """The operations to run with every step, of the layers inside too; none when it is not trainable."""
        if not self.trainable and not self.stateful:
            return []
        return [*self._updates, *self._gathered("updates")]

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations to run with every step.

        Args:
            updates: an operation, a tensor, a function without arguments that gives one, or a list of these.
            inputs: not used: what the operations depend on says it.
        """
        sources = call_context.inputs if call_context.in_call else [n.input_tensors for n in self._inbound_nodes]
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            while callable(update):
                update = update()
            if update is not None:
                made: Any = update if isinstance(update, Operation) else getattr(update, "op", None)
                made = convert_to_tensor(update).op if made is None else made
                made._unconditional_update = not depends_on(made, sources)
                self._updates.append(made)

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Its updates that are computed from `inputs`; for None those that no input of a call matters to."""
        updates = self.updates
        if inputs is None:
            return [update for update in updates if update._unconditional_update]
        return [update for update in updates if not update._unconditional_update and depends_on(update, inputs)]

    # ---------------------------------------------------------------- metrics

    @property
    def metrics(self) -> list[Any]:
        """The metrics added to it, those among its attributes, and those of the layers inside."""
        return self._added_metrics

    @property
    def _added_metrics(self) -> list[Any]:
        """`metrics` without those that a model is compiled with."""
        inside = [m for layer in self._own_layers() for m in getattr(layer, "_added_metrics", ())]
        return distinct([*self._own_metrics(), *self._metrics, *inside])

    def add_metric(self, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
        """Adds a metric to report while training and evaluating.

        Args:
            value: a tensor, or the result of a metric.
            aggregation: "mean" to report the mean of a tensor's values over the epoch; None for results of metrics.
            name: what to call it; needed for tensors.

        Raises:
            ValueError: another aggregation; no name; a tensor that is neither to aggregate nor the result of a metric.
        """
        if aggregation not in (None, "mean"):
            raise ValueError(
                "We currently support only `mean` sample-wise metric aggregation. You provided aggregation="
                f"`{aggregation}`"
            )
        metric = getattr(value, "_metric_obj", None)
        if name is None and metric is None:
            raise ValueError(
                "Please provide a name for your metric like `self.add_metric(tf.reduce_sum(inputs), "
                "name='mean_activation', aggregation='mean')`"
            )
        if not isinstance(value, Tensor):
            raise ValueError(f"Expected a symbolic Tensor for the metric value, received: {value}")
        self._keep_metric(value, aggregation, name if metric is None else metric.name)

    def _keep_metric(self, value: Any, aggregation: str | None, name: Any) -> None:
        metric = next((m for m in self.metrics if m.name == name), None)
        if aggregation is None:
            metric = metric or getattr(value, "_metric_obj", None)
            if metric is None:
                raise ValueError(
                    "We do not support adding an aggregated metric result tensor that is not the output of a "
                    "`tf.keras.metrics.Metric` metric instance. Pass the result of a metric, or the tensor itself "
                    "with `aggregation='mean'`."
                )
        else:
            metric = metric or PUBLIC["keras.metrics.Mean"](name=name, dtype=value.dtype)
            value = metric(value)
        if not any(metric is m for m in self.metrics):
            self._metrics.append(metric)
        self._metrics_tensors[metric.name] = value


def _unconditional(loss: Any) -> Any:
    if loss is not None:
        loss._unconditional_loss = True
    return loss


def depends_on(item: Any, tensors: Any) -> bool:
    """Whether `item`, a tensor or an operation, is computed from one of `tensors`."""
    sources = {t.op for t in nest.flatten(tensors) if isinstance(t, Tensor)}
    waiting, seen = [item if isinstance(item, Operation) else item.op], set()
    while waiting and sources:
        op = waiting.pop()
        if op in sources:
            return True
        if op not in seen:
            seen.add(op)
            waiting += [t.op for t in op.inputs] + list(op.control_inputs)
    return False


def create_history(tensors: Any) -> Any:
    """Makes layers of the operations between Keras tensors and `tensors`; gives the layers made."""
    return INTERNAL["python.keras.engine.base_layer_utils.create_keras_history"](tensors)
