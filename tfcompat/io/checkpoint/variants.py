"""Tensors of variants in the data files of checkpoints.

For each element: the length of a serialized `VariantTensorDataProto`, the message, and the masked checksum of all so
far. The checksum of the whole takes lengths as eight bytes, messages and checksums.
"""

from __future__ import annotations

import struct

import numpy as np

from tfcompat import protos
from tfcompat.graph.errors import DataLossError
from tfcompat.io.checkpoint.varint import read_varint, write_varint
from tfcompat.io.crc32c import crc32c, mask


def holds_variants(array: np.ndarray) -> bool:
    """Whether the elements are `VariantTensorDataProto` messages rather than strings."""
    return array.dtype == object and array.size > 0 and hasattr(array.flat[0], "SerializeToString")


def encoded(array: np.ndarray) -> tuple[bytes, int]:
    """The bytes of an array of messages, and their checksum."""
    parts, crc = [], 0
    for message in array.reshape(-1):
        text = message.SerializeToString()
        crc = crc32c(text, crc32c(struct.pack("<Q", len(text)), crc))
        sealed = struct.pack("<I", mask(crc))
        crc = crc32c(sealed, crc)
        parts += [write_varint(len(text)), text, sealed]
    return b"".join(parts), crc


def decoded(data: bytes, count: int, where: str) -> tuple[np.ndarray, int]:
    """A vector of `count` messages, and the checksum of their bytes; DataLossError when they do not fit."""
    out = np.empty(count, object)
    position = crc = 0
    for i in range(count):
        length, begin = read_varint(data, position)
        position = begin + length + 4
        text = data[begin : begin + length]
        if position > len(data):
            raise DataLossError(None, None, f"{where}: the variants' lengths do not fit their bytes")
        crc = crc32c(text, crc32c(struct.pack("<Q", length), crc))
        sealed = data[begin + length : position]
        if sealed != struct.pack("<I", mask(crc)):
            raise DataLossError(None, None, f"{where}: checksum mismatch in variant {i}")
        crc = crc32c(sealed, crc)
        out[i] = protos.VariantTensorDataProto.FromString(text)
    return out, crc
