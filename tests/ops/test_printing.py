"""What tf.print, tf.Print and strings.format write, as recorded from the reference."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def printed(tmp_path, make, **kwargs):
    path = tmp_path / "printed.txt"
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.print(*make(), output_stream=f"file://{path}", **kwargs))
    return path.read_bytes()


def matrix(*shape):
    return tf.constant(np.arange(float(np.prod(shape))).reshape(shape))


@pytest.mark.parametrize(
    ("make", "kwargs", "expected"),
    [
        (lambda: (tf.constant([1.0, 2.5]), "abc", [tf.constant(1), "x"], {"k": tf.constant([1, 2])}), {},
         b"[1 2.5] abc [1, 'x'] {'k': [1 2]}\n"),
        (lambda: (tf.constant(np.arange(20)),), {}, b"[0 1 2 ... 17 18 19]\n"),
        (lambda: (matrix(10, 10),), {},
         b"[[0 1 2 ... 7 8 9]\n [10 11 12 ... 17 18 19]\n [20 21 22 ... 27 28 29]\n ...\n [70 71 72 ... 77 78 79]\n"
         b" [80 81 82 ... 87 88 89]\n [90 91 92 ... 97 98 99]]\n"),
        (lambda: (matrix(3, 3, 3),), {"summarize": 1},
         b"[[[0 ... 2]\n  ...\n  [6 ... 8]]\n\n ...\n\n [[18 ... 20]\n  ...\n  [24 ... 26]]]\n"),
        (lambda: (tf.constant(["a", 'b"']), tf.constant("s")), {"end": "", "sep": "|"}, b'["a" "b\\""]|"s"'),
        (lambda: (tf.constant([]), tf.constant(True), tf.constant(1 / 3)), {}, b"[] 1 0.333333343\n"),
        (lambda: ("{} x", tf.constant(2)), {"summarize": -1}, b"{} x 2\n"),
        (lambda: ("hello",), {}, b"hello\n"),
        (lambda: (tf.SparseTensor([[0, 1]], [2.0], [2, 3]),), {},
         b"'SparseTensor(indices=[[0 1]], values=[2], shape=[2 3])'\n"),
        (lambda: ((tf.constant(1), tf.constant(2)), (), None), {}, b"(1, 2) () None\n"),
    ],
)  # fmt: skip
def test_print(tmp_path, make, kwargs, expected):
    assert printed(tmp_path, make, **kwargs) == expected


def test_print_writes_to_the_standard_error_stream(capsys):
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.print("value:", tf.constant([1, 2])))
    captured = capsys.readouterr()
    assert captured.err == "value: [1 2]\n"
    assert captured.out == ""


def test_print_refuses_other_streams():
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("x", output_stream="nowhere")
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        tf.print("x", colour="red")


def test_old_print_passes_its_input_on(capsys):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([1.0, 2.0])
        shown = tf.Print(x, [x, tf.constant([[1, 2], [3, 4]])], "msg ", first_n=2, summarize=3)
        for _ in range(3):
            np.testing.assert_array_equal(session.run(shown), [1, 2])
        (grad,) = tf.gradients(shown, x)
        np.testing.assert_array_equal(session.run(grad), [1, 1])
    assert capsys.readouterr().err == "msg [1 2][[1 2][3...]...]\n" * 2


def test_format():
    with tf.Graph().as_default(), tf.Session() as session:
        text = tf.strings.format("x={} y={}", (tf.constant([1, 2]), tf.constant("a")))
        assert text.shape.rank == 0
        assert session.run(text) == b'x=[1 2] y="a"'
        with pytest.raises(ValueError, match="The template expects 1 tensors"):
            tf.strings.format("{}", [tf.constant(1), tf.constant(2)])
