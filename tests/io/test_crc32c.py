"""CRC-32C: published check values, every length class against the definition, masking."""

import numpy as np
import pytest

from tfcompat.io.crc32c import crc32c, mask, masked_crc32c, unmask


def by_definition(data, value=0):
    """The checksum bit by bit."""
    state = value ^ 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


# iSCSI, RFC 3720, B.4
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("length", [216863, 216864, 216865, 267208, 267209, 300007])
@pytest.mark.parametrize("value", [0, 12345])
def test_very_long_data_is_that_of_its_parts(length, value):
    data = np.random.RandomState(length).bytes(length)
    parts = value
    for start in range(0, length, 30000):
        parts = crc32c(data[start : start + 30000], parts)
    assert crc32c(data, value) == parts


@pytest.mark.parametrize(
    "length", [1, 3, 48, 49, 51, 52, 100, 511, 512, 513, 515, 516, 1024, 5000, 32767, 32768, 32769, 49152, 65539]
)
def test_every_length_class(length):
    data = np.random.RandomState(length).bytes(length)
    expected = by_definition(data)
    assert crc32c(data) == expected
    assert crc32c(bytearray(data)) == expected
    assert crc32c(memoryview(b"x" + data)[1:]) == expected
    for cut in (1, length // 3):
        assert crc32c(data[cut:], crc32c(data[:cut])) == expected


def test_masking():
    # LevelDB's log format: rotated right by 15, plus 0xa282ead8
    crc = crc32c(b"foo")
    assert mask(crc) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert mask(crc) not in (crc, mask(mask(crc)))
    assert [unmask(mask(value)) for value in (0, 1, crc, 0xFFFFFFFF)] == [0, 1, crc, 0xFFFFFFFF]
    assert masked_crc32c(b"foo") == mask(crc)


def test_large_data_from_known_parts():
    """One flipped bit in 5 MB changes the checksum, and two halves combine to the whole."""
    data = np.random.RandomState(0).bytes(5_000_001)
    changed = bytearray(data)
    changed[2_500_000] ^= 1
    assert crc32c(data) != crc32c(changed)
    assert crc32c(data[1_234_567:], crc32c(data[:1_234_567])) == crc32c(data)
