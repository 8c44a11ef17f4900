"""Specs of values, tensor messages, statically known values."""

import pickle

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def test_specs_say_what_they_describe():
    spec = tf.TensorSpec([1, None], tf.int32, "a")
    assert repr(spec) == "TensorSpec(shape=(1, ?), dtype=tf.int32, name='a')"
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert tf.TensorSpec.from_spec(spec, name="b").name == "b"
    assert tf.TensorSpec.from_tensor(tf.constant(1, name="c")) == tf.TensorSpec([], tf.int32, "c")
    with pytest.raises(ValueError, match=r"should be a tf\.Tensor"):
        tf.TensorSpec.from_tensor(5)
    assert {tf.TensorSpec(None), tf.TensorSpec(None), tf.TensorSpec([None])} == {
        tf.TensorSpec(None), tf.TensorSpec([None])}  # fmt: skip


def test_compatibility_and_order():
    known, partly = tf.TensorSpec([2]), tf.TensorSpec([None])
    assert known.is_compatible_with(partly)
    assert known.is_compatible_with(tf.placeholder(tf.float32))
    assert not known.is_compatible_with(tf.placeholder(tf.int32))
    assert not known.is_compatible_with(5)
    assert known.is_subtype_of(partly)
    assert not partly.is_subtype_of(known)
    assert known.most_specific_compatible_type(tf.TensorSpec([3])) == partly
    with pytest.raises(ValueError, match="No TypeSpec is compatible"):
        known.most_specific_compatible_type(tf.TensorSpec([2], tf.int32))
    assert tf.SparseTensorSpec([2]).is_compatible_with(tf.SparseTensorSpec([None]))
    assert known.most_specific_common_supertype([tf.SparseTensorSpec([2])]) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.constant([1.0]),
        lambda: tf.SparseTensor([[0, 1]], [1.0], [2, 3]),
        lambda: tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([5, 1])),
        lambda: tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0])),
    ],
)
def test_values_are_taken_apart_and_put_together(make):
    value = make()
    spec = tf.type_spec_from_value(value)
    assert isinstance(value, spec.value_type)
    again = spec._from_components(spec._to_components(value))
    assert spec.is_compatible_with(again)
    assert type(again) is type(value)


def test_batches():
    for kind in (tf.TensorSpec, tf.SparseTensorSpec):
        spec = kind([2, None], tf.int32)
        assert spec._batch(7) == kind([7, 2, None], tf.int32)
        assert spec._batch(None)._unbatch() == spec
        with pytest.raises(ValueError, match="only supported for rank >= 1"):
            kind([])._unbatch()


def test_what_has_no_spec():
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        tf.type_spec_from_value("text")


@pytest.mark.parametrize(
    ("arguments", "shape", "values"),
    [
        (([1, 2, 3],), [3], [1, 2, 3]),
        ((1.5, None, [2, 2]), [2, 2], [[1.5, 1.5], [1.5, 1.5]]),
        (([1, 2], None, [3]), [3], [1, 2, 2]),
        (("abc",), [], b"abc"),
        (([1, 2], tf.float32), [2], [1.0, 2.0]),
        (([(21,), (22,)], tf.qint32), [2], [(21,), (22,)]),
        (([],), [0], []),
    ],
)
def test_tensor_messages_and_back(arguments, shape, values):
    proto = tf.make_tensor_proto(*arguments)
    assert [d.size for d in proto.tensor_shape.dim] == shape
    array = tf.make_ndarray(proto)
    assert array.tolist() == values
    assert tf.make_tensor_proto(proto) is proto


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (([1, 2, 3], None, [2]), ValueError, "Too many elements provided"),
        ((None,), ValueError, "None values not supported"),
        (([1.5], tf.int32), TypeError, "Expected int32"),
        (([1, 2], None, [2, 1], True), TypeError, "Expected Tensor's shape"),
        (("hello", tf.qint8), TypeError, "Expected qint8"),
    ],
)
def test_values_that_make_no_message(arguments, error, match):
    with pytest.raises(error, match=match):
        tf.make_tensor_proto(*arguments)
    with pytest.raises(TypeError, match="non-tensor type"):
        tf.make_tensor_proto(tf.constant(1))


def test_static_values_are_those_of_the_reference():
    unknown = tf.placeholder(tf.int32, [])
    known = {
        "constant": (tf.constant([1, 2]), [1, 2]),
        "cast": (tf.cast(tf.constant(1.5), tf.int32), 1),
        "shape": (tf.shape(tf.zeros([2, 3])), [2, 3]),
        "range": (tf.range(3), [0, 1, 2]),
        "stack": (tf.stack([1, 2]), [1, 2]),
        "concat": (tf.concat([[1], [2]], 0), [1, 2]),
        "fill": (tf.fill([2], 7), [7, 7]),
        "equal": (tf.equal(1, 1), True),
    }
    for tensor, value in known.values():
        assert tf.get_static_value(tensor).tolist() == value
    for tensor in (tf.constant(1) + 2, tf.reshape([1, 2], [2, 1]), unknown, tf.stack([1, unknown]), tf.Variable(1)):
        assert tf.get_static_value(tensor) is None
    partial = tf.get_static_value(tf.stack([1, unknown]), partial=True)
    assert list(partial) == [1, None]
    assert tf.get_static_value(5) == 5


def test_a_tensor_whose_value_was_given_out_is_not_fed(sess):
    c = tf.constant(1)
    tf.get_static_value(c)
    with pytest.raises(ValueError, match="may not be fed"):
        sess.run(c, {c: 2})


def test_what_counts_as_a_tensor():
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]))
    for value in (tf.constant(1), tf.SparseTensor([[0]], [1], [1]), slices, tf.Variable(1.0)):
        assert tf.is_tensor(value)
    for value in (1, np.zeros(1), "x", tf.no_op()):
        assert not tf.is_tensor(value)
