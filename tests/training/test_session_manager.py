"""Sessions that are ready once all variables have values."""

import tfcompat.compat.v1 as tf


def test_ranks_of_variables_are_no_list_of_missing_ones():
    with tf.Graph().as_default():
        variable = tf.Variable([1.0, 2.0])
        manager = tf.train.SessionManager(ready_op=tf.assert_variables_initialized())
        session = manager.prepare_session("", init_op=tf.global_variables_initializer())
        assert session.run(variable).tolist() == [1.0, 2.0]
        session.close()
