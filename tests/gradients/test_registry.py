"""Op types have a gradient, are declared to have none, or have nothing, as in the reference.

Recorded by scripts/record_gradient_registry.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from converters import registry as converters
from tests.cases import f32
from tfcompat.graph import op_def, registry

converters.load_families()
RECORDED = json.loads((Path(__file__).parent.parent / "golden" / "gradient_registry.json").read_text())
RUNNING = {*converters.converts, *converters.converts_state, *registry.kernel, *registry.state_kernel,
           *registry.decomposes}  # fmt: skip
KNOWN = set(registry.gradient_of)

# Control flow and arrays of version 1 are raised to other op types before gradients go through them.
RAISED = ("Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch", "TensorArray", "Ref")


def test_what_runs_has_the_gradients_of_the_reference():
    wanted = {name for name, has_gradient in RECORDED.items() if has_gradient and name in RUNNING}
    missing = {name for name in wanted - KNOWN if not name.startswith(RAISED)}
    assert not missing
    none = {name for name in wanted & KNOWN if registry.gradient_of.get(name) is registry.NOT_DIFFERENTIABLE}
    assert not none


def test_what_has_no_gradient_in_the_reference_has_none():
    there = {name for name, has_gradient in RECORDED.items() if not has_gradient and name in KNOWN}
    extra = {name for name in there if registry.gradient_of.get(name) is not registry.NOT_DIFFERENTIABLE}
    assert extra == {"TensorListConcatLists"}


@pytest.mark.parametrize(
    "make",
    [
        lambda x, v: tf.scatter_update(v, [0, 1, 2], x),
        lambda x, v: tf.scatter_min(v, [0, 1, 2], x),
        lambda x, v: tf.raw_ops.ScatterNdMax(ref=v._ref(), indices=[[0], [1], [2]], updates=x),
        lambda x, v: v[:].assign(x),
        lambda x, v: tf.raw_ops.ApplyGradientDescent(var=v._ref(), alpha=0.1, delta=x),
        lambda x, v: tf.quantization.quantize(x, 0.0, 1.0, tf.quint8)[1],
        lambda x, v: tf.quantization.dequantize(tf.cast([1], tf.quint8), x[0], x[1]),
        lambda x, v: tf.decode_csv(["1"], [x[:1]])[0],
        lambda x, v: tf.raw_ops.CholeskyGrad(l=tf.diag(x), grad=tf.diag(x)),
    ],
)
def test_a_gradient_that_nothing_defines_is_refused_by_name(make):
    with tf.Graph().as_default():
        x, v = tf.constant(f32(3)), tf.get_variable("v", initializer=f32(3))
        result = make(x, v)
        with pytest.raises(LookupError, match=rf"op type: {result.op.type}\)"):
            tf.gradients(result, x)


@pytest.mark.parametrize("axis", [-1, 0])
def test_the_gradient_of_approximate_top_values_goes_where_they_are(axis):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([[1.0, 5.0, 3.0], [9.0, 2.0, 4.0]])
        values, _ = tf.math.approx_max_k(x, 1, reduction_dimension=axis)
        weights = tf.constant([[2.0], [7.0]] if axis else [[2.0, 7.0, 3.0]])
        wanted = [[0, 2, 0], [7, 0, 0]] if axis else [[0, 7, 0], [2, 0, 3]]
        assert session.run(tf.gradients(values, x, weights)[0]).tolist() == wanted


@pytest.mark.parametrize("scaled", [True, False])
def test_the_gradient_of_the_old_batch_normalization_is_that_of_its_formula(scaled):
    with tf.Graph().as_default(), tf.Session() as session:
        t, m, beta, gamma = (tf.constant(f32(*s, salt=i)) for i, s in enumerate([(2, 3, 1, 4), (4,), (4,), (4,)]))
        v = tf.constant(f32.positive(4))
        old = tf.raw_ops.BatchNormWithGlobalNormalization(
            t=t, m=m, v=v, beta=beta, gamma=gamma, variance_epsilon=0.1, scale_after_normalization=scaled
        )
        new = tf.nn.batch_normalization(t, m, v, beta, gamma if scaled else None, 0.1)
        inputs = [t, m, v, beta, *([gamma] if scaled else [])]
        weights = tf.constant(f32(2, 3, 1, 4, salt=5))
        got, wanted = session.run([tf.gradients(old, inputs, weights), tf.gradients(new, inputs, weights)])
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_gradients_pass_through_optional_values():
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.constant([1.0, 2.0]), tf.constant(3.0)
        a, b = tf.data.experimental.Optional.from_value((x * 2.0, y)).get_value()
        assert [g.tolist() for g in session.run(tf.gradients(tf.reduce_sum(a) * b, [x, y]))] == [[6.0, 6.0], 6.0]


def test_what_runs_without_an_entry_is_not_declared_to_have_no_gradient():
    types = {
        name
        for name in KNOWN - set(RECORDED)
        if op_def.is_defined(name) and registry.gradient_of.get(name) is registry.NOT_DIFFERENTIABLE
    }
    silent = {name for name in types if name.startswith(("Scatter", "Apply", "SparseApply", "StridedSliceAssign"))}
    assert not silent
