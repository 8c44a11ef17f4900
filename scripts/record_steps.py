"""Records twenty training steps of the programs of tests/steps with the TensorFlow of this Python.

    path/to/tensorflow2.15.1/bin/python scripts/record_steps.py
    path/to/tensorflow1.15.5/bin/python scripts/record_steps.py

The second records what needs tf.contrib. Programs that were recorded already are kept, those that no longer exist are
dropped. oneDNN is off, since its results depend on the processor.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.join(ROOT, "benchmarks")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

from tests.steps import observed  # noqa: E402


def main():
    import tensorflow as tf

    family = "core" if tf.__version__.startswith("2.") else "contrib"
    if family == "core":
        tf = tf.compat.v1
        tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.FATAL)
    held = observed.recorded()
    rows = {key: row for key, row in held.items() if key.split("/")[0] not in observed.MODULES[family]}
    for module in observed.MODULES[family]:
        for program in observed.programs(module):
            key = observed.key(program)
            if key in held:
                rows[key] = held[key]
                continue
            try:
                rows[key] = observed.observe(tf, program)
                print("recorded " + key, flush=True)
            except Exception as error:
                print(f"{key} fails: {type(error).__name__}: {str(error)[:500]}", flush=True)
    observed.write(rows)


if __name__ == "__main__":
    main()
