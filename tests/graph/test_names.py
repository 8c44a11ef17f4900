"""Names: uniqueness, scopes, validity, looking things up."""

import threading

import pytest

import tfcompat.compat.v1 as tf


def test_names_are_unique_whatever_their_case(graph):
    names = [graph.unique_name(n) for n in ("foo", "Foo", "foo", "foo_1", "bar", "foo_1", "FOO")]
    assert names == ["foo", "Foo_1", "foo_2", "foo_1_1", "bar", "foo_1_2", "FOO_3"]
    assert graph.unique_name("new", mark_as_used=False) == graph.unique_name("new") == "new"


def test_scopes_nest_re_enter_and_go_to_the_root():
    with tf.name_scope("a") as a, tf.name_scope("b") as b:
        assert (a, b) == ("a/", "a/b/")
        with tf.name_scope(None) as root, tf.name_scope("a") as second:
            assert (root, second) == ("", "a_1/")
        with tf.name_scope("") as root:
            assert root == ""
        with tf.name_scope("a/") as again:
            assert again == "a/"
            assert tf.constant(1, name="b").op.name == "a/b_1"
        with tf.name_scope("/") as slash:
            assert slash == "/"
    with tf.name_scope(None, "default", [tf.constant(1)]) as default:
        assert default == "default/"
    assert tf.get_default_graph().get_name_scope() == ""


@pytest.mark.parametrize("name", ["_leading", "with space", "a:0", "ä"])
def test_invalid_names(name):
    with pytest.raises(ValueError, match="is not a valid"):
        tf.constant(1, name=name)
    with pytest.raises(ValueError, match="is not a valid root scope name"), tf.name_scope(name):
        pass


def test_names_may_be_bytes_but_nothing_else(graph):
    assert tf.constant(1, name=b"bytes").op.name == "bytes"
    with pytest.raises(TypeError, match="A name must be a string"):
        graph.unique_name(5)


def test_an_exact_name_is_taken_once(graph):
    tf.constant(1, name="exact")
    with pytest.raises(ValueError, match="Duplicate node name in graph: 'exact'"):
        graph.create_op("NoOp", [], [], name="exact/")


def test_elements_are_found_by_name_and_conversion(graph):
    c = tf.constant(1, name="c")

    class Wrapper:
        def _as_graph_element(self):
            return c

    for element in (c, "c:0", b"c:0", Wrapper()):
        assert graph.as_graph_element(element) is c
    for element in (c.op, "c", b"c"):
        assert graph.as_graph_element(element) is c.op
    assert graph.get_tensor_by_name("c:0") is c
    assert graph.get_operation_by_name("c") is c.op


@pytest.mark.parametrize(
    ("name", "error", "match"),
    [
        ("x:0", KeyError, "The operation, 'x', does not exist in the graph"),
        ("c:1", KeyError, "exists but only has 1 outputs"),
        ("x", KeyError, "refers to an Operation not in the graph"),
        ("c:", ValueError, "looks a Tensor name but is not a valid one"),
        (5, TypeError, "Can not convert a int into a Tensor or Operation"),
    ],
)
def test_elements_that_are_not_there(graph, name, error, match):
    tf.constant(1, name="c")
    with pytest.raises(error, match=match):
        graph.as_graph_element(name)


def test_threads_never_get_the_same_name(graph):
    def build():
        with graph.as_default():
            for _ in range(100):
                tf.constant(1, name="same")

    threads = [threading.Thread(target=build) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {op.name for op in graph.get_operations()}
    assert len(names) == graph.num_operations() == 800


def test_scopes_are_per_thread(graph):
    seen = []
    with tf.name_scope("main"):
        thread = threading.Thread(target=lambda: seen.append(graph.get_name_scope()))
        thread.start()
        thread.join()
    assert seen == [""]
