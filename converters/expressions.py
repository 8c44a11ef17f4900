"""Regular expressions of which it is certain what they match, whichever rule an engine has for choosing a match.

TensorFlow takes the first of several ways to match, ONNX Runtime's Tokenizer the longest. They agree where every next
character decides how the match goes on: no two places of the expression that may come next take the same character
(a "one-unambiguous" expression, Brüggemann-Klein and Wood 1998), and repetitions take as much as they can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from converters.registry import NotConvertible

_KNOWN = range(0x180)
_OTHER = -1
"""Stands for all characters from U+0180 on, which are not told apart."""

_EVERY = frozenset((*_KNOWN, _OTHER))
_DIGITS = frozenset(range(ord("0"), ord("9") + 1))
_LETTERS = frozenset(c for c in range(128) if chr(c).isalpha())
# RE2's classes, which know ASCII only
_ESCAPED = {"d": _DIGITS, "w": _DIGITS | _LETTERS | {ord("_")}, "s": frozenset(map(ord, "\t\n\f\r "))}
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_NAMED: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha, "digit": str.isdigit, "alnum": str.isalnum, "upper": str.isupper, "lower": str.islower,
    "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ", "space": lambda c: c in "\t\n\v\f\r ",
    "blank": lambda c: c in " \t", "word": lambda c: c.isalnum() or c == "_",
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
}  # fmt: skip
_MOST_COPIES = 40

Chars = frozenset[int]


@dataclass
class _Part:
    """A part of an expression: whether it matches nothing, and the places where it may begin and end."""

    nullable: bool = True
    first: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)


def check_certain(expression: str) -> None:
    """NotConvertible unless `expression` matches in one way only, and never the empty string."""
    reader = _Reader(expression)
    whole = reader.alternatives()
    if reader.at < len(expression):
        raise reader.refusal("a group is closed that was not opened")
    if whole.nullable:
        raise reader.refusal("it matches the empty string")
    for following in (whole.first, *reader.follow.values()):
        taken: set[int] = set()
        for place in following:
            if taken & reader.chars[place]:
                raise reader.refusal("a character may match it in several ways")
            taken |= reader.chars[place]


class _Reader:
    """Reads an expression; `chars` and `follow` hold the characters of each place, and the places after it."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0
        self.chars: list[Chars] = []
        self.follow: dict[int, set[int]] = {}

    def refusal(self, why: str) -> NotConvertible:
        return NotConvertible(f"the regular expression {self.text!r} is not certain to match alike in ONNX: {why}")

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise self.refusal("it ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self) -> _Part:
        found = self._sequence()
        while self._peek() == "|":
            if found.nullable:
                raise self.refusal("an alternative before others matches the empty string")
            self.at += 1
            other = self._sequence()
            found = _Part(found.nullable or other.nullable, found.first | other.first, found.last | other.last)
        return found

    def _sequence(self) -> _Part:
        found = _Part()
        while self._peek() not in ("", "|", ")"):
            found = self._then(found, self._repeated())
        return found

    def _then(self, before: _Part, after: _Part) -> _Part:
        self._join(before.last, after.first)
        first = before.first | after.first if before.nullable else before.first
        last = before.last | after.last if after.nullable else after.last
        return _Part(before.nullable and after.nullable, first, last)

    def _join(self, places: Iterable[int], following: set[int]) -> None:
        for place in places:
            self.follow[place] |= following

    def _repeated(self) -> _Part:
        start = self.at
        part = self._atom()
        atom_end = self.at
        least, most = self._quantifier()
        if self.at > atom_end and self._peek() in ("?", "+", "*"):
            raise self.refusal("a repetition takes as little as it can, or is repeated")
        end = self.at
        if most is None:
            self._join(part.last, part.first)
            part.nullable = part.nullable or least == 0
            return part
        if most > _MOST_COPIES:
            raise self.refusal("it repeats too often")
        if least == most == 1:
            return part
        found = _Part()  # x{1,3} is x(x(x)?)?
        for copy in reversed(range(most)):
            self.at = start
            found = self._then(self._atom(), found)
            found.nullable = found.nullable or copy >= least
        self.at = end
        return found

    def _quantifier(self) -> tuple[int, int | None]:
        """(least, most) repetitions; most is None without a limit, for which one or more count as one."""
        sign = self._peek()
        if sign and sign in "*+?":
            self.at += 1
            return (0 if sign != "+" else 1), (1 if sign == "?" else None)
        close = self.text.find("}", self.at)
        if sign == "{" and close > 0:
            low, comma, high = self.text[self.at + 1 : close].partition(",")
            if low.isdigit() and (high.isdigit() or not high):
                self.at = close + 1
                if comma and not high:
                    if int(low) > 1:
                        raise self.refusal("it repeats an unlimited number of times, but more than once")
                    return int(low), None
                return int(low), int(high) if comma else int(low)
        return 1, 1

    def _atom(self) -> _Part:
        sign = self._take()
        if sign == "(":
            if self._peek() == "?":
                if self.text[self.at : self.at + 2] != "?:":
                    raise self.refusal("flags and named groups are not followed")
                self.at += 2
            inside = self.alternatives()
            if self._take() != ")":
                raise self.refusal("a group is not closed")
            return inside
        if sign in "^$":
            raise self.refusal("it depends on what is around a match")
        if sign in "*+?":
            raise self.refusal("nothing is repeated")
        if sign == "[":
            return self._place(self._class())
        if sign == ".":
            return self._place(_EVERY - {ord("\n")})
        return self._place(self._escape() if sign == "\\" else _one(sign))

    def _place(self, chars: Chars) -> _Part:
        place = len(self.chars)
        self.chars.append(chars)
        self.follow[place] = set()
        return _Part(False, {place}, {place})

    def _escape(self) -> Chars:
        sign = self._take()
        if sign.lower() in _ESCAPED:
            found = _ESCAPED[sign.lower()]
            return found if sign.islower() else _EVERY - found
        if sign in _CONTROL:
            return _one(_CONTROL[sign])
        if sign.isalnum():
            raise self.refusal(f"\\{sign} is not followed")
        return _one(sign)

    def _class(self) -> Chars:
        negated = self._peek() == "^"
        self.at += negated
        found: set[int] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member(found)
            if low is not None and self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member(set())
                if high is None:
                    raise self.refusal("a range ends in a class")
                found |= {c for c in _KNOWN if low <= c <= high} | ({_OTHER} if high not in _KNOWN else set())
        self.at += 1
        # a class that has some of the other characters may lack some too
        return frozenset((_EVERY - found) | {_OTHER}) if negated else frozenset(found)

    def _member(self, found: set[int]) -> int | None:
        """Adds the next member of a class; returns it when it is one character."""
        sign = self._take()
        if sign == "[" and self._peek() == ":":
            name, _, _ = self.text[self.at + 1 :].partition(":]")
            if name not in _NAMED:
                raise self.refusal(f"[:{name}:] is not followed")
            self.at += len(name) + 3
            found |= {c for c in range(128) if _NAMED[name](chr(c))}
            return None
        chars = self._escape() if sign == "\\" else _one(sign)
        found |= chars
        if len(chars) > 1:
            return None
        return ord(sign) if sign != "\\" else next(iter(chars))


def _one(sign: str) -> Chars:
    return frozenset({ord(sign) if ord(sign) in _KNOWN else _OTHER})
