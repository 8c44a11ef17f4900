"""What `Model.compile` says, and the functions of a batch that follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.keras.engine.compilation import Compilation
from tfcompat.keras.engine.network import Network
from tfcompat.layers.connections import is_keras_tensor
from tfcompat.layers.parts import distinct
from tfcompat.platform import logging


class Compiled(Network):
    """A model that knows how it is trained; see `Model`."""

    _not_parts = Network._not_parts | {"optimizer", "history", "_compilation", "_compile_arguments", "_functions"}
    _not_parts |= {"_trained_weights", "_save_operations", "_loaded", "_counting", "loss", "loss_weights"}

    def _init_training(self) -> None:
        self.optimizer: Any = None
        self.history: Any = None
        self.stop_training = False
        self._compile_arguments: dict[str, Any] | None = None
        self._compilation: Compilation | None = None
        self._functions: dict[str, Any] = {}
        self._takes_placeholders = False
        self._counting: list[Any] | None = None
        self._save_operations: dict[Any, Any] = {}
        self._loaded: Any = None

    # ---------------------------------------------------------------- compiling

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        sample_weight_mode: Any = None,
        weighted_metrics: Any = None,
        target_tensors: Any = None,
        distribute: Any = None,
        **kwargs: Any,
    ) -> None:
        """Says how the model is trained.

        Args:
            optimizer: an optimizer of Keras or `tf.train`, or a name.
            loss: name, function or `Loss`; a list or a dictionary by name where outputs have different ones; None for
                outputs without a loss.
            metrics: what to report, names, functions or metrics; a list of lists or a dictionary by name of output.
                "accuracy" and "crossentropy" mean what fits output and loss.
            loss_weights: factors of the outputs' losses in the loss to minimise, a list or a dictionary.
            sample_weight_mode: "temporal" for sample weights of the shape [batch, time].
            weighted_metrics: metrics that take account of the samples' weights.
            target_tensors: tensors to take as labels in place of placeholders.
            distribute: must be None.
            kwargs: `run_eagerly` must be false; `experimental_run_tf_function` is accepted.

        Raises:
            ValueError: unknown names, or nothing to minimise.
            TypeError: another keyword.
        """
        kwargs.pop("experimental_run_tf_function", None)
        if kwargs.pop("run_eagerly", None):
            raise ValueError("You can only set `run_eagerly=True` with eager execution, and there is none.")
        if distribute is not None:
            raise NotImplementedError("`distribute`: models are trained on one device.")
        if kwargs:
            raise TypeError(f"Invalid keyword argument(s) in `compile`: {set(kwargs)}")
        self.optimizer = PUBLIC["keras.optimizers.get"](optimizer)
        self._compile_arguments = {
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "sample_weight_mode": sample_weight_mode,
            "weighted_metrics": weighted_metrics,
            "target_tensors": target_tensors,
        }
        self.loss, self.loss_weights = loss, loss_weights
        self._compilation, self._functions, self._counting = None, {}, None
        if self.outputs and (self._is_graph_network or self._takes_placeholders):
            self._complete_compilation()

    _not_compiled = "You must compile your model before training/testing. Use `model.compile(optimizer, loss)`."

    def _complete_compilation(self) -> Compilation:
        if self._compile_arguments is None:
            raise RuntimeError(self._not_compiled)
        if self._compilation is None:
            self._compilation = Compilation(self, **self._compile_arguments)
            self._trained_weights = self.trainable_weights
        return self._compilation

    @property
    def _is_compiled(self) -> bool:
        return self._compile_arguments is not None

    @property
    def total_loss(self) -> Any:
        """The scalar that training minimises."""
        return self._complete_compilation().total_loss

    @property
    def loss_functions(self) -> list[Any]:
        """The loss of each output."""
        return [endpoint.loss for endpoint in self._complete_compilation().endpoints]

    @property
    def targets(self) -> list[Any]:
        """The placeholders or tensors of the outputs' labels."""
        return [e.target for e in self._complete_compilation().endpoints if e.target is not None]

    @property
    def sample_weights(self) -> list[Any]:
        """The placeholder of each output's sample weights; None where there are none."""
        return [endpoint.sample_weight for endpoint in self._complete_compilation().endpoints]

    @property
    def metrics(self) -> list[Any]:
        """The metrics that were compiled, then those added to the model and its layers."""
        compiled = self._compilation.metrics if self._compilation else []
        return distinct([*compiled, *self._added_metrics])

    @property
    def metrics_names(self) -> list[str]:
        """What training reports: "loss", the losses of several outputs, and the metrics."""
        losses = [metric.name for metric in self._compilation.loss_metrics] if self._compilation else []
        return ["loss", *losses, *(metric.name for metric in self.metrics)]

    def reset_metrics(self) -> None:
        """Begins to count anew in all metrics."""
        for metric in self._reported() if self._counting is None else self._counting:
            metric.reset_states()

    def _reported(self) -> list[Any]:
        return [*(self._compilation.loss_metrics if self._compilation else []), *self.metrics]

    @property
    def sample_weight_mode(self) -> Any:
        """As it was compiled."""
        return (self._compile_arguments or {}).get("sample_weight_mode")

    @property
    def _checkpoint_dependencies(self) -> list[Any]:
        optimizer = self.optimizer
        own = [("optimizer", optimizer)] if hasattr(optimizer, "_checkpoint_dependencies") else []
        return [*super()._checkpoint_dependencies, *own]

    # ---------------------------------------------------------------- functions of batches

    @property
    def _fed_inputs(self) -> list[Any]:
        """The inputs that are placeholders of the model, and not given tensors."""
        return [t for t in self.inputs or () if _is_fed(t)]

    @property
    def _fed_input_names(self) -> list[str]:
        names = getattr(self, "input_names", [])
        return [name for name, t in zip(names, self.inputs or (), strict=True) if _is_fed(t)]

    def _function(self, kind: str) -> Any:
        """The function of a kind, made at its first use: arrays of a batch -> list of results."""
        if kind not in self._functions:
            self._functions[kind] = getattr(self, f"_make_{kind}_function")()
            self._load_more()
        return self._functions[kind]

    def _load_more(self) -> None:
        """Gives variables that were made after `load_weights` the values of the checkpoint."""
        if hasattr(self._loaded, "restore_new"):
            self._loaded.restore_new(PUBLIC["keras.backend.get_session"]())

    def _training_function(self) -> Any:
        if "train" not in self._functions:
            self._check_trained_weights()
        return self._function("train")

    def _testing_function(self) -> Any:
        return self._function("test")

    def _predicting_function(self) -> Any:
        return self._function("predict")

    @property
    def train_function(self) -> Any:
        """The function that trains on a batch; None before its first use."""
        return self._functions.get("train")

    @property
    def test_function(self) -> Any:
        """The function that evaluates a batch; None before its first use."""
        return self._functions.get("test")

    @property
    def predict_function(self) -> Any:
        """The function that predicts for a batch; None before its first use."""
        return self._functions.get("predict")

    def _check_trained_weights(self) -> None:
        if len(self.trainable_weights) != len(self._trained_weights):
            logging.log_first_n(
                logging.WARN,
                "Discrepancy between trainable weights and collected trainable weights, did you set `model.trainable` "
                "without calling `model.compile` after ?",
                1,
            )

    def _inputs_of_functions(self) -> list[Any]:
        endpoints = self._complete_compilation().fed_endpoints
        weights = [e.sample_weight for e in endpoints if e.sample_weight is not None]
        return [*self._fed_inputs, *(e.target for e in endpoints), *weights]

    def _results(self) -> list[Any]:
        self._counting = self._reported()
        found = [getattr(metric, "_call_result", None) for metric in self._counting]
        return [self.total_loss, *(result for result in found if result is not None)]

    def _make_train_function(self) -> Any:
        inputs = self._inputs_of_functions()
        with name_scope("training"):
            updates = self.optimizer.get_updates(params=self._trained_weights, loss=self.total_loss)
            updates = [*updates, *self.get_updates_for(None), *self.get_updates_for(self.inputs)]
        return self._stepping(inputs, self._results(), updates, "training")

    def _make_test_function(self) -> Any:
        return self._stepping(self._inputs_of_functions(), self._results(), self.state_updates, "evaluation")

    def _make_predict_function(self) -> Any:
        return self._stepping(self._fed_inputs, self.outputs or [], self.state_updates, "predict")

    def _stepping(self, inputs: list[Any], outputs: list[Any], updates: Any, scope: str) -> Any:
        """A function of the arrays of a batch; in the learning phase of training where that is the scope."""
        phase = PUBLIC["keras.backend.learning_phase"]()
        fed = inputs if isinstance(phase, int) else [*inputs, phase]
        with name_scope(scope):
            function = PUBLIC["keras.backend.function"](fed, outputs, updates=updates, name=scope)
        return _Step(function, [] if isinstance(phase, int) else [np.bool_(scope == "training")])


class _Step:
    """A function of the arrays of a batch, with the learning phase added."""

    def __init__(self, function: Any, phase: list[Any]):
        self._function, self._phase = function, phase

    def __call__(self, arrays: list[Any]) -> list[Any]:
        return self._function([*arrays, *self._phase])  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def _is_fed(tensor: Any) -> bool:
    """Whether an input is a placeholder of the model, and no tensor that it was given."""
    layer = tensor._keras_history.layer if is_keras_tensor(tensor) else None
    return bool(getattr(layer, "is_placeholder", True))
