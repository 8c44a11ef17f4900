"""`Model.compile`, `fit`, `evaluate`, `predict` and their forms for single batches and generators."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.keras.engine import arrays as data
from tfcompat.keras.engine import feeding
from tfcompat.keras.engine.compilation import Compilation
from tfcompat.keras.engine.feeding import ArraySource, IteratorSource, Source
from tfcompat.keras.engine.loops import Validation, checked_frequency, fit_loop, predict_loop, test_loop
from tfcompat.keras.engine.network import Network
from tfcompat.layers.connections import is_keras_tensor, shape_tuple
from tfcompat.layers.parts import distinct
from tfcompat.ops.identity import placeholder
from tfcompat.platform import logging


class Training(Network):
    """A model that can be trained; see `Model`."""

    _not_parts = Network._not_parts | {"optimizer", "history", "_compilation", "_compile_arguments", "_functions"}
    _not_parts |= {"_trained_weights", "_save_operations", "_loaded", "loss", "loss_weights"}

    def _init_training(self) -> None:
        self.optimizer: Any = None
        self.history: Any = None
        self.stop_training = False
        self._compile_arguments: dict[str, Any] | None = None
        self._compilation: Compilation | None = None
        self._functions: dict[str, Any] = {}
        self._takes_placeholders = False
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
        self._compilation, self._functions = None, {}
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
        for metric in self._reported():
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
        found = [getattr(metric, "_call_result", None) for metric in self._reported()]
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

    # ---------------------------------------------------------------- the data of calls

    def _prepared_arrays(
        self, x: Any, y: Any, weights: Any, class_weight: Any = None, check_batch: bool = False
    ) -> list[Any]:
        """Inputs, labels and sample weights of a call as arrays, in the order of the functions' arguments."""
        self._take_inputs(x)
        endpoints = self._complete_compilation().fed_endpoints
        inputs = self._input_arrays(x)
        targets = data.standardized(y, [e.name for e in endpoints], [None] * len(endpoints), "target")
        given = data.sample_weights(weights, class_weight, targets, endpoints)
        data.check_lengths(inputs, targets, given)
        data.check_targets(targets, endpoints)
        if self._complete_compilation().weigh_samples(given):
            self._functions = {key: f for key, f in self._functions.items() if key == "predict"}
        kept = [w for e, w in zip(endpoints, given, strict=True) if e.sample_weight is not None]
        self._check_stateful_batch(inputs)
        return [*inputs, *targets, *kept]

    def _input_arrays(self, x: Any) -> list[Any]:
        if isinstance(x, dict) and not self._is_graph_network and len(x) == len(self._fed_inputs):
            x = [x[key] for key in sorted(x)]
        shapes = [shape_tuple(t) if self._is_graph_network else None for t in self._fed_inputs]
        return data.standardized(x, self._fed_input_names, shapes, "input")

    def _check_stateful_batch(self, inputs: list[Any]) -> None:
        size = next((t.shape.as_list()[0] for t in self.inputs or () if t.shape.rank), None)
        if not self.stateful or size is None:
            return
        for array in inputs:
            if array is not None and array.shape[0] % size:
                raise ValueError(
                    "In a stateful network, you should only pass inputs with a number of samples that can be divided "
                    f"by the batch size {size}. Found: {array.shape[0]} samples"
                )

    def _take_inputs(self, x: Any) -> None:
        """Calls a model with a `call` of its own on placeholders like `x`, unless that was done."""
        if self._is_graph_network or self._takes_placeholders:
            return
        leaves = [data.as_array(v) for v in nest.flatten(_as_arrays(x))]
        tensors = [_placeholder_like(v, f"input_{i + 1}") for i, v in enumerate(leaves)]
        inputs = nest.pack_sequence_as(_as_arrays(x), tensors)
        self._takes_placeholders = True
        if len(tensors) == 1:
            self._build_input_shape = shape_tuple(tensors[0])
        self._set_ends(inputs, self(inputs))
        if self._compile_arguments is not None:
            self._compilation, self._functions = None, {}
            self._complete_compilation()

    def _set_ends(self, inputs: Any, outputs: Any) -> None:
        """Takes what it was called with as its inputs and outputs, for a model with a `call` of its own."""
        self.inputs, self.outputs = nest.flatten(inputs), nest.flatten(outputs)
        self._nested_inputs, self._nested_outputs = inputs, outputs
        self.input_names = [f"input_{i + 1}" for i in range(len(self.inputs))]
        self.output_names = [f"output_{i + 1}" for i in range(len(self.outputs))]

    # ---------------------------------------------------------------- many batches

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Trains the model.

        Args:
            x: inputs: an array, a list, a dictionary by name; tensors; a dataset or an iterator of one; a generator or
                `Sequence` of `(inputs, labels)` or `(inputs, labels, sample weights)`.
            y: labels, in the same forms; None where `x` gives them.
            batch_size: samples of a batch, for arrays; 32 by default.
            epochs: number of the last epoch, counted from 1.
            verbose: 0 for nothing, 1 for a bar, 2 for a line an epoch.
            callbacks: list of `tf.keras.callbacks.Callback`.
            validation_split: share of the samples, the last ones, that are not trained on but evaluated.
            validation_data: `(x, y)` or `(x, y, sample weights)`, a dataset or a generator to evaluate after epochs.
            shuffle: whether to mix the samples of arrays before each epoch; "batch" for whole batches.
            class_weight: class -> weight of its samples.
            sample_weight: weights of the samples.
            initial_epoch: epoch to begin with, counted from 0.
            steps_per_epoch: batches of an epoch, for data that does not end.
            validation_steps: the same for `validation_data`.
            validation_freq: evaluate after each so many epochs, or after the epochs of a list.
            max_queue_size, workers, use_multiprocessing: accepted; batches are made when they are needed.
            kwargs: `nb_epoch`, an old name of `epochs`.

        Returns:
            The `History`: what was reported after each epoch.

        Raises:
            RuntimeError: the model was not compiled.
            ValueError: the data does not fit the model.
        """
        if "nb_epoch" in kwargs:
            epochs = kwargs.pop("nb_epoch")
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self._check_compiled()
        held_out = None
        if validation_split and validation_data is None:
            x, y, sample_weight, held_out = _split(x, y, sample_weight, validation_split)
        source = self._source(
            x,
            y,
            sample_weight,
            class_weight=class_weight,
            batch_size=batch_size,
            steps=steps_per_epoch,
            shuffle=shuffle,
        )
        given = validation_data if held_out is None else held_out
        validation = None
        if given is not None:
            x, y, sample_weight = _validation_parts(given)
            # the reference mixes the samples here too, which moves numpy's generator on
            of_validation = self._source(
                x, y, sample_weight, batch_size=batch_size, steps=validation_steps, shuffle=True, held_out=True
            )
            goes_along = source.sized and not source.by_samples and isinstance(of_validation, ArraySource)
            if goes_along:
                of_validation.by_samples = of_validation.shuffle = False  # type: ignore[attr-defined]
            validation = Validation(of_validation, checked_frequency(validation_freq), goes_along)
        if verbose:
            _announce(source, None if validation is None else validation.source)
        listening = self._callbacks(callbacks, source, epochs, batch_size, verbose, validation is not None)
        history = fit_loop(self, source, listening, epochs, initial_epoch, validation)
        source.close()
        return history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int = 1,
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> Any:
        """The loss, or the loss and the metrics in a list, over all data; arguments as for `fit`."""
        self._check_compiled()
        source = self._source(x, y, sample_weight, batch_size=batch_size, steps=steps)
        listening = self._listeners(callbacks, source, "test", batch_size, verbose)
        results = test_loop(self, source, listening)
        source.close()
        return results[0] if len(results) == 1 else results

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int = 0,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> Any:
        """The outputs for all of `x`: an array, or a list of one for each output; arguments as for `fit`."""
        source = self._source(x, None, None, batch_size=batch_size, steps=steps, labelled=False)
        listening = self._listeners(callbacks, source, "predict", batch_size, verbose)
        results = predict_loop(self, source, listening)
        source.close()
        return results

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        class_weight: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> Any:
        """`fit` with a generator or `Sequence`."""
        return self.fit(
            generator,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
        )

    def evaluate_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: int = 0,
    ) -> Any:
        """`evaluate` with a generator or `Sequence`."""
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: int = 0,
    ) -> Any:
        """`predict` with a generator or `Sequence`."""
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    # ---------------------------------------------------------------- one batch

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, reset_metrics: bool = True
    ) -> Any:
        """Trains on one batch; gives the loss, or the loss and the metrics in a list.

        Args:
            x, y, sample_weight, class_weight: see `fit`.
            reset_metrics: whether the metrics are those of this batch alone.
        """
        self._check_compiled()
        arrays = self._one_batch(x, y, sample_weight, class_weight)
        return self._on_batch(self._training_function(), arrays, reset_metrics)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True) -> Any:
        """Evaluates one batch; see `train_on_batch`."""
        self._check_compiled()
        arrays = self._one_batch(x, y, sample_weight, None)
        return self._on_batch(self._testing_function(), arrays, reset_metrics)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch: an array, or a list of one for each output."""
        self._take_inputs(x)
        x = _values_of(x)
        outputs = self._predicting_function()(self._input_arrays(x))
        return outputs[0] if len(outputs) == 1 else outputs

    def _one_batch(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> list[Any]:
        if feeding.is_dataset_iterator(x) or feeding.is_dataset(x):
            source = self._source(x, None, None, class_weight=class_weight, steps=1)
            return next(source.batches())[1]
        x, y, sample_weight = (_values_of(v) for v in (x, y, sample_weight))
        return self._prepared_arrays(x, y, sample_weight, class_weight, check_batch=True)

    def _on_batch(self, function: Any, arrays: list[Any], reset_metrics: bool) -> Any:
        results = function(arrays)
        if reset_metrics:
            self.reset_metrics()
        return results[0] if len(results) == 1 else results

    # ---------------------------------------------------------------- parts of these

    def _check_compiled(self) -> None:
        if not self._is_compiled:
            raise RuntimeError(self._not_compiled)

    def _source(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: Any = False,
        labelled: bool = True,
        held_out: bool = False,
    ) -> Source:
        """The batches that the arguments of a call mean."""

        def prepare(x: Any, y: Any, weights: Any) -> list[Any]:
            if labelled:
                return self._prepared_arrays(x, y, weights, class_weight)
            self._take_inputs(x)
            return self._input_arrays(x)

        if feeding.is_generator(x):
            if steps is None:
                if not feeding.is_sequence(x):
                    raise ValueError(
                        "`steps_per_epoch=None` is only valid for a generator based on the `keras.utils.Sequence` "
                        "class. Please specify `steps_per_epoch` or use the `keras.utils.Sequence` class."
                    )
                steps = len(x)
            return IteratorSource(feeding.generated(x, bool(shuffle)), prepare, steps, held_out, labelled, sized=True)
        if feeding.is_dataset(x):
            return IteratorSource(feeding.dataset_batches(x), prepare, steps, steps is None or held_out, labelled)
        if feeding.is_dataset_iterator(x):
            x = x.get_next()
            return IteratorSource(lambda: feeding.evaluated(x), prepare, steps, False, labelled)
        if feeding.is_symbolic((x, y, sample_weight)):
            if steps is None:
                raise ValueError(
                    "When using data tensors as input to a model, you should specify the `steps_per_epoch` argument."
                )
            batch = (x, y, sample_weight)
            kept = tuple(part for part in batch if part is not None)
            return IteratorSource(lambda: feeding.evaluated(kept), prepare, steps, False, labelled)
        if x is None and not self._fed_inputs and steps is not None:
            made = prepare(None, None, None)
            return IteratorSource(lambda: iter([(None, None)] * steps), lambda *_: made, steps, True, labelled)
        return ArraySource(prepare(x, y, sample_weight), batch_size, shuffle, steps)

    def _callbacks(
        self, callbacks: Any, source: Source, epochs: int, batch_size: Any, verbose: int, validates: bool
    ) -> Any:
        """The list of callbacks that training calls, with those that it always has."""
        configure = PUBLIC["keras.callbacks.CallbackList"].for_training
        names = self.metrics_names
        self._complete_compilation()
        return configure(
            self,
            callbacks,
            {
                "batch_size": batch_size or (32 if source.by_samples else None),
                "epochs": epochs,
                "steps": source.steps,
                "samples": source.samples if source.samples is not None else source.steps,
                "verbose": verbose,
                "do_validation": validates,
                "metrics": [*names, *(f"val_{name}" for name in names)] if validates else names,
            },
            counts_samples=source.by_samples,
        )

    def _listeners(self, callbacks: Any, source: Source, mode: str, batch_size: Any, verbose: int) -> Any:
        """The list of callbacks that `evaluate` and `predict` call; None when there are none."""
        if not callbacks and not verbose:
            return None
        return PUBLIC["keras.callbacks.CallbackList"].for_one_pass(
            self,
            callbacks,
            {
                "batch_size": batch_size or (32 if source.by_samples else None),
                "epochs": 1,
                "steps": source.steps,
                "samples": source.samples if source.samples is not None else source.steps,
                "verbose": verbose,
                "do_validation": False,
                "metrics": [] if mode == "predict" else self.metrics_names,
            },
            counts_samples=source.by_samples,
        )


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


def _as_arrays(x: Any) -> Any:
    """`x`, with lists of numbers as arrays."""
    if isinstance(x, (list, tuple)) and x and not hasattr(x[0], "shape"):
        return np.asarray(x)
    return x


def _placeholder_like(value: Any, name: str) -> Any:
    shape = (None, *value.shape[1:]) if len(value.shape) > 1 else (None, 1)
    dtype = PUBLIC["keras.backend.floatx"]() if value.dtype.kind == "f" else value.dtype
    return placeholder(dtype, shape, name=name)


def _values_of(structure: Any) -> Any:
    """`structure` with the values of its tensors."""
    if not feeding.is_symbolic(structure):
        return structure
    return PUBLIC["keras.backend.get_session"](structure).run(structure)


def _split(x: Any, y: Any, weights: Any, share: float) -> tuple[Any, Any, Any, Any]:
    """x, y and weights of the first samples, and (x, y, weights) of the share of the last ones."""
    if feeding.is_symbolic((x, y)) or feeding.is_generator(x) or feeding.is_dataset(x):
        raise ValueError("If your data is in the form of symbolic tensors, you cannot use `validation_split`.")
    parts = [nest.map_structure(data.as_array, _as_arrays(v)) if v is not None else None for v in (x, y, weights)]
    count = next(a.shape[0] for a in nest.flatten(parts) if a is not None)
    at = int(count * (1.0 - share))
    if at in (0, count):
        raise ValueError(
            f"Training data contains {count} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={share}`. Either provide more data, or a different value "
            "for the `validation_split` argument."
        )
    first, last = (
        [None if v is None else nest.map_structure(lambda a, s=s: None if a is None else a[s], v) for v in parts]
        for s in (slice(None, at), slice(at, None))
    )
    return first[0], first[1], first[2], tuple(last)


def _validation_parts(given: Any) -> tuple[Any, Any, Any]:
    if isinstance(given, (list, tuple)):
        if len(given) not in (2, 3):
            raise ValueError(
                "When passing a `validation_data` argument, it must contain either 2 items (x_val, y_val), or 3 items "
                "(x_val, y_val, val_sample_weights), or alternatively it could be a dataset or a dataset or a dataset "
                f"iterator. However we received `validation_data={given}`"
            )
        return (*given, None)[:3]  # type: ignore[return-value]
    return given, None, None


def _announce(source: Source, validation: Source | None) -> None:
    """Prints on how much is trained and validated, where that is known."""
    count, unit = (source.samples, "samples") if source.samples is not None else (source.steps, "steps")
    if count is None or source.sized and not source.by_samples:
        return
    line = f"Train on {count} {unit}"
    if validation is not None:
        of_validation = validation.samples if validation.samples is not None else validation.steps
        if of_validation is not None:
            line += f", validate on {of_validation} {unit}"
    print(line)
