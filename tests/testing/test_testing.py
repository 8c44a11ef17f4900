"""`tf.test`: the test case, its assertions, gradients, benchmarks."""

import sys

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def case():
    class Case(tf.test.TestCase):
        def runTest(self):
            """Nothing."""

    made = Case()
    made.setUp()
    yield made
    made.tearDown()


def test_setup_resets_graph_and_seeds(case):
    first = np.random.rand()
    tf.constant(1)
    case.setUp()
    assert tf.get_default_graph().get_operations() == []
    assert tf.get_default_graph().seed == 87654321
    assert np.random.rand() == first


def test_sessions(case):
    with case.session() as session:
        assert tf.get_default_session() is session
        assert case.evaluate({"a": tf.constant(1)}) == {"a": 1}
    with case.cached_session() as first, case.cached_session() as second:
        assert first is second
    with pytest.raises(ValueError, match="The config used to get the cached session is different"):
        case.cached_session(config=tf.ConfigProto()).__enter__()
    with case.session(use_gpu=False):
        assert tf.constant(1).device == "/device:CPU:0"
    assert case.evaluate(tf.constant([2])).tolist() == [2]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("assertAllEqual", ([1, float("nan")], [1, float("nan")]), ([1, 2], [1, 3])),
        ("assertAllEqual", ([b"a"], ["a"]), ([1], [[1]])),
        ("assertNotAllEqual", ([1], [2]), ([1], [1])),
        ("assertAllClose", ({"a": [1.0, (2.0,)]}, {"a": [1.0 + 1e-9, (2.0,)]}), ({"a": 1.0}, {"a": 1.1})),
        ("assertAllClose", ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]), ([1.0], [1.0, 2.0])),
        ("assertNotAllClose", ([1.0], [1.1]), ([1.0], [1.0])),
        ("assertAllCloseAccordingToType", (np.float16(1), np.float16(1.0009)), (1.0, 1.0009)),
        ("assertNear", (1.0, 1.1, 0.2), (1.0, 1.1, 0.05)),
        ("assertArrayNear", ([1.0], [1.05], 0.1), ([1.0], [1.0, 2.0], 0.1)),
        ("assertNDArrayNear", (np.ones(2), np.ones(2), 0.1), (np.ones(2), np.zeros(2), 0.1)),
        ("assertAllGreater", ([2, 3], 1), ([1, 3], 1)),
        ("assertAllLess", ([0], 1), ([1], 1)),
        ("assertAllGreaterEqual", ([1], 1), ([0], 1)),
        ("assertAllLessEqual", ([1], 1), ([2], 1)),
        ("assertAllInRange", ([1, 2], 1, 2), ([1, 2], 1, 2, True)),
        ("assertAllInSet", ([1, 2], {1, 2}), ([3], {1, 2})),
        ("assertDTypeEqual", (np.float32(1), tf.float32), (np.float32(1), tf.int32)),
        ("assertDeviceEqual", ("/cpu:0", "/device:CPU:0"), ("/cpu:0", "/cpu:1")),
        ("assertLen", ([1, 2], 2), ([1], 2)),
        ("assertEmpty", ([],), ([1],)),
        ("assertNotEmpty", ([1],), ([],)),
        ("assertStartsWith", ("abc", "a"), ("abc", "b")),
        ("assertEndsWith", ("abc", "c"), ("abc", "b")),
        ("assertBetween", (1, 0, 2), (3, 0, 2)),
        ("assertItemsEqual", ([1, 2], [2, 1]), ([1, 1], [1])),
        ("assertSameElements", ([1, 1], [1]), ([1], [2])),
        ("assertContainsSubset", ([1], [1, 2]), ([3], [1, 2])),
        ("assertNoCommonElements", ([1], [2]), ([1], [1])),
        ("assertContainsInOrder", (["a", "c"], "abc"), (["c", "a"], "abc")),
        ("assertContainsSubsequence", ("abc", "ac"), ("abc", "ca")),
        ("assertContainsExactSubsequence", ("abc", "bc"), ("abc", "ac")),
        ("assertSequenceStartsWith", ([1, 2], [1, 2, 3]), ([2], [1, 2])),
        ("assertSequenceAlmostEqual", ([1.0], [1.0 + 1e-9]), ([1.0], [1.1])),
        ("assertDictContainsSubset", ({"a": 1}, {"a": 1, "b": 2}), ({"a": 2}, {"a": 1})),
        ("assertRegexMatch", ("abc", ["x", "b"]), ("abc", ["x"])),
        ("assertProtoEquals", ("name: 'x'", tf.NodeDef(name="x")), ("name: 'y'", tf.NodeDef(name="x"))),
        ("assertShapeEqual", (np.zeros(2), np.ones(2)), (np.zeros(2), np.ones(3))),
    ],
)
def test_assertions(case, name, good, bad):
    getattr(case, name)(*good)
    with pytest.raises(AssertionError):
        getattr(case, name)(*bad)


def test_tensors_are_evaluated_in_assertions(case):
    with case.session():
        case.assertAllEqual(tf.constant([1, 2]) + 1, [2, 3])
        case.assertShapeEqual(np.zeros((2, 3)), tf.zeros([2, 3]))


def test_protos_may_be_nearly_equal(case):
    expected = "metadata { } value { simple_value: 1.0 tag: 'a' }".replace("metadata { } ", "")
    summary = tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=1.00001)])
    case.assertProtoEquals(expected, summary, relative_tolerance=1e-3)
    with pytest.raises(AssertionError):
        case.assertProtoEquals(expected, summary, relative_tolerance=1e-7)
    case.assertProtoEqualsVersion("", tf.Graph().as_graph_def())


def test_expected_exceptions(case):
    with case.session():
        x = tf.placeholder(tf.float32, name="missing")
        with case.assertRaisesOpError("You must feed a value"):
            x.eval()
        with case.assertRaisesOpError("Caused by: missing"):
            x.eval()
        with case.assertRaisesOpError(lambda e: e.op is x.op):
            x.eval()
        with pytest.raises(AssertionError, match="not raised"), case.assertRaisesOpError("x"):
            pass
        with pytest.raises(AssertionError, match="must feed"), case.assertRaisesOpError("something else"):
            x.eval()
    with case.assertRaisesWithLiteralMatch(ValueError, "text"):
        raise ValueError("text")


def test_threads_report_their_exceptions(case):
    thread = case.checkedThread(lambda: 1 / 0)
    thread.start()
    with pytest.raises(AssertionError, match="division by zero"):
        thread.join()
    unjoined = case.checkedThread(lambda: None)
    unjoined.start()
    with pytest.raises(AssertionError, match="not joined"):
        case.tearDown()
    case._threads.clear()


def test_what_is_written_to_a_stream(case, capfd):
    with case.captureWritesToStream(sys.stderr) as written:
        print("hello", file=sys.stderr)
        sys.stderr.flush()
        assert written.contents() == "hello\n"


def test_gradients_are_checked_against_differences(case):
    with case.session():
        x = tf.constant([[1.0, 2.0], [3.0, 4.0]], tf.float64)
        w = tf.constant([[1.0], [2.0]], tf.float64)
        y = tf.matmul(tf.square(x), w)
        theory, numeric = tf.test.compute_gradient(x, [2, 2], y, [2, 1], delta=1e-5)
        assert theory.shape == numeric.shape == (4, 2)
        assert np.allclose(theory, numeric, atol=1e-6)
        pairs = tf.test.compute_gradient([x, w], [[2, 2], [2, 1]], y, [2, 1])
        assert [p[0].shape for p in pairs] == [(4, 2), (2, 2)]
        wrong = tf.stop_gradient(y) + 0.0 * y
        assert tf.test.compute_gradient_error(x, [2, 2], wrong, [2, 1], x_init_value=np.ones((2, 2))) > 1
    with pytest.raises(ValueError, match="default session"):
        tf.test.compute_gradient(x, [2, 2], y, [2, 1])


def test_stubs_are_put_back():
    class Thing:
        value = 1

        @staticmethod
        def static():
            return "old"

    with tf.test.StubOutForTesting() as stubs:
        stubs.Set(Thing, "value", 2)
        stubs.SmartSet(Thing, "static", lambda: "new")
        assert (Thing.value, Thing.static()) == (2, "new")
        with pytest.raises(AttributeError):
            stubs.SmartSet(Thing, "nothing", 1)
    assert (Thing.value, Thing.static()) == (1, "old")


def test_graph_definitions_are_compared_by_node():
    with tf.Graph().as_default() as graph:
        tf.constant(1, name="a")
        tf.constant(2, name="b")
    definition = graph.as_graph_def()
    reversed_ = tf.GraphDef(node=list(definition.node)[::-1])
    tf.test.assert_equal_graph_def(definition, reversed_)
    del reversed_.node[0]
    with pytest.raises(AssertionError, match="Node 'b' is only in actual"):
        tf.test.assert_equal_graph_def(definition, reversed_)
    with pytest.raises(TypeError, match=r"Expected tf\.GraphDef for expected"):
        tf.test.assert_equal_graph_def(definition, "x")


def test_benchmarks_report_what_they_measured(capsys, tmp_path, monkeypatch):
    class Mine(tf.test.Benchmark):
        def benchmark_add(self):
            with tf.Graph().as_default(), tf.Session() as session:
                x = tf.placeholder_with_default([1.0], [None]) + 1.0
                return self.run_op_benchmark(session, x, {x: [1.0]}, min_iters=3, store_trace=True, extras={"k": "v"})

    monkeypatch.setenv("TEST_REPORT_FILE_PREFIX", str(tmp_path / "report."))
    result = Mine().benchmark_add()
    assert result["iters"] == 3
    assert "traceEvents" in result["extras"]["full_trace_chrome_format"]
    assert 'name: "Mine.benchmark_add"' in capsys.readouterr().out
    assert (tmp_path / "report.Mine.benchmark_add").exists()
    assert not Mine.is_abstract()


def test_facts_about_the_machine(tmp_path, monkeypatch):
    assert tf.test.is_gpu_available() == bool(tf.test.gpu_device_name())
    assert tf.test.is_built_with_rocm() is False
    monkeypatch.setenv("TEST_SRCDIR", str(tmp_path))
    assert tf.test.test_src_dir_path("a") == str(tmp_path / "a")
    assert tf.test.mock.Mock()() is not None
