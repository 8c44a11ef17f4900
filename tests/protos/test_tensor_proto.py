"""TensorProtos equal the reference's byte for byte; every encoding reads back; corrupt ones raise."""

import json
import pathlib

import ml_dtypes
import numpy as np
import pytest

from tfcompat import protos
from tfcompat.protos.tensor_proto import array_to_tensor_proto, numpy_dtype, tensor_proto_to_array

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "protos" / "tensors.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
FLOAT, UINT8, INT8, STRING, COMPLEX64, BOOL, QINT8, HALF = 1, 4, 6, 7, 8, 10, 11, 19


def row_id(row):
    return f"{row['dtype']}-{row['array_shape']}-{row['shape']}"


def array_of(row):
    """The array that the reference was given."""
    if row["dtype"] == "string":
        array = np.empty(len(row["array"]), object)
        array[:] = [bytes.fromhex(value) for value in row["array"]]
        return array.reshape(row["array_shape"])
    dtype = numpy_dtype(row["enum"])
    return np.frombuffer(bytes.fromhex(row["array"]), dtype).reshape(row["array_shape"])


def proto(dtype, dims=(), **values):
    message = protos.TensorProto(dtype=dtype, **values)
    for size in dims:
        message.tensor_shape.dim.add(size=size)
    return message


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_bytes_are_the_reference_s(row):
    message = array_to_tensor_proto(array_of(row), row["enum"], row["shape"])
    assert message.SerializeToString().hex() == row["proto"]


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_reading_gives_the_array_back(row):
    array = array_of(row)
    shape = tuple(row["shape"] or row["array_shape"])
    read = tensor_proto_to_array(protos.TensorProto.FromString(bytes.fromhex(row["proto"])))
    elements = int(np.prod(shape))
    expected = np.concatenate([array.ravel(), np.repeat(array.ravel()[-1:], elements - array.size)]).reshape(shape)
    assert (read.dtype, read.shape) == (array.dtype, shape)
    assert read.tolist() == expected.tolist()
    assert read.flags.writeable


@pytest.mark.parametrize("plain", [np.int8, np.dtype([("qint8", np.int8)])])
def test_quantized_arrays_come_structured_or_plain(plain):
    array = np.array([-1, 5], np.int8).view(plain)
    message = array_to_tensor_proto(array, QINT8)
    assert message.tensor_content == b"\xff\x05"
    assert tensor_proto_to_array(message)["qint8"].tolist() == [-1, 5]


def test_byte_order_and_layout_do_not_matter():
    plain = np.arange(6, dtype="<i4").reshape(2, 3)
    expected = array_to_tensor_proto(plain, 3)
    assert array_to_tensor_proto(plain.astype(">i4"), 3) == expected
    assert array_to_tensor_proto(np.asfortranarray(plain), 3) == expected
    assert array_to_tensor_proto(np.repeat(plain, 2, 0)[::2], 3) == expected


@pytest.mark.parametrize(
    "array", [np.array([b"a", "b\u00e9"], object), np.array(["a", "b\u00e9"]), np.array([b"a", "b\u00e9".encode()])]
)
def test_strings_from_every_kind_of_array(array):
    assert list(array_to_tensor_proto(array, STRING).string_val) == [b"a", b"b\xc3\xa9"]


def test_special_floats_keep_their_bits():
    array = np.array([np.nan, -0.0, np.inf, -np.inf], ml_dtypes.bfloat16)
    assert tensor_proto_to_array(array_to_tensor_proto(array, 14)).tobytes() == array.tobytes()
    single = np.array([-0.0], np.float16)
    assert tensor_proto_to_array(array_to_tensor_proto(single, HALF)).tobytes() == single.tobytes()


def test_missing_values_repeat_the_last_or_are_zero():
    assert tensor_proto_to_array(proto(FLOAT, [2, 2], float_val=[1, 2])).tolist() == [[1, 2], [2, 2]]
    assert tensor_proto_to_array(proto(FLOAT, [3])).tolist() == [0, 0, 0]
    assert tensor_proto_to_array(proto(STRING, [2])).tolist() == [b"", b""]
    assert tensor_proto_to_array(proto(STRING, [2], string_val=[b"q"])).tolist() == [b"q", b"q"]
    assert tensor_proto_to_array(proto(COMPLEX64, [2], scomplex_val=[1, 2])).tolist() == [1 + 2j, 1 + 2j]
    assert tensor_proto_to_array(proto(FLOAT, [0, 3])).shape == (0, 3)


def test_integers_wrap_as_in_the_reference():
    assert tensor_proto_to_array(proto(INT8, [1], int_val=[300])).tolist() == [44]
    assert tensor_proto_to_array(proto(UINT8, [1], int_val=[-1])).tolist() == [255]


def test_strings_in_content():
    content = b"\x01\x00\x80\x01" + b"a" + b"b" * 128
    assert tensor_proto_to_array(proto(STRING, [3], tensor_content=content)).tolist() == [b"a", b"", b"b" * 128]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (proto(FLOAT, [3], tensor_content=b"abcd"), "has 4 bytes, expected 12"),
        (proto(FLOAT, [2], float_val=[1, 2, 3]), "float_val holds 3 values for a tensor of 2 elements"),
        (proto(STRING, [1], string_val=[b"a", b"b"]), "string_val holds 2 values"),
        (proto(FLOAT, [-1], float_val=[1]), "negative dimension"),
        (proto(FLOAT, [2**40, 2**40], float_val=[1]), "too large"),
        (proto(FLOAT, [2**60], float_val=[1]), "does not fit into memory"),
        (proto(FLOAT, [2**60]), "does not fit into memory"),
        (proto(STRING, [2**62], tensor_content=b"ab"), "cannot hold"),
        (proto(STRING, [2], tensor_content=b"\x01\x09ab"), "its strings need 12"),
        (proto(STRING, [1], tensor_content=b"\xff"), "ends inside the length"),
        (proto(STRING, [1], tensor_content=b"\xff" * 20), "ends inside the length"),
        (proto(BOOL, [2], tensor_content=b"\x00\x05"), "other than 0 and 1"),
        (protos.parse_text("dtype: DT_FLOAT tensor_shape { unknown_rank: true }", protos.TensorProto), "unknown rank"),
    ],
)
def test_corrupt_messages_raise(message, reason):
    with pytest.raises(ValueError, match=reason):
        tensor_proto_to_array(message)


def test_errors_of_writing():
    with pytest.raises(ValueError, match=r"Takes at most 3, but got 5\."):
        array_to_tensor_proto(np.zeros(5, np.float32), FLOAT, [3])
    with pytest.raises(ValueError, match="negative dimension"):
        array_to_tensor_proto(np.zeros(4, np.float32), FLOAT, [-1, 2])
    with pytest.raises(TypeError, match="DT_FLOAT tensor takes an array of type float32, got float64"):
        array_to_tensor_proto(np.zeros(4), FLOAT)
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        array_to_tensor_proto(np.array([b"a", 3], object), STRING)
    with pytest.raises(TypeError, match="takes an array of bytes, got int64"):
        array_to_tensor_proto(np.zeros(2, np.int64), STRING)


@pytest.mark.parametrize(
    ("number", "name"), [(20, "DT_RESOURCE"), (21, "DT_VARIANT"), (101, "DT_FLOAT_REF"), (77, "77")]
)
def test_types_without_arrays(number, name):
    with pytest.raises(TypeError, match=f"Unsupported tensor type: {name} has no array form"):
        tensor_proto_to_array(proto(number, [1]))
    with pytest.raises(TypeError, match=name):
        numpy_dtype(number)


def test_values_that_stand_for_more_than_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr("tfcompat.protos.tensor_proto._physical_memory", lambda: 2**20)
    message = protos.TensorProto(dtype=1, float_val=[1.0])
    for size in (2**10, 2**8):
        message.tensor_shape.dim.add(size=size)
    assert tensor_proto_to_array(message).shape == (2**10, 2**8)
    message.tensor_shape.dim.add(size=2)
    with pytest.raises(ValueError, match=r"DT_FLOAT tensor of shape \(1024, 256, 2\) does not fit into memory"):
        tensor_proto_to_array(message)
