"""Damaged inputs with fixed seeds, and the check that a reader answers each with a result or a clear error.

A test for a format is one call:

    check(lambda data: read(data), [sample, ...], count=300, seed=1)

`python -m tests.fuzz` runs the tests marked so with 10,000 inputs each instead; see `count_of`. The variable
TFCOMPAT_FUZZ_SEED, a number, gives all of them other inputs.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tfcompat.graph.errors import OpError

CLEAR = (OpError, ValueError, TypeError, OSError, NotImplementedError)
"""What a reader may raise. Their subclasses that only say that the reader was surprised are not clear."""

SURPRISED = (UnicodeError, NotADirectoryError, IsADirectoryError)

_MOST_FAILURES = 12

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, 1 << 63)
_VARINTS = (b"\x00", b"\x7f", b"\xff\x7f", b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xff" * 11)  # fmt: skip
_WORDS = (b"-1", b"0", b"99999999999999999999", b"nan", b"inf", b"{", b"}", b'"', b"\n", b"../../etc/passwd", b"/",
          b"\0", b"\xff\xfe", b":0", b"^", b"...", b"DT_INVALID", b"[]", b",")  # fmt: skip


def count_of(few: int) -> int:
    """How many inputs a test tries: `few`, or what the variable TFCOMPAT_FUZZ says."""
    return int(os.environ.get("TFCOMPAT_FUZZ", few))


def generator(seed: int) -> random.Random:
    """The random numbers of a test whose seed is `seed`; the variable TFCOMPAT_FUZZ_SEED moves all seeds."""
    return random.Random(seed + 1000 * int(os.environ.get("TFCOMPAT_FUZZ_SEED", 0)))


def mutants(samples: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of the samples, the same ones for the same seed."""
    rng = generator(seed)
    for _ in range(count):
        data = bytearray(rng.choice(samples))
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            rng.choice(_MUTATIONS)(data, rng, samples)
        yield bytes(data)


def _place(data: bytearray, rng: random.Random) -> int:
    return rng.randrange(len(data) + 1)


def _flip(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _byte(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _number(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    width, number = rng.choice((2, 4, 8)), rng.choice(_NUMBERS)
    at = _place(data, rng)
    data[at : at + width] = struct.pack("<Q", number & 0xFFFFFFFFFFFFFFFF)[:width]


def _varint(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    at = _place(data, rng)
    data[at : at + rng.choice((0, 1, 1, 2))] = rng.choice(_VARINTS)


def _cut(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    del data[_place(data, rng) :]


def _drop(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 2, 8, 64))]


def _repeat(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    at = _place(data, rng)
    data[at:at] = data[at : at + rng.choice((1, 4, 32, 256))] * rng.choice((1, 2, 50))


def _insert(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    at = _place(data, rng)
    data[at:at] = rng.choice((rng.randbytes(rng.randrange(1, 20)), rng.choice(_WORDS)))


def _overwrite(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    at, word = _place(data, rng), rng.choice(_WORDS)
    data[at : at + len(word)] = word


def _splice(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    other = rng.choice(samples)
    start = rng.randrange(len(other) + 1)
    at, size = _place(data, rng), rng.choice((4, 16, 64, 256))
    data[at : at + rng.choice((0, size))] = other[start : start + size]


def _swap(data: bytearray, rng: random.Random, samples: Sequence[bytes]) -> None:
    size = rng.choice((1, 4, 16))
    a, b = _place(data, rng), _place(data, rng)
    first, second = bytes(data[a : a + size]), bytes(data[b : b + size])
    if len(first) == len(second):
        data[a : a + size], data[b : b + size] = second, first


_MUTATIONS = (_flip, _byte, _number, _varint, _cut, _drop, _repeat, _insert, _overwrite, _splice, _swap)


def message_mutants(message: Any, count: int, seed: int) -> Iterator[bytes]:
    """`count` serialized copies of a protocol message with a few fields changed: they parse, and mean nonsense."""
    rng = generator(seed)
    for _ in range(count):
        copy = type(message).FromString(message.SerializeToString())
        for _ in range(rng.choice((1, 1, 2, 4))):
            _change_field(copy, rng)
        yield copy.SerializeToString()


def _places(message: Any) -> list[tuple[Any, Any]]:
    """(message, field) of everything that is set, in the message and below."""
    found = []
    for field, value in message.ListFields():
        found.append((message, field))
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                found += [place for key in sorted(value) for place in _places(value[key])]
        else:
            for part in value if _is_repeated(value) else [value]:
                found += _places(part)
    return found


def _is_repeated(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


def _change_field(message: Any, rng: random.Random) -> None:
    places = _places(message)
    if not places:
        return
    holder, field = rng.choice(places)
    value = getattr(holder, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key = rng.choice(sorted(value))
        other = rng.choice(sorted(value))
        if field.message_type.fields_by_name["value"].message_type is not None and rng.random() < 0.7:
            value[key].CopyFrom(value[other])
        else:
            del value[key]
    elif _is_repeated(value):
        _change_list(value, field, rng)
    elif field.message_type is not None:
        holder.ClearField(field.name)
    else:
        setattr(holder, field.name, _other_value(value, field, rng))


def _change_list(value: Any, field: Any, rng: random.Random) -> None:
    at = rng.randrange(len(value))
    action = rng.randrange(4)
    if action == 0:
        del value[at]
    elif action == 1:
        value.extend([value[rng.randrange(len(value))]] * rng.choice((1, 1, 300)))
    elif field.message_type is not None:
        value[at].CopyFrom(value[rng.randrange(len(value))])
    else:
        value[at] = _other_value(value[at], field, rng)


def _other_value(value: Any, field: Any, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e38))
    if isinstance(value, int):
        bits = 32 if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32, field.CPPTYPE_ENUM) else 64
        low = 0 if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64) else -(1 << (bits - 1))
        numbers = (0, 1, 2, 3, 7, 21, 100, 1 << 20, value + 1, value - 1, -1, -2, low, (1 << (bits - 1)) - 1)
        return rng.choice([n for n in numbers if low <= n < 1 << (bits - 1)])
    word = rng.choice(("", "x", "../../x", "^x", "x:1", "x:99999999999", ":", "a/b", "loc:@x", "x" * 1000, "\0", "add"))
    changed = rng.choice((word, value[: len(value) // 2], value + value))
    return changed.encode() if isinstance(value, bytes) and isinstance(changed, str) else changed


def check(
    read: Callable[[bytes], Any],
    samples: Sequence[bytes],
    count: int,
    seed: int,
    *,
    damaged: Iterator[bytes] | None = None,
    also: tuple[type[BaseException], ...] = (),
    seconds: float = 5.0,
    megabytes: int = 1024,
    prepare: Callable[[bytes], bytes] | None = None,
) -> Counter[str]:
    """Gives `read` damaged copies of `samples`, and asserts that it returns or raises a clear error each time.

    Args:
        read: takes the bytes of an input. It is first given the samples themselves, which it must accept.
        samples: whole inputs.
        count: how many damaged copies; see `count_of`.
        seed: of the damage.
        also: more exception classes that are clear, such as protobuf's DecodeError.
        seconds: what one input may take.
        megabytes: what address space one input may take.
        damaged: the inputs, instead of `mutants(samples, count, seed)`.
        prepare: makes an input of what was damaged, such as fixing checksums; applied to damaged copies only.

    Returns:
        How often each outcome came: "read", or the name of the exception class.

    Raises:
        AssertionError: inputs were not answered; the message has the number of one of each kind, and the traceback.
    """
    for sample in samples:
        read(prepare(sample) if prepare is not None else sample)
    inputs = mutants(samples, count, seed) if damaged is None else damaged
    prepared = (prepare(one) for one in inputs) if prepare is not None else inputs
    return answers(read, prepared, f"seed {seed}", also=also, seconds=seconds, megabytes=megabytes)


def answers(
    read: Callable[[bytes], Any],
    inputs: Iterable[bytes],
    what: str,
    *,
    also: tuple[type[BaseException], ...] = (),
    seconds: float = 5.0,
    megabytes: int = 1024,
) -> Counter[str]:
    """Gives `read` all inputs; `check` has the other arguments, the result, and what is raised at the end."""
    outcomes: Counter[str] = Counter()
    failures: dict[str, str] = {}
    for number, data in enumerate(inputs):
        try:
            outcomes[_answer(read, data, f"{what}, input {number} ({len(data)} bytes)", also, seconds, megabytes)] += 1
        except AssertionError as error:
            failures.setdefault(str(error).partition(": ")[2].partition("\n")[0][:60], str(error))
            if len(failures) == _MOST_FAILURES:
                break
    assert not failures, f"{len(failures)} kinds of failure\n" + "\n".join(failures.values())
    return outcomes


def _answer(
    read: Callable[[bytes], Any],
    data: bytes,
    what: str,
    also: tuple[type[BaseException], ...],
    seconds: float,
    megabytes: int,
) -> str:
    began = time.monotonic()
    try:
        with limits(seconds, megabytes):
            read(data)
    except SURPRISED + (AssertionError, _TooSlow) as error:
        raise AssertionError(f"{what}: {_story(error)}") from None
    except CLEAR + also as error:
        outcome = type(error).__name__ if str(error) else ""
    except Exception as error:
        raise AssertionError(f"{what}: {_story(error)}") from None
    else:
        outcome = "read"
    assert outcome, f"{what}: an error without a message"
    assert time.monotonic() - began < seconds, f"{what}: took {time.monotonic() - began:.1f} s"
    return outcome


def _story(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}\n" + "".join(traceback.format_tb(error.__traceback__)[-12:])


class _TooSlow(BaseException):
    """An input took longer than it may."""


@contextlib.contextmanager
def limits(seconds: float, megabytes: int) -> Iterator[None]:
    """Ends the block with an exception after `seconds`, and refuses it more than `megabytes` of address space."""

    def stop(*_: Any) -> None:
        raise _TooSlow(f"took longer than {seconds} s")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Runs the fuzz tests of the suite with 10,000 inputs each; arguments go to pytest."""
    import pytest

    os.environ.setdefault("TFCOMPAT_FUZZ", "10000")
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-k", "fuzz", "tests", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
