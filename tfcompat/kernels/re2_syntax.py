"""RE2's regular expressions in the syntax of Python's engine.

Every atom is written so that it means the same whatever flags are set around it; names of groups are dropped.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from typing import NamedTuple

from tfcompat.graph.errors import UnimplementedError

Ranges = tuple[tuple[int, int], ...]

_LAST = sys.maxunicode
_MOST = 1000
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)), "alpha": ((65, 90), (97, 122)), "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)), "cntrl": ((0, 31), (127, 127)), "digit": ((48, 57),), "graph": ((33, 126),),
    "lower": ((97, 122),), "print": ((32, 126),), "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)), "upper": ((65, 90),), "word": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}  # fmt: skip
_PERL: dict[str, Ranges] = {"d": ((48, 57),), "s": ((9, 10), (12, 13), (32, 32)), "w": _POSIX["word"]}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_CATEGORIES = {
    *"CLMNPSZ", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd",
    "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs",
}  # fmt: skip
_SCRIPTS = re.compile(r"[A-Z][a-z]+(_[A-Z][a-z]+)*")
_REPEAT = re.compile(r"\{(\d+)(,(\d*))?\}")
_NAMED = re.compile(r"\(\?P<(\w+)>")


class Malformed(ValueError):
    """What RE2 says of a pattern that it refuses."""


class Flags(NamedTuple):
    """What `(?imsU)` sets."""

    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


def complement(ranges: Ranges) -> Ranges:
    """All characters but those of `ranges`."""
    out, start = [], 0
    for low, high in merged(ranges):
        if start < low:
            out.append((start, low - 1))
        start = high + 1
    return (*out, (start, _LAST)) if start <= _LAST else tuple(out)


def merged(ranges: Ranges) -> list[tuple[int, int]]:
    """The ranges in order, those that touch as one."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(out[-1][1], high)
        else:
            out.append((low, high))
    return out


@functools.cache
def _property(name: str) -> Ranges:
    """The characters of a Unicode category."""
    found = (c for c in range(_LAST + 1) if unicodedata.category(chr(c)).startswith(name))
    out: list[list[int]] = []
    for c in found:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return tuple((low, high) for low, high in out)


def _in_brackets(ranges: Ranges, negated: bool) -> str:
    if not ranges:
        return r"[\s\S]" if negated else r"[^\s\S]"
    body = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in merged(ranges))
    return f"[{'^' if negated else ''}{body}]"


class Translator:
    """One pattern on its way to Python's syntax."""

    def __init__(self, pattern: str):
        self._pattern = pattern
        self._place = 0

    def translate(self) -> str:
        """The whole pattern.

        Raises:
            Malformed: RE2 refuses it.
            UnimplementedError: Python's engine has no form for it.
        """
        out, _ = self._alternatives(Flags())
        if self._place < len(self._pattern):
            raise Malformed(f"unexpected ): {self._pattern}")
        return out

    def _next(self, count: int = 1) -> str:
        return self._pattern[self._place : self._place + count]

    def _alternatives(self, flags: Flags) -> tuple[str, int]:
        """Everything up to the end of a group, and how often its parts are repeated at most."""
        parts, most = [], 1
        while True:
            part, times, flags = self._sequence(flags)
            parts.append(part)
            most = max(most, times)
            if self._next() != "|":
                return "|".join(parts), most
            self._place += 1

    def _sequence(self, flags: Flags) -> tuple[str, int, Flags]:
        out: list[str] = []
        atom: str | None = None
        times, most, repeated = 1, 1, ""
        while self._place < len(self._pattern) and self._next() not in "|)":
            start = self._place
            operator = self._operator()
            if operator is not None:
                low, high, text = operator
                if repeated:
                    raise Malformed(f"bad repetition operator: {repeated}{self._pattern[start : self._place]}")
                if atom is None:
                    raise Malformed(f"no argument for repetition operator: {text}")
                lazy = self._next() == "?"
                self._place += lazy
                repeated = self._pattern[start : self._place]
                times *= max(low, high if high is not None else 0, 1)
                if text[0] == "{" and times > _MOST:
                    raise Malformed(f"invalid repetition size: {text}")
                out[-1] = f"(?:{atom}){text}{'?' if lazy != flags.U else ''}"
                most, atom = max(most, times), None
                continue
            repeated = ""
            atoms, times, flags = self._atom(flags)
            out += atoms
            atom = atoms[-1] if atoms else None
            most = max(most, times)
        return "".join(out), most, flags

    def _operator(self) -> tuple[int, int | None, str] | None:
        """(least, most or None, text) of a repetition that starts here."""
        letter = self._next()
        if letter in ("*", "+", "?"):
            self._place += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[letter] + (letter,)  # type: ignore[return-value]
        found = _REPEAT.match(self._pattern, self._place) if letter == "{" else None
        if found is None:
            return None
        low = int(found[1])
        high = low if found[2] is None else int(found[3]) if found[3] else None
        self._place = found.end()
        if low > _MOST or (high is not None and (high > _MOST or high < low)):
            raise Malformed(f"invalid repetition size: {found[0]}")
        return low, high, found[0]

    def _atom(self, flags: Flags) -> tuple[list[str], int, Flags]:
        """(the atoms that start here, how often their parts are repeated, the flags from here on)."""
        letter = self._next()
        if letter == "(":
            return self._group(flags)
        if letter == "[":
            ranges, negated = self._brackets()
            return [self._class(ranges, negated, flags)], 1, flags
        if letter == "\\":
            return self._escape(flags), 1, flags
        self._place += 1
        plain = {
            ".": r"(?s:.)" if flags.s else r"[^\n]",
            "^": "(?m:^)" if flags.m else r"\A",
            "$": "(?m:$)" if flags.m else r"\Z",
        }.get(letter)
        return [self._literal(letter, flags) if plain is None else plain], 1, flags

    @staticmethod
    def _literal(character: str, flags: Flags) -> str:
        text = re.escape(character)
        return f"(?iu:{text})" if flags.i and character.lower() != character.upper() else text

    @staticmethod
    def _class(ranges: Ranges, negated: bool, flags: Flags) -> str:
        text = _in_brackets(ranges, negated)
        return f"(?iu:{text})" if flags.i else text

    def _group(self, flags: Flags) -> tuple[list[str], int, Flags]:
        start, inner, opening = self._place, flags, "("
        if self._next(2) == "(?":
            named = _NAMED.match(self._pattern, start)
            if named:
                self._place = named.end()
            elif self._next(4) == "(?P<":
                end = self._pattern.find(">", start)
                shown = self._pattern[start : end + 1] if end >= 0 else self._pattern[start:]
                raise Malformed(f"invalid named capture group: {shown}")
            else:
                inner, closed = self._flags(flags)
                if closed:
                    return [], 1, inner
                opening = "(?:"
        else:
            self._place += 1
        body, most = self._alternatives(inner)
        if self._next() != ")":
            raise Malformed(f"missing ): {self._pattern}")
        self._place += 1
        return [f"{opening}{body})"], most, flags

    def _flags(self, flags: Flags) -> tuple[Flags, bool]:
        """The flags that `(?...` sets, and whether it is no group."""
        start, value, some = self._place, True, False
        self._place += 2
        while True:
            letter = self._next()
            self._place += 1
            if letter and letter in "imsU":
                flags, some = flags._replace(**{letter: value}), True
            elif letter == "-" and value:
                value, some = False, False
            elif letter in (":", ")") and (some or value):
                return flags, letter == ")"
            else:
                raise Malformed(f"invalid perl operator: {self._pattern[start : self._place]}")

    def _escape(self, flags: Flags) -> list[str]:
        """The atoms of an escape outside of brackets."""
        letter = self._next(2)[1:]
        simple = {"A": r"\A", "z": r"\Z", "b": r"\b", "B": r"(?!\b)"}.get(letter)
        if simple is not None:
            self._place += 2
            return [simple]
        if letter == "Q":
            end = self._pattern.find(r"\E", self._place)
            text = self._pattern[self._place + 2 : end if end >= 0 else len(self._pattern)]
            self._place = end + 2 if end >= 0 else len(self._pattern)
            return [self._literal(c, flags) for c in text]
        if letter == "C":
            raise UnimplementedError(None, None, r"Regular expressions with \C, any byte, are not supported")
        ranges = self._set()
        if ranges is not None:
            return [self._class(ranges, False, flags)]
        return [self._literal(chr(self._character()), flags)]

    def _set(self) -> Ranges | None:
        r"""The characters of an escape such as `\d` or `\pN`; None when there is none here."""
        letter = self._next(2)[1:]
        if letter and letter in "dDsSwW":
            self._place += 2
            ranges = _PERL[letter.lower()]
            return ranges if letter.islower() else complement(ranges)
        if not letter or letter not in "pP":
            return None
        found = re.compile(r"\\[pP](?:\{(\^?)([^}]*)\}|([^{]))").match(self._pattern, self._place)
        if found is None:
            raise Malformed(f"invalid character class range: {self._pattern[self._place :]}")
        self._place = found.end()
        name = found[3] or found[2]
        negated = (letter == "P") != bool(found[1])
        if name == "Any":
            ranges = ((0, _LAST),)
        elif name in _CATEGORIES:
            ranges = _property(name)
        elif _SCRIPTS.fullmatch(name) and len(name) > 3:
            raise UnimplementedError(None, None, f"Regular expressions with the script {found[0]} are not supported")
        else:
            raise Malformed(f"invalid character class range: {found[0]}")
        return complement(ranges) if negated else ranges

    def _character(self) -> int:
        """The character that an escape stands for."""
        start = self._place
        if self._next(2) == "\\":
            raise Malformed("trailing \\")
        letter = self._next(2)[1]
        self._place += 2
        if letter in "01234567" and (letter == "0" or self._next() and self._next() in "01234567"):
            value = int(letter)
            while self._place - start < 4 and self._next() and self._next() in "01234567":
                value = value * 8 + int(self._next())
                self._place += 1
            return value
        if letter == "x":
            found = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})").match(self._pattern, self._place)
            if found is not None and int(found[1] or found[2], 16) <= _LAST:
                self._place = found.end()
                return int(found[1] or found[2], 16)
            end = found.end() - 1 if found is not None else self._place
            raise Malformed(f"invalid escape sequence: {self._pattern[start:end]}")
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isascii() and not letter.isalnum():
            return ord(letter)
        raise Malformed(f"invalid escape sequence: {self._pattern[start : self._place]}")

    def _brackets(self) -> tuple[Ranges, bool]:
        """The characters in brackets, and whether they are the ones that do not match."""
        start = self._place
        self._place += 1
        negated = self._next() == "^"
        self._place += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while self._next() != "]" or first:
            if not self._next():
                raise Malformed(f"missing ]: {self._pattern[start:]}")
            first = False
            found = re.compile(r"\[:(\^?)(\w+):\]").match(self._pattern, self._place)
            if found is not None:
                if found[2] not in _POSIX:
                    raise Malformed(f"invalid character class range: {found[0]}")
                self._place = found.end()
                ranges += complement(_POSIX[found[2]]) if found[1] else _POSIX[found[2]]
                continue
            chosen = self._set() if self._next() == "\\" else None
            ranges += [self._range(start)] if chosen is None else chosen
        self._place += 1
        return tuple(ranges), negated

    def _range(self, start: int) -> tuple[int, int]:
        """One character in brackets, or two with a dash between them."""
        begin = self._place
        low = self._member(start)
        if self._next() != "-" or self._next(2)[1:] in ("", "]"):
            return low, low
        self._place += 1
        high = self._member(start)
        if high < low:
            raise Malformed(f"invalid character class range: {self._pattern[begin : self._place]}")
        return low, high

    def _member(self, start: int) -> int:
        if self._next() == "\\":
            return self._character()
        if not self._next():
            raise Malformed(f"missing ]: {self._pattern[start:]}")
        self._place += 1
        return ord(self._pattern[self._place - 1])
