"""Session handles: tensors that stay in a session."""

import gc

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.kernels.session_tensors import SESSION_TENSORS


@pytest.fixture
def handle(sess):
    return sess.run(tf.get_session_handle(tf.constant([1, 2]), name="keep"))


def test_a_handle_is_fetched_evaluated_and_fed(sess, handle):
    assert str(handle) == handle.handle == "keep;0;/job:localhost/replica:0/task:0/device:CPU:0"
    assert handle.eval().tolist() == [1, 2]
    holder, value = tf.get_session_tensor(handle.handle, tf.int32)
    assert sess.run(value + 1, {holder: handle.handle}).tolist() == [2, 3]
    assert sess.run(value + 1, {holder: handle}).tolist() == [2, 3]
    anything = tf.placeholder(tf.int32)
    assert sess.run(anything * 2, {anything: handle}).tolist() == [2, 4]
    assert sess.make_callable(anything * 3, [anything])(handle).tolist() == [3, 6]


def test_the_graph_has_the_operations_on_the_handles_device(sess, handle):
    kept = tf.get_session_handle(tf.constant(1, name="one"))
    assert kept.op.colocation_groups() == [b"loc:@one"]
    holder, value = tf.get_session_tensor(handle.handle, tf.int32)
    assert (value.op.type, holder.dtype) == ("GetSessionTensor", tf.string)
    assert value.device == holder.device == "/job:localhost/replica:0/task:0/device:CPU:0"


def test_a_handle_of_another_type_is_refused(sess, handle):
    x = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="to be float32 but int32 is provided"):
        sess.run(x, {x: handle})


def test_deleted_tensors_are_gone(sess, handle):
    handle.delete()
    with pytest.raises(TypeError, match="may have already been deleted"):
        handle.delete()
    with pytest.raises(TypeError, match="may have already been deleted"):
        handle.eval()
    holder, value = tf.get_session_tensor(handle.handle, tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
        sess.run(value, {holder: handle.handle})


def test_deletion_in_the_graph(sess, handle):
    holder, delete = tf.delete_session_tensor(handle.handle)
    assert sess.run(delete, {holder: handle.handle}) is None
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
        sess.run(delete, {holder: handle.handle})


def test_a_dropped_handle_frees_its_tensor_unless_its_name_was_taken(sess):
    resources = sess._open_engine().state.resources
    keep = tf.get_session_handle(tf.constant(1.0))
    dropped, named = sess.run(keep), sess.run(keep)
    names = dropped.handle, named.get_raw_handle()
    del dropped, named
    gc.collect()
    assert resources.get(SESSION_TENSORS, "", names[0]) is None
    assert resources.get(SESSION_TENSORS, "", names[1]) == 1.0


def test_only_tensors_are_kept():
    with pytest.raises(TypeError, match="must be of type Tensor"):
        tf.get_session_handle([1.0])
