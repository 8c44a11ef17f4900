"""Names of files, collections, tags and signatures of SavedModels."""

from __future__ import annotations

from tfcompat.graph.export import export

ASSETS_DIRECTORY = "assets"
ASSETS_KEY = "saved_model_assets"
LEGACY_INIT_OP_KEY = "legacy_init_op"
MAIN_OP_KEY = "saved_model_main_op"
SCHEMA_VERSION = 1
FILENAME_PB = "saved_model.pb"
FILENAME_PBTXT = "saved_model.pbtxt"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"
INIT_OP_SIGNATURE = "__saved_model_init_op"
TRAIN_OP_SIGNATURE = "__saved_model_train_op"

SERVING = "serve"
DEFAULT_SIGNATURE = "serving_default"
CLASSIFY_METHOD = "tensorflow/serving/classify"
PREDICT_METHOD = "tensorflow/serving/predict"
REGRESS_METHOD = "tensorflow/serving/regress"
CLASSES, SCORES, INPUTS, OUTPUTS = "classes", "scores", "inputs", "outputs"

# fmt: off
_EXPORTED: dict[str, dict[str, object]] = {
    "constants": {
        "ASSETS_DIRECTORY":           ASSETS_DIRECTORY,
        "ASSETS_KEY":                 ASSETS_KEY,
        "DEBUG_DIRECTORY":            "debug",
        "DEBUG_INFO_FILENAME_PB":     "saved_model_debug_info.pb",
        "LEGACY_INIT_OP_KEY":         LEGACY_INIT_OP_KEY,
        "MAIN_OP_KEY":                MAIN_OP_KEY,
        "SAVED_MODEL_FILENAME_PB":    FILENAME_PB,
        "SAVED_MODEL_FILENAME_PBTXT": FILENAME_PBTXT,
        "SAVED_MODEL_SCHEMA_VERSION": SCHEMA_VERSION,
        "VARIABLES_DIRECTORY":        VARIABLES_DIRECTORY,
        "VARIABLES_FILENAME":         VARIABLES_FILENAME,
    },
    "tag_constants": {
        "GPU":      "gpu",
        "SERVING":  SERVING,
        "TPU":      "tpu",
        "TRAINING": "train",
    },
    "signature_constants": {
        "CLASSIFY_INPUTS":                   INPUTS,
        "CLASSIFY_METHOD_NAME":              CLASSIFY_METHOD,
        "CLASSIFY_OUTPUT_CLASSES":           CLASSES,
        "CLASSIFY_OUTPUT_SCORES":            SCORES,
        "DEFAULT_SERVING_SIGNATURE_DEF_KEY": DEFAULT_SIGNATURE,
        "PREDICT_INPUTS":                    INPUTS,
        "PREDICT_METHOD_NAME":               PREDICT_METHOD,
        "PREDICT_OUTPUTS":                   OUTPUTS,
        "REGRESS_INPUTS":                    INPUTS,
        "REGRESS_METHOD_NAME":               REGRESS_METHOD,
        "REGRESS_OUTPUTS":                   OUTPUTS,
    },
}
# fmt: on

for _module, _names in _EXPORTED.items():
    for _name, _value in _names.items():
        export(f"saved_model.{_module}.{_name}", _value)
        export(f"saved_model.{_name}", _value)
