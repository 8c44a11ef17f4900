"""Values that may be absent; batches as sparse tensors; the older names of specs."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset = tf.data.Dataset
Optional = tf.data.experimental.Optional


def run(make):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(make())


def test_a_value_is_given_back_in_its_structure():
    value = {"a": 1.5, "b": (["x"], tf.SparseTensorValue([[0, 2]], [7], [1, 3]))}
    has, found = run(lambda: (lambda o: (o.has_value(), o.get_value()))(Optional.from_value(value)))
    assert has
    assert found["a"] == 1.5
    assert found["b"][0].tolist() == [b"x"]
    assert found["b"][1].indices.tolist() == [[0, 2]]
    assert found["b"][1].dense_shape.tolist() == [1, 3]


def test_the_graph_is_that_of_the_reference():
    with tf.Graph().as_default() as graph:
        optional = Optional.from_value((1, "a"))
        optional.get_value()
        optional.has_value()
        assert [(op.name, op.type) for op in graph.get_operations() if op.type.startswith("Optional")] == [
            ("optional", "OptionalFromValue"),
            ("OptionalGetValue", "OptionalGetValue"),
            ("OptionalHasValue", "OptionalHasValue"),
        ]
        assert optional.element_spec == (tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.string))


def test_without_a_value_there_is_nothing_to_get():
    spec = tf.TensorSpec([2], tf.float32)
    assert not run(lambda: Optional.empty(spec).has_value())
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
        run(lambda: Optional.none_from_structure(spec).get_value())


def test_the_end_of_an_iterator_is_no_error():
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.make_initializable_iterator(Dataset.range(2).map(lambda x: (x, tf.cast(x, tf.float32))))
        following = tf.data.experimental.get_next_as_optional(iterator)
        has, value = following.has_value(), following.get_value()
        with pytest.raises(tf.errors.FailedPreconditionError, match="not been initialized"):
            session.run(has)
        session.run(iterator.initializer)
        assert session.run([has, value]) == [True, (0, 0.0)]
        assert session.run([value, has]) == [(1, 1.0), True]
        assert session.run(has) == np.False_
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
            session.run(value)


def test_optionals_are_components_of_elements():
    with tf.Graph().as_default(), tf.Session() as session:
        made = Dataset.range(3).map(lambda x: (x, Optional.from_value(x * x)))
        assert made.element_spec[1].is_compatible_with(tf.OptionalSpec(tf.TensorSpec([], tf.int64)))
        assert not made.element_spec[1].is_compatible_with(tf.OptionalSpec(tf.TensorSpec([], tf.int32)))
        assert not made.element_spec[1].is_compatible_with(tf.TensorSpec([], tf.int64))
        assert made.element_spec[1] == tf.OptionalSpec(tf.TensorSpec([], tf.int64))
        assert made.element_spec[1].value_type is Optional
        squares = made.map(lambda x, o: x + o.get_value()).batch(3)
        assert session.run(tf.data.make_one_shot_iterator(squares).get_next()).tolist() == [0, 2, 6]


FILLED = {"rows": lambda: Dataset.range(5).map(lambda x: tf.fill([x], x))}


def batches(shape, make=FILLED["rows"], size=2):
    found = []
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = make().apply(tf.data.experimental.dense_to_sparse_batch(size, shape))
        element = tf.data.make_one_shot_iterator(dataset).get_next()
        for _ in range(4):
            try:
                value = session.run(element)
                found.append((value.indices.tolist(), value.values.tolist(), value.dense_shape.tolist()))
            except tf.errors.OutOfRangeError:
                break
            except tf.errors.OpError as error:
                found.append(f"{type(error).__name__}: {error.message.splitlines()[0]}")
    return found


def test_batches_of_sparse_tensors():
    assert batches([4]) == [
        ([[1, 0]], [1], [2, 4]),
        ([[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]], [2, 2, 3, 3, 3], [2, 4]),
        ([[0, 0], [0, 1], [0, 2], [0, 3]], [4, 4, 4, 4], [1, 4]),
    ]
    strings = batches([None, 5], lambda: Dataset.range(3).map(lambda x: tf.fill([x, 2], "z")))
    assert strings[0] == ([[1, 0, 0], [1, 0, 1]], [b"z", b"z"], [2, 1, 5])
    assert strings[1][2] == [1, 2, 5]


def test_rows_of_sparse_batches_have_to_fit():
    assert batches([2]) == [
        ([[1, 0]], [1], [2, 2]),
        "DataLossError: Input element had shape ([3]) that is larger than the row shape ([2]).",
        "DataLossError: Input element had shape ([4]) that is larger than the row shape ([2]).",
    ]
    wrong = "InvalidArgumentError: Input element had shape ([0]) that is incompatible with the row shape ([4,4])."
    assert batches([4, 4])[0] == wrong
    with pytest.raises(ValueError, match="Dimension -2 must be >= 0"):
        batches([-2])
    with pytest.raises(TypeError, match="single component"):
        batches([2], lambda: Dataset.range(3).map(lambda x: (x, x)))
    assert batches([4], size=0)[0].startswith("InvalidArgumentError: Batch size must be")


def test_older_names_of_specs():
    structure = tf.data.experimental
    assert structure.TensorStructure(tf.int32, [2]) == tf.TensorSpec([2], tf.int32)
    assert structure.SparseTensorStructure(tf.int32, [2]) == tf.SparseTensorSpec([2], tf.int32)
    assert structure.RaggedTensorStructure(tf.int32, [2, None], 1) == tf.RaggedTensorSpec([2, None], tf.int32, 1)
    assert structure.TensorArrayStructure(tf.int32, [2], True, False).value_type is tf.TensorArray
    assert structure.DatasetStructure is tf.data.DatasetSpec
    assert structure.Structure is tf.TypeSpec
    assert structure.OptionalStructure is tf.OptionalSpec
