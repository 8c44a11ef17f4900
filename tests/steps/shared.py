"""The model that every optimizer trains: a dense layer and a table of embeddings, each kind of variable."""

import numpy as np

from tests.steps.observed import Training, numbers

IDS = [[0, 3, 0, 5], [2, 2, 2, 2], [6, 1, 6, 4]]


def trained(tf, make, sparse=True, dense=True, dtype="float32", kinds=("ref", "resource"), start=None, fixed=False):
    """Trains by four losses that do not touch each other, so that each shows its own optimizer's operation.

    Args:
        tf: the module under test.
        make: gives the optimizer; called with the global step.
        sparse: whether there are tables with gradients of rows, with repeated indices.
        dense: whether there are dense gradients.
        dtype: of all variables.
        kinds: kinds of variables.
        start: see Training; called with the session and the optimizer.
        fixed: initial values are constants, and the step waits for the losses: TensorFlow 1.15 makes other seeds, and
            some of its optimizers change variables while losses are computed.
    """
    ids = tf.placeholder(tf.int32, [4], name="ids")
    x = tf.placeholder(dtype, [None, 3], name="x")
    rows = tf.placeholder(dtype, [4, 2], name="rows")

    def variable(name, *shape):
        if fixed:
            return tf.get_variable(name, initializer=numbers(*shape, salt=name).astype(dtype), use_resource=resource)
        return tf.get_variable(name, shape, dtype, use_resource=resource)

    losses = []
    for kind in kinds:
        resource = kind == "resource"
        with tf.variable_scope(kind):
            if dense:
                w, b = variable("w", 3, 2), variable("b", 2)
                losses.append(tf.reduce_mean(tf.square(tf.matmul(x, w) + b - 0.5)))
            if sparse:
                table = variable("table", 7, 2)
                losses.append(tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, ids) * rows - 0.5)))
    count = tf.train.get_or_create_global_step()
    optimizer = make(count)
    with tf.control_dependencies(losses if fixed else []):
        step = optimizer.minimize(tf.add_n(losses), global_step=count)
    feeds = [
        {ids: np.array(chosen, np.int32), x: numbers(n + 2, 3, salt=n), rows: numbers(4, 2, salt=n)}
        for n, chosen in enumerate(IDS)
    ]
    return Training(step, losses, feeds, start and (lambda session: start(session, optimizer)))
