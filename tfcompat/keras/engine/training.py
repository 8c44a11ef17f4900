"""`Model.fit`, `evaluate`, `predict` and their forms for single batches and generators."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.keras.engine import feeding
from tfcompat.keras.engine.fed import Fed, split_off, validation_parts, values_of
from tfcompat.keras.engine.feeding import ArraySource, Source
from tfcompat.keras.engine.loops import Validation, checked_frequency, fit_loop, predict_loop, test_loop


class Training(Fed):
    """A model that can be trained; see `Model`."""

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
            x, y, sample_weight, held_out = split_off(x, y, sample_weight, validation_split)
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
            x, y, sample_weight = validation_parts(given)
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
        x = values_of(x)
        outputs = self._predicting_function()(self._input_arrays(x))
        return outputs[0] if len(outputs) == 1 else outputs

    def _one_batch(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> list[Any]:
        if feeding.is_dataset_iterator(x) or feeding.is_dataset(x):
            source = self._source(x, None, None, class_weight=class_weight, steps=1)
            return next(source.batches())[1]
        x, y, sample_weight = (values_of(v) for v in (x, y, sample_weight))
        return self._prepared_arrays(x, y, sample_weight, class_weight)

    def _on_batch(self, function: Any, arrays: list[Any], reset_metrics: bool) -> Any:
        results = function(arrays)
        if reset_metrics:
            self.reset_metrics()
        return results[0] if len(results) == 1 else results

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
