"""Records the networks of tf.keras.applications into tests/golden/keras_applications.json.

    python scripts/record_keras_applications.py

Run it with the Python that has TensorFlow 1.15.5, which tells the layers, then with that of 2.15.1, which tells the
answers of networks with random weights, and how images are scaled.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import tensorflow.compat.v1 as tf

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "keras_applications.json"


def main() -> None:
    spec = importlib.util.spec_from_file_location("networks", str(ROOT / "tests/keras/applications/networks.py"))
    networks = importlib.util.module_from_spec(spec)
    sys.modules["networks"] = networks
    spec.loader.exec_module(networks)
    held = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if tf.__version__.startswith("1."):
        held["networks"] = {}
        for name in networks.NETWORKS:
            with tf.Graph().as_default():
                model = getattr(tf.keras.applications, name)(weights=None)
                held["networks"][name] = networks.described(tf, model)
    else:
        tf.disable_v2_behavior()
        held["answers"] = {call: networks.answers(tf, call, shape) for call, shape in networks.CALLS.items()}
        held["scaled"] = {module: networks.scaled(tf, module) for module in networks.MODULES}
    GOLDEN.write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
