"""`model_to_estimator`: a compiled model as an `Estimator`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.export_outputs import PredictOutput
from tfcompat.estimator.model_fn import EstimatorSpec
from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.graph import Graph
from tfcompat.keras.engine.cloning import clone_model
from tfcompat.training.global_step import get_or_create_global_step

_SERVING = "serving_default"


@tf_export("keras.estimator.model_to_estimator")
def model_to_estimator(
    keras_model: Any = None,
    keras_model_path: str | None = None,
    custom_objects: dict[str, Any] | None = None,
    model_dir: str | None = None,
    config: Any = None,
    checkpoint_format: str | None = None,
    metric_names_map: Mapping[str, str] | None = None,
    export_outputs: Mapping[str, Any] | None = None,
) -> Any:
    """An `Estimator` that trains and evaluates a compiled model, beginning with the model's values.

    Args:
        keras_model: the model, a graph of layers or a sequence.
        keras_model_path: path of a file of `Model.save`, in place of `keras_model`.
        custom_objects: name -> class or function, for those that Keras does not know.
        model_dir: directory of the estimator; a new temporary one by default.
        config: a `RunConfig`.
        checkpoint_format: accepted; values are saved by the names of variables.
        metric_names_map: name of a metric of the model -> name in the estimator's results.
        export_outputs: more outputs to export, name -> `ExportOutput`.

    Raises:
        ValueError: both or none of the models, or one that is not compiled.
        NotImplementedError: a model that connects its layers in `call`.
    """
    if not keras_model and not keras_model_path:
        raise ValueError("Either `keras_model` or `keras_model_path` needs to be provided.")
    if keras_model and keras_model_path:
        raise ValueError("Please specity either `keras_model` or `keras_model_path`, but not both.")
    model = keras_model or PUBLIC["keras.models.load_model"](keras_model_path, custom_objects)
    if not model._is_compiled:
        raise ValueError(
            "The given keras model has not been compiled yet. Please compile the model with `model.compile()` before "
            "calling `model_to_estimator()`."
        )
    if not model._is_graph_network:
        raise NotImplementedError(
            "model_to_estimator needs a model that is a graph of layers, or a sequence: a subclass cannot be made "
            "again in the estimator's graph."
        )
    config = config or PUBLIC["estimator.RunConfig"]()
    folder = model_dir or config.model_dir or tempfile.mkdtemp()
    return Estimator(
        _model_function(model, custom_objects, metric_names_map or {}, export_outputs or {}),
        model_dir=folder,
        config=config,
        warm_start_from=_first_checkpoint(model, custom_objects, folder),
    )


def _first_checkpoint(model: Any, custom_objects: Any, folder: str) -> str | None:
    """The prefix of a checkpoint with the model's values by the names of variables; None where there is a later one."""
    if PUBLIC["train.latest_checkpoint"](folder):
        return None
    path = os.path.join(folder, "keras", "keras_model.ckpt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    values = model.get_weights()
    with (
        Graph().as_default(),
        PUBLIC["Session"]() as session,
        PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}),
    ):
        twin = clone_model(model)
        twin.set_weights(values)
        PUBLIC["train.Saver"](twin.weights).save(session, path)
    return path


def _model_function(model: Any, custom_objects: Any, names: Mapping[str, str], more_outputs: Mapping[str, Any]) -> Any:
    arguments = dict(model._compile_arguments)
    optimizer = _optimizer_maker(model.optimizer)

    def model_fn(features: Any, labels: Any, mode: str) -> EstimatorSpec:
        trains, predicts = mode == "train", mode == "infer"
        PUBLIC["keras.backend.set_learning_phase"](int(trains))
        with PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}):
            made = clone_model(model, _in_order(features, model.input_names))
        predictions = dict(zip(model.output_names, made.outputs, strict=True))
        if predicts:
            return EstimatorSpec(mode, predictions, export_outputs=_exported(predictions, more_outputs))
        targets = _in_order(labels, made.output_names)
        made.compile(optimizer(), **{**arguments, "metrics": _fresh(arguments["metrics"]), "target_tensors": targets})
        if trains:
            made.optimizer.iterations = get_or_create_global_step()
        made._training_function() if trains else made._testing_function()
        return EstimatorSpec(
            mode,
            predictions,
            loss=made.total_loss,
            train_op=made.train_function.updates_op if trains else None,
            eval_metric_ops={names.get(m.name, m.name): (m.result(), _update_of(m)) for m in made.metrics},
            export_outputs=_exported(predictions, more_outputs),
        )

    return model_fn


def _fresh(metrics: Any) -> Any:
    """`metrics` with new ones in place of objects, whose variables belong to another graph."""

    def renewed(metric: Any) -> Any:
        return type(metric).from_config(metric.get_config()) if hasattr(metric, "update_state") else metric

    return nest.map_structure(renewed, metrics)


def _update_of(metric: Any) -> Any:
    """What updates a metric in one step."""
    return PUBLIC["group"](*metric.updates) if metric.updates else metric._call_result


def _exported(predictions: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {_SERVING: PredictOutput(predictions), **more}


def _optimizer_maker(optimizer: Any) -> Any:
    """A function that gives an optimizer like `optimizer` for the default graph."""
    try:
        config = optimizer.get_config()
    except NotImplementedError:
        return lambda: optimizer.optimizer
    return lambda: type(optimizer).from_config(config)


def _in_order(tensors: Any, names: list[str]) -> Any:
    """Features or labels as the list of tensors that a model takes.

    Raises:
        ValueError: they are given by other names.
    """
    if tensors is None:
        return None
    if isinstance(tensors, Mapping):
        if len(tensors) == len(names) == 1:
            return list(tensors.values())
        missing = sorted(set(names) - set(tensors))
        if missing:
            raise ValueError(
                f"The dictionary does not have all keys of the model: it has {sorted(tensors)}, the model {names}."
            )
        return [tensors[name] for name in names]
    return [PUBLIC["convert_to_tensor"](t) if not hasattr(t, "dtype") else t for t in nest.flatten(tensors)]
