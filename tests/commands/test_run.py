"""`tfcompat run`: programs in a process of their own."""

import subprocess
import sys

PROGRAM = """
import sys
import numpy as np
import tensorflow as tf
from tensorflow.contrib.layers.python.layers import initializers

x = tf.placeholder(tf.float32, [None, 3])
y = tf.reshape(tf.contrib.layers.flatten(x), [-1, x.shape[-1]])
with tf.Session() as session:
    total = session.run(tf.reduce_sum(y), {x: np.cast[np.float32](np.ones([2, 3], dtype=np.float))})
print(total, sys.argv[1:], np.asscalar(np.array([4], np.int)), np.product([2, 3]), np.Inf, np.in1d([1], [1]).tolist())
print(np.zeros(1, np.bool).dtype, np.trapz([1.0, 3.0]), initializers.xavier_initializer().__name__)
"""


def test_a_program_runs_with_its_arguments_and_the_names_of_its_time(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    command = [sys.executable, "-m", "tfcompat", "run", str(script), "--flag", "a"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["6.0 ['--flag', 'a'] 4 6 inf [True]", "bool 2.0 initialize"]


def test_a_missing_program_is_an_error(tmp_path):
    command = [sys.executable, "-m", "tfcompat", "run", str(tmp_path / "none.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no such file" in done.stderr
