"""Dimensions and vectors of sizes in another data format."""

import pytest

import tfcompat.compat.v1 as tf


def run(op_type, x, source="NHWC", target="NCHW"):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(getattr(tf.raw_ops, op_type)(x=x, src_format=source, dst_format=target)).tolist()


# What TensorFlow 2.15.1 gives.
@pytest.mark.parametrize(
    ("op_type", "x", "formats", "expected"),
    [
        ("DataFormatDimMap", [0, 1, 2, 3, -1, -4], ("NHWC", "NCHW"), [0, 2, 3, 1, 1, 0]),
        ("DataFormatDimMap", [[1], [-2]], ("NCHW", "HWNC"), [[3], [0]]),
        ("DataFormatDimMap", [4, 1], ("NDHWC", "NCDHW"), [1, 2]),
        ("DataFormatVecPermute", [7, 4, 9, 3], ("NHWC", "NCHW"), [7, 3, 4, 9]),
        ("DataFormatVecPermute", [[7, 4], [9, 3], [4, 5], [5, 1]], ("NCHW", "NHWC"), [[7, 4], [4, 5], [5, 1], [9, 3]]),
        ("DataFormatVecPermute", [4, 9], ("NHWC", "WHCN"), [9, 4]),
    ],
)
def test_places_are_those_of_the_reference(op_type, x, formats, expected):
    assert run(op_type, x, *formats) == expected


@pytest.mark.parametrize("op_type", ["DataFormatDimMap", "DataFormatVecPermute"])
def test_formats_that_are_none_are_refused(op_type):
    with pytest.raises(tf.errors.InvalidArgumentError, match="must determine a permutation"):
        run(op_type, [1, 2, 3, 0], "1234", "1253")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Source format must be of length 4 or 5"):
        run(op_type, [1, 2, 3, 0], "12345678", "87654321")
