"""The programs that the benchmarks time, each written once against a `tf` module that is handed in.

Initial values and inputs come from fixed numpy streams, so that every library computes the same numbers: the harness
compares them before it compares the times.
"""

from workloads.loops import LOOPS
from workloads.models import MODELS
from workloads.nets import NETS
from workloads.program import Program, Workload

__all__ = ["WORKLOADS", "Program", "Workload", "construction"]


def construction(tf, blocks: int = 100) -> int:
    """Builds a graph of some twenty operations a block and returns how many operations it has."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 32])
        for block in range(blocks):
            with tf.name_scope(f"block{block}"):
                y = tf.matmul(x, tf.ones([32, 32])) + tf.zeros([32])
                y = tf.nn.relu(y) * 0.5
                y = tf.concat([y[:, :16], y[:, 16:]], axis=1)
                mean = tf.reduce_mean(y, axis=1, keepdims=True)
                y = tf.reshape(tf.tanh(y - mean), [-1, 32])
                x = x + y
    return len(graph.get_operations())


WORKLOADS: dict[str, Workload] = {**NETS, **MODELS, **LOOPS}
