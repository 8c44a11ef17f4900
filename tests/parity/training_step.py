"""What the programs of one optimizer each have in common: dense and sparse gradients of both kinds of variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cases import f32

Runs = list[tuple[Any, dict[Any, Any]]]


def trained(tf: Any, make: Callable[[Any], Any], steps: int = 3) -> Runs:
    """Trains a matrix, a vector and two tables of embeddings, one of each pair a resource, and fetches all variables.

    Args:
        tf: the module under test.
        make: gives the optimizer; called with the global step.
        steps: how many steps are run.
    """
    matrix = tf.get_variable("matrix", initializer=f32(3, 2))
    vector = tf.get_variable("vector", initializer=f32(2), use_resource=True)
    table = tf.get_variable("table", initializer=f32(5, 3, salt=1))
    records = tf.get_variable("records", initializer=f32(4, 3, salt=2), use_resource=True)
    ids = tf.placeholder(tf.int32, [None], name="ids")
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    inputs = tf.gather(table, ids) + tf.gather(records, ids) * x
    loss = tf.reduce_mean(tf.square(tf.matmul(inputs, matrix) + vector), name="loss")
    global_step = tf.train.get_or_create_global_step()
    optimizer = make(global_step)
    step = optimizer.minimize(loss, global_step=global_step)
    slots = [
        s
        for name in optimizer.get_slot_names()
        for v in (matrix, vector, table, records)
        if (s := optimizer.get_slot(v, name)) is not None
    ]
    batches = [
        {ids: np.array([0, 3, 0], np.int32), x: f32(3, 3, salt=3)},
        {ids: np.array([2], np.int32), x: f32(1, 3, salt=4)},
        {ids: np.array([1, 1, 2, 0], np.int32), x: f32(4, 3, salt=5)},
    ]
    runs: Runs = [(step, batches[i % len(batches)]) for i in range(steps)]
    return [*runs, ([matrix, vector, table, records, global_step, *slots], {}), (loss, batches[0])]


_INPUTS = {"lr": 0.1, "alpha": 0.1, "momentum": 0.9, "rho": 0.8, "epsilon": 0.01, "beta1": 0.8, "beta2": 0.9,
           "beta1_power": 0.64, "beta2_power": 0.81, "l1": 0.1, "l2": 0.2, "l2_shrinkage": 0.1, "lr_power": -0.5,
           "logbase": 0.5, "sign_decay": 0.7, "beta": 0.6}  # fmt: skip


def updated(tf: Any, op_type: str, slots: str, parameters: str, **attrs: Any) -> Runs:
    """Runs one op type of optimizers on variables called `var` and by the words of `slots`, and fetches them.

    Args:
        tf: the module under test.
        op_type: such as "ResourceApplyAdaMax".
        slots: names of the slots.
        parameters: names of the scalar inputs.
        attrs: attributes.
    """
    resource = op_type.startswith("Resource")
    with tf.variable_scope(None, op_type):
        names = ["var", *slots.split()]
        variables = {
            name: tf.get_variable(name, initializer=np.abs(f32(3, 2, salt=i)) + 0.3, use_resource=resource)
            for i, name in enumerate(names)
        }
        inputs = {name: v.handle if resource else v._ref() for name, v in variables.items()}
        gradient = "delta" if op_type.endswith("ApplyGradientDescent") else "grad"
        inputs[gradient] = tf.constant(f32(2 if "Sparse" in op_type else 3, 2, salt=9))
        if "Sparse" in op_type:
            inputs["indices"] = tf.constant([2, 0])
        inputs.update({name: tf.constant(_INPUTS[name]) for name in parameters.split()})
        step = getattr(tf.raw_ops, op_type)(**inputs, **attrs)
    return [(getattr(step, "op", step), {}), (list(variables.values()), {})]
