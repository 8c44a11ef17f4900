"""Version 1 control flow, made operation by operation: what is raised, what it means, and what is refused."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import onnx as tfonnx

raw = tf.raw_ops


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetches, feeds=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def loop(start, limit, body, frame="loop", constant=True):
    """A counter loop around `body`; the value that leaves."""
    enters = [raw.Enter(data=t, frame_name=frame) for t in (tf.constant(0), start)]
    merges = [raw.Merge(inputs=[e, e])[0] for e in enters]
    bound = raw.Enter(data=limit, frame_name=frame, is_constant=constant)
    going = raw.LoopCond(input=tf.less(merges[0], bound))
    switches = [raw.Switch(data=m, pred=going) for m in merges]
    inside = [tf.identity(s[1]) for s in switches]
    with tf.control_dependencies([inside[0].op]):
        one = tf.constant(1)
    following = [inside[0] + one, body(inside[1])]
    for merge, value in zip(merges, following, strict=True):
        merge.op._update_input(1, raw.NextIteration(data=value))
    return raw.Exit(data=switches[1][0])


def test_a_loop_feeds_and_fetches_around_it():
    n = tf.placeholder(tf.int32, [])
    left = loop(tf.constant(1.0), n, lambda a: a * 2.0)
    result = left + 1.0
    assert run(result, {n: 5}) == 33
    assert run([left, result], {left: 7.0}) == [7, 8]


def test_constants_without_control_edges_belong_to_every_frame():
    three = tf.constant(1.0) + tf.constant(2.0)
    assert run(loop(tf.constant(1.0), tf.constant(2), lambda a: a * three)) == 9


def test_values_of_other_frames_are_refused():
    x = tf.placeholder(tf.float32, [])
    left = loop(tf.constant(1.0), tf.constant(2), lambda a: a * x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="has inputs from different frames"):
        run(left, {x: 1.0})


def test_a_loop_in_a_loop_and_a_choice_inside():
    def body(a):
        low, high = raw.Switch(data=a, pred=tf.greater(a, 10.0))
        shrunk, grown = high - 9.0, low * 2.0
        chosen, _ = raw.Merge(inputs=[grown, shrunk])
        with tf.control_dependencies([a.op]):
            two = tf.constant(2)
        return loop(chosen, two, lambda b: b + 1.0, "inner")

    want = 1.0
    for _ in range(5):
        want = (want - 9 if want > 10 else want * 2) + 2
    assert run(loop(tf.constant(1.0), tf.constant(5), body, "outer")) == want


def test_merges_tell_which_input_is_there():
    p = tf.placeholder(tf.bool, [])
    low, high = raw.Switch(data=tf.constant([1.0, 2.0]), pred=p)
    value, index = raw.Merge(inputs=[high + 1.0, low])
    for choice, wanted in ((True, ([2, 3], 0)), (False, ([1, 2], 1))):
        values = run([value, index], {p: choice})
        assert values[0].tolist() == wanted[0]
        assert values[1] == wanted[1]


def test_a_merge_with_a_dead_input_gives_the_other():
    p = tf.placeholder(tf.bool, [])
    low, high = raw.Switch(data=tf.constant(1.0), pred=p)
    never = low + high
    value, index = raw.Merge(inputs=[never, tf.constant(5.0)])
    assert run([value, index], {p: True}) == [5, 1]


def test_waiting_for_a_switch_is_waiting_for_what_it_takes():
    p = tf.placeholder(tf.bool, [])
    v = tf.Variable(1.0, use_resource=True)
    assign = v.assign(5.0)
    switch = raw.Switch(data=tf.identity(assign), pred=p)
    low, high = switch
    with tf.control_dependencies([switch[0].op]):
        read = v.read_value()
    value, _ = raw.Merge(inputs=[low, high * 2.0])
    assert run([read, value], {p: True}) == [5, 10]


def test_effects_happen_on_the_side_that_is_alive():
    p = tf.placeholder(tf.bool, [])
    v = tf.Variable(1.0, use_resource=True)
    low, high = raw.Switch(data=tf.constant(3.0), pred=p)
    with tf.control_dependencies([raw.AssignAddVariableOp(resource=v.handle, value=high)]):
        done = tf.identity(high)
    value, _ = raw.Merge(inputs=[done, low])
    with tf.control_dependencies([value]):
        read = v.read_value()
    assert run(read, {p: True}) == 4
    assert run(read, {p: False}) == 1


def test_a_merge_waits_for_effects_of_the_side_that_is_alive():
    p = tf.placeholder(tf.bool, [])
    v, w = (tf.Variable(1.0, use_resource=True) for _ in range(2))
    low, high = raw.Switch(data=tf.constant(3.0), pred=p)
    raised = raw.AssignAddVariableOp(resource=v.handle, value=high)
    with tf.control_dependencies([low.op, low * 1.0]):
        lowered = raw.AssignAddVariableOp(resource=v.handle, value=-low)
    outside = raw.AssignAddVariableOp(resource=w.handle, value=2.0)
    with tf.control_dependencies([raised, lowered, outside]):
        value, _ = raw.Merge(inputs=[low, high])
    with tf.control_dependencies([value]):
        reads = [v.read_value(), w.read_value()]
    assert run(reads, {p: True}) == [4, 3]
    assert run(reads, {p: False}) == [-2, 3]


def test_what_is_dead_has_no_value():
    p = tf.placeholder(tf.bool, [])
    low, _ = raw.Switch(data=tf.constant(1.5), pred=p)
    doubled = low * 2.0
    assert run(doubled, {p: False}) == 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
        run(doubled, {p: True})


def test_choices_of_one_predicate_that_need_each_other():
    p, q = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])

    def choose(value, predicate, when_false, when_true):
        low, high = raw.Switch(data=value, pred=predicate)
        return raw.Merge(inputs=[when_false(low), when_true(high)])[0]

    x = tf.constant(1.0)
    first = choose(x, p, lambda v: v + 1.0, lambda v: v + 2.0)
    second = choose(first, q, lambda v: v * 3.0, lambda v: v * 5.0)
    third = choose(x, q, lambda v: v - 4.0, lambda v: v - 6.0)
    fourth = choose(third, p, lambda v: v * 7.0, lambda v: v * 9.0)
    for a in (False, True):
        for b in (False, True):
            wanted = [(3 if a else 2) * (5 if b else 3), (-5 if b else -3) * (9 if a else 7)]
            assert run([second, fourth], {p: a, q: b}) == wanted


def test_merges_that_no_predicate_decides_are_refused_with_their_name():
    with pytest.raises(tf.errors.UnimplementedError, match=r"either.*no predicate decides"):
        run(raw.Merge(inputs=[tf.constant(1.0), tf.constant(2.0)], name="either")[0])


def test_frames_without_a_condition_are_refused_with_their_name():
    enter = raw.Enter(data=tf.constant(1.0), frame_name="odd", name="way_in")
    with pytest.raises(tf.errors.UnimplementedError, match="'odd', which way_in enters, has 0 LoopCond"):
        run(raw.Exit(data=tf.identity(enter)))


def test_an_exit_without_a_frame_is_invalid():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Cannot find a corresponding Enter"):
        run(raw.Exit(data=tf.constant(1.0)))


def test_stacks_that_two_operations_push_on_are_refused():
    stack = raw.StackV2(max_size=-1, elem_type=tf.float32)
    first = raw.StackPushV2(handle=stack, elem=tf.constant(1.0))
    second = raw.StackPushV2(handle=stack, elem=tf.constant(2.0))
    with tf.control_dependencies([first, second]):
        popped = raw.StackPopV2(handle=stack, elem_type=tf.float32, name="pop")
    with pytest.raises(tf.errors.UnimplementedError, match="2 operations push on"):
        run(popped)


def test_a_loop_exports():
    n = tf.placeholder(tf.int32, [], name="n")
    x = tf.placeholder(tf.float32, [None], name="x")
    left = loop(x, n, lambda a: tf.concat([a, a], 0))
    with tf.Session() as session:
        model = tfonnx.export([left], [x, n], session)
    import onnxruntime as ort

    plain = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (value,) = plain.run(None, {"x:0": np.array([1, 2], np.float32), "n:0": np.array(2, np.int32)})
    assert value.tolist() == [1, 2] * 4


def test_very_deep_conditions_are_refused_with_their_name():
    value, dead = tf.constant(1.0), []
    p = tf.placeholder(tf.bool, [300])
    for i in range(300):
        low, value = raw.Switch(data=value, pred=p[i])
        dead.append(low)
    for low in reversed(dead):
        value = raw.Merge(inputs=[low, value + 1.0])[0]
    with pytest.raises(tf.errors.UnimplementedError, match=r"\(Merge\) needs too many conditions"):
        run(value, {p: [True] * 300})
