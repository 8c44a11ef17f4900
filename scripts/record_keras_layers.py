"""Records what layers of tf.keras say of themselves into tests/golden/keras_layers.json.

    python scripts/record_keras_layers.py

Run it with the Python that has TensorFlow 2.15.1, then with that of 1.15.5, whose answers go before where they differ:
the names of variables, and configurations. Initial values are those of 2.15.1.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import tensorflow.compat.v1 as tf

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "keras_layers.json"


def overlay(kept: dict, newer: dict) -> None:
    """Puts what `newer` says over `kept`, inside nested dictionaries of one class too."""
    for key, value in newer.items():
        old = kept.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and value.get("class_name") == old.get("class_name"):
            overlay(old, value)
        else:
            kept[key] = value


def main() -> None:
    spec = importlib.util.spec_from_file_location("layer_rows", str(ROOT / "tests/keras/layers/layer_rows.py"))
    rows = importlib.util.module_from_spec(spec)
    sys.modules["layer_rows"] = rows
    spec.loader.exec_module(rows)
    older = tf.__version__.startswith("1.")
    if not older:
        tf.disable_v2_behavior()
    held = json.loads(GOLDEN.read_text()) if older else {}
    for call, shapes in rows.ROWS.items():
        try:
            found = rows.asked(tf, call, shapes)
        except (AttributeError, TypeError) as error:
            if not older:
                raise
            print(f"{call}: {error}")
            continue
        if older:
            kept = held[call]
            overlay(kept["config"], found["config"])
            kept.update({key: found[key] for key in ("weights", "size") if key in found})
        else:
            held[call] = found
    GOLDEN.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in held.items()) + "\n}\n")


if __name__ == "__main__":
    main()
