"""The fuzz helper notices what it is there to notice."""

from __future__ import annotations

import time

import pytest

from tests.fuzz import check, mutants


def test_same_seed_same_damage():
    first = list(mutants([b"hello world", bytes(100)], 200, 7))
    assert first == list(mutants([b"hello world", bytes(100)], 200, 7))
    assert first != list(mutants([b"hello world", bytes(100)], 200, 8))
    assert len(set(first)) > 150


@pytest.mark.parametrize(
    "read",
    [
        lambda data: {}[data] if data != b"sample" else None,
        lambda data: bytearray(1 << 40) if data != b"sample" else None,
        lambda data: time.sleep(3) if data != b"sample" else None,
        lambda data: data.decode("ascii"),
    ],
    ids=["surprised", "huge", "slow", "not text"],
)
def test_bad_readers_are_caught(read):
    with pytest.raises(AssertionError, match="seed 3, input"):
        check(read, [b"sample"], 50, 3, seconds=0.2)


def test_good_reader_passes():
    def read(data):
        if data != b"sample":
            raise ValueError(f"not the sample: {data!r}")

    outcomes = check(read, [b"sample"], 50, 3)
    assert set(outcomes) <= {"read", "ValueError"}
    assert outcomes["ValueError"] > 30
