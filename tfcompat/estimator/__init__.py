"""`tf.estimator`: training, evaluation, prediction and export around one model function.

Importing the package only announces its names; each module is loaded when one of its names is first used.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from tfcompat.graph.export import PUBLIC, export_lazy

# fmt: off
_EARLY_STOPPING = ("make_early_stopping_hook", "stop_if_higher_hook", "stop_if_lower_hook",
                   "stop_if_no_increase_hook", "stop_if_no_decrease_hook")

_NAMES = {
    "model_fn": ("ModeKeys", "EstimatorSpec"),
    "run_config": ("RunConfig",),
    "estimator": ("Estimator", "WarmStartSettings"),
    "training": ("TrainSpec", "EvalSpec", "train_and_evaluate"),
    "extenders": ("add_metrics",),
    "exporters": ("Exporter", "FinalExporter", "LatestExporter", "BestExporter"),
    "export_outputs": ("export.ExportOutput", "export.PredictOutput", "export.ClassificationOutput",
                       "export.RegressionOutput"),
    "receivers": ("export.ServingInputReceiver", "export.TensorServingInputReceiver",
                  "export.build_raw_serving_input_receiver_fn", "export.build_parsing_serving_input_receiver_fn"),
    "tpu": ("tpu.InputPipelineConfig", "tpu.TPUConfig", "tpu.RunConfig", "tpu.TPUEstimatorSpec", "tpu.TPUEstimator"),
    "heads.base": ("Head",),
    "heads.binary": ("BinaryClassHead",),
    "heads.multi_class": ("MultiClassHead",),
    "heads.multi_label": ("MultiLabelHead",),
    "heads.multi_head": ("MultiHead",),
    "heads.regression": ("RegressionHead", "PoissonRegressionHead", "LogisticRegressionHead"),
    "canned.dnn": ("DNNClassifier", "DNNRegressor", "DNNEstimator"),
    "canned.linear": ("LinearClassifier", "LinearRegressor", "LinearEstimator"),
    "canned.combined": ("DNNLinearCombinedClassifier", "DNNLinearCombinedRegressor", "DNNLinearCombinedEstimator"),
    "canned.baseline": ("BaselineClassifier", "BaselineRegressor", "BaselineEstimator"),
    "canned.parse_specs": ("classifier_parse_example_spec", "regressor_parse_example_spec"),
    "canned.logits": ("experimental.dnn_logit_fn_builder", "experimental.linear_logit_fn_builder",
                      "experimental.call_logit_fn"),
    "early_stopping": tuple(f"experimental.{name}" for name in _EARLY_STOPPING),
    "array_inputs": ("inputs.numpy_input_fn", "inputs.pandas_input_fn"),
}
"""Module -> names below `tf.estimator` that it defines."""

_CONTRIB = {
    "canned.heads": ("binary_classification_head", "multi_class_head", "multi_label_head", "regression_head",
                     "poisson_regression_head", "logistic_regression_head", "multi_head"),
    "canned.dnn": ("DNNEstimator",),
    "canned.linear": ("LinearEstimator",),
    "canned.combined": ("DNNLinearCombinedEstimator",),
    "canned.baseline": ("BaselineEstimator",),
    "extenders": ("add_metrics", "forward_features", "clip_gradients_by_norm"),
    "canned.logits": ("dnn_logit_fn_builder", "linear_logit_fn_builder", "call_logit_fn"),
    "early_stopping": _EARLY_STOPPING,
}
"""Module -> names below `tf.contrib.estimator` that it defines."""

_HOOKS = ("CheckpointSaverHook", "CheckpointSaverListener", "FeedFnHook", "FinalOpsHook", "GlobalStepWaiterHook",
          "LoggingTensorHook", "NanLossDuringTrainingError", "NanTensorHook", "ProfilerHook", "SecondOrStepTimer",
          "SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues", "StepCounterHook",
          "StopAtStepHook", "SummarySaverHook", "VocabInfo")
"""Names of `tf.train` that `tf.estimator` has too."""
# fmt: on


def _defined_in(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)


def _announce() -> None:
    for module, names in _NAMES.items():
        for name in names:
            export_lazy(f"estimator.{name}", functools.partial(_defined_in, module, name.rpartition(".")[2]))
    for module, names in _CONTRIB.items():
        for name in names:
            export_lazy(f"contrib.estimator.{name}", functools.partial(_defined_in, module, name))
    for name in _HOOKS:
        export_lazy(f"estimator.{name}", functools.partial(PUBLIC.__getitem__, f"train.{name}"))
    for name in (*_NAMES["tpu"], "tpu.CrossShardOptimizer"):
        export_lazy(f"contrib.{name}", functools.partial(_defined_in, "tpu", name.rpartition(".")[2]))
    export_lazy("tpu.CrossShardOptimizer", functools.partial(_defined_in, "tpu", "CrossShardOptimizer"))
    export_lazy(
        "contrib.cluster_resolver.TPUClusterResolver", functools.partial(_defined_in, "tpu", "TPUClusterResolver")
    )
    export_lazy("contrib.learn.RunConfig", functools.partial(_defined_in, "run_config", "RunConfig"))


_announce()
