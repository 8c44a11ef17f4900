"""Passes: the same values by other nodes, and only where they apply."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.runtime import program

VALUES = np.array([[-2.5, -0.0, 0.0], [np.nan, np.inf, -np.inf], [1e-45, 3.0, -1e-45]], np.float32)


def run(build, monkeypatch, x=VALUES):
    """What a program computes, and the operators of its model."""
    models = []
    original = program.load_model
    monkeypatch.setattr(program, "load_model", lambda nodes, *rest: models.append(nodes) or original(nodes, *rest))
    with tf.Graph().as_default(), tf.Session() as sess:
        fed = tf.placeholder(tf.float32, x.shape)
        found = sess.run(build(fed), {fed: x})
    return found, [node.op_type for nodes in models for node in nodes]


CHOICES = {
    "positive part": (lambda x: tf.where(x >= 0, x, tf.zeros_like(x)), np.where(VALUES >= 0, VALUES, 0), False),
    "by >": (lambda x: tf.where_v2(x > 0, x, 0.0), np.where(VALUES > 0, VALUES, 0), False),
    "magnitude": (lambda x: tf.where(x >= 0, -x, x), -np.abs(VALUES), False),
    "another bound": (lambda x: tf.where_v2(x > 1, x, 0.0), np.where(VALUES > 1, VALUES, 0), True),
    "another value": (lambda x: tf.where_v2(x > 0, x, 1.0), np.where(VALUES > 0, VALUES, 1), True),
    "the other way": (lambda x: tf.where_v2(x > 0, 0.0, x), np.where(VALUES > 0, 0, VALUES), True),
    "of another": (lambda x: tf.where_v2(x > 0, x * 2.0, 0.0), np.where(VALUES > 0, VALUES * 2, 0), True),
    "more dimensions": (
        lambda x: tf.where_v2(x > 0, x, np.zeros((2, 3, 3), np.float32)),
        np.where(VALUES > 0, VALUES, np.zeros((2, 3, 3))),
        True,
    ),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choices(name, monkeypatch):
    build, expected, stays = CHOICES[name]
    with np.errstate(invalid="ignore"):
        found, operators = run(build, monkeypatch)
    assert np.array_equal(found, expected, equal_nan=True)
    assert ("Where" in operators) == stays


def test_the_sigmoid_cross_entropy_has_no_choices(monkeypatch):
    def loss(x):
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(x), logits=x)

    x = np.array([[-30.0, -1.0, 0.0, 2.0, 50.0]], np.float32)
    found, operators = run(loss, monkeypatch, x)
    assert np.allclose(found, np.log1p(np.exp(-x.astype(np.float64))), rtol=1e-5)
    assert "Where" not in operators
