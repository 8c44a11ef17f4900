"""What `Model.compile` makes: a target, a loss and metrics for each output, and from these the loss to minimise."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.keras.engine.per_output import loss_weights_of, losses_of, metric_name, metric_of, metrics_of
from tfcompat.keras.losses.weighting import (
    Reduction,
    compute_weighted_loss,
    reduce_weighted_loss,
    squeeze_or_expand_dimensions,
)
from tfcompat.layers.connections import shape_tuple
from tfcompat.ops.add_n import add_n
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import placeholder, placeholder_with_default


class Endpoint:
    """An output of a model, with what it is trained towards.

    Attributes:
        target: placeholder or tensor of the labels; None where the output has no loss.
        is_fed: whether `target` is a placeholder.
        sample_weight: placeholder of the samples' weights; None until weights are given.
        mode: "temporal" for weights of each step of time, None for weights of samples.
        metrics, weighted_metrics: name -> metric.
        loss_metric: mean of this output's loss over an epoch, where there are several outputs.
    """

    def __init__(self, output: Any, name: str, loss: Any, loss_weight: float, mode: str | None):
        self.output, self.name, self.loss, self.loss_weight, self.mode = output, name, loss, loss_weight, mode
        self.target: Any = None
        self.is_fed = False
        self.sample_weight: Any = None
        self.metrics: dict[str, Any] = {}
        self.weighted_metrics: dict[str, Any] = {}
        self.loss_metric: Any = None

    @property
    def loss_name(self) -> str:
        """What the values of its loss are called."""
        return f"{self.name}_loss"

    @property
    def shape(self) -> Any:
        """The shape of the output, as a tuple."""
        return shape_tuple(self.output)

    def make_target(self, given: Any) -> None:
        """Makes the target: `given`, or a placeholder like the output."""
        if given is not None:
            self.target = given
        elif self.loss is not None:
            self.is_fed = True
            rank = None if self.shape is None else [None] * len(self.shape)
            self.target = placeholder(self.output.dtype, rank, name=f"{self.name}_target")

    def make_sample_weight(self) -> None:
        """Makes the placeholder of the samples' weights, unless there is one."""
        if self.sample_weight is None:
            shape = (None, None) if self.mode == "temporal" else (None,)
            default = [[1.0]] if self.mode == "temporal" else [1.0]
            self.sample_weight = placeholder_with_default(
                PUBLIC["constant"](default, dtype=PUBLIC["keras.backend.floatx"]()),
                shape,
                name=f"{self.name}_sample_weights",
            )

    def loss_tensor(self) -> Any:
        """The loss of this output, from its target, weights and mask."""
        with name_scope(self.loss_name):
            weight = _with_mask(self.sample_weight, getattr(self.output, "_keras_mask", None), self.output)
            if not hasattr(self.loss, "reduction"):
                return self.loss(self.target, self.output, sample_weight=weight)
            losses = self.loss.call(self.target, self.output)
            weighted = compute_weighted_loss(losses, sample_weight=weight, reduction=Reduction.NONE)
            reduction = self.loss.reduction
            return reduce_weighted_loss(
                weighted, Reduction.SUM_OVER_BATCH_SIZE if reduction == Reduction.AUTO else reduction
            )

    def metric_results(self) -> None:
        """Applies its metrics to target and output."""
        mask = getattr(self.output, "_keras_mask", None)
        for metrics, weight in ((self.metrics, None), (self.weighted_metrics, self.sample_weight)):
            for name, metric in metrics.items():
                with name_scope(name):
                    metric(self.target, self.output, sample_weight=_with_mask(weight, mask, self.output))


def _with_mask(weight: Any, mask: Any, output: Any) -> Any:
    """Weights that are zero where `mask` is false."""
    if mask is None:
        return weight
    mask = cast(mask, output.dtype)
    if weight is None:
        return mask
    mask, _, weight = squeeze_or_expand_dimensions(mask, sample_weight=weight)
    return weight * mask


class Compilation:
    """The endpoints of a compiled model and the tensors made of them.

    Attributes:
        total_loss: the scalar to minimise: the weighted losses of the outputs, and the losses that layers added.

    Args:
        model: a model that has outputs.
        loss, metrics, loss_weights, sample_weight_mode, weighted_metrics, target_tensors: see `Model.compile`.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        metrics: Any,
        loss_weights: Any,
        sample_weight_mode: Any,
        weighted_metrics: Any,
        target_tensors: Any,
    ):
        self.model = model
        names = model.output_names
        losses, weights = losses_of(loss, names), loss_weights_of(loss_weights, names)
        modes = _modes(sample_weight_mode, names)
        self.endpoints = [Endpoint(*each) for each in zip(model.outputs, names, losses, weights, modes, strict=True)]
        targets = _targets(target_tensors, names)
        for endpoint, target in zip(self.endpoints, targets, strict=True):
            endpoint.make_target(target)
        self._make_metrics(metrics_of(metrics, names), weighted=False)
        self._make_metrics(metrics_of(weighted_metrics, names), weighted=True)
        if weighted_metrics:
            for endpoint in self.endpoints:
                if endpoint.target is not None:
                    endpoint.make_sample_weight()
        self.connect()

    def _make_metrics(self, given: list[list[Any]], weighted: bool) -> None:
        taken = {"loss", *(n for e in self.endpoints for n in (*e.metrics, *e.weighted_metrics, e.loss_name))}
        for endpoint, metrics in zip(self.endpoints, given, strict=True):
            if endpoint.target is None:
                continue
            into = endpoint.weighted_metrics if weighted else endpoint.metrics
            for metric in metrics:
                name = self._unique(metric_name(metric, weighted), endpoint, taken)
                taken.add(name)
                into[name] = made = metric_of(metric, name, endpoint.shape, endpoint.loss)
                made._name = name

    def _unique(self, name: str, endpoint: Endpoint, taken: set[str]) -> str:
        """`name` after the output's where there are several, and numbered where it is taken."""
        base = f"{endpoint.name}_{name}" if len(self.endpoints) > 1 else name
        proposed, number = base, 1
        while proposed in taken:
            proposed, number = f"{base}_{number}", number + 1
        return proposed

    def connect(self) -> None:
        """Makes the loss and the results of the metrics, with the sample weights that there are by now."""
        with name_scope("metrics"):
            for endpoint in self.endpoints:
                if endpoint.target is not None:
                    endpoint.metric_results()
        self.total_loss = self._total_loss()

    def _total_loss(self) -> Any:
        model, total = self.model, None
        with name_scope("loss"):
            for endpoint in self.endpoints:
                if endpoint.loss is None:
                    continue
                loss = endpoint.loss_tensor()
                if len(self.endpoints) > 1:
                    if endpoint.loss_metric is None:
                        endpoint.loss_metric = PUBLIC["keras.metrics.Mean"](name=endpoint.loss_name)
                    endpoint.loss_metric(loss)
                loss = endpoint.loss_weight * loss
                total = loss if total is None else total + loss
            custom = model.get_losses_for(None) + model.get_losses_for(model.inputs)
            if total is None:
                if not custom:
                    raise ValueError("The model cannot be compiled because it has no loss to optimize.")
                total = 0.0
            return total + add_n(custom) if custom else total

    def weigh_samples(self, weights: list[Any]) -> bool:
        """Makes placeholders for the outputs that `weights` has any for; whether there were none before."""
        new = [e for e, w in zip(self.fed_endpoints, weights, strict=True) if w is not None and e.sample_weight is None]
        for endpoint in new:
            endpoint.make_sample_weight()
        if new:
            self.connect()
        return bool(new)

    @property
    def fed_endpoints(self) -> list[Endpoint]:
        """The endpoints whose targets are fed."""
        return [endpoint for endpoint in self.endpoints if endpoint.is_fed]

    @property
    def metrics(self) -> list[Any]:
        """The metrics of all outputs."""
        return [m for e in self.endpoints for m in (*e.metrics.values(), *e.weighted_metrics.values())]

    @property
    def loss_metrics(self) -> list[Any]:
        """The means of the losses of the outputs, where there are several."""
        return [e.loss_metric for e in self.endpoints if e.loss_metric is not None]


def _modes(mode: Any, names: list[str]) -> list[str | None]:
    """The mode of the sample weights of each output, from one, a list, or a dictionary by name."""
    if isinstance(mode, dict):
        return [mode.get(name) for name in names]
    if isinstance(mode, (list, tuple)):
        if len(mode) != len(names):
            raise ValueError(
                f"When passing a list as sample_weight_mode, it should have one entry per model output. The model has "
                f"{len(names)} outputs, but you passed {mode}"
            )
        return list(mode)
    return [mode] * len(names)


def _targets(tensors: Any, names: list[str]) -> list[Any]:
    """The target tensor of each output; None where one is to be made."""
    if tensors is None or (isinstance(tensors, list) and not tensors):
        return [None] * len(names)
    if isinstance(tensors, dict):
        unknown = set(tensors) - set(names)
        if unknown:
            raise ValueError(
                f"Unknown entry in `target_tensors` dictionary: {sorted(unknown)}. Only expected the following keys: "
                f"{names}"
            )
        return [tensors.get(name) for name in names]
    given = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    if len(given) != len(names):
        raise ValueError(
            "When passing a list as `target_tensors`, it should have one entry per model output. The model has "
            f"{len(names)} outputs, but you passed target_tensors={tensors}"
        )
    return given
