"""Regular expressions in RE2's syntax, run by Python's engine, and their host kernels.

Patterns and texts are UTF-8, as RE2 reads them. A pattern whose meaning Python cannot give is refused.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.strings import mapped

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ", "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_SPACE = r"\t\n\f\r "
_LOOKAROUND = re.compile(r"\(\?(<?[=!]|>|#|P=|P>)")
_TOKEN = re.compile(r"\\Q.*?(?:\\E|\Z)|\\x\{[0-9A-Fa-f]+\}|\\p\{[^}]*\}|\\.|\[|\(\?[^:)]*[:)]|.", re.DOTALL)
_CLASS_TOKEN = re.compile(r"\[:\^?\w+:\]|\\x\{[0-9A-Fa-f]+\}|\\p\{[^}]*\}|\\.|.", re.DOTALL)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Malformed(ValueError):
    """What RE2 says of a pattern that it refuses."""


def _escape(token: str, in_class: bool) -> str:
    """One escape of RE2 in Python's syntax."""
    letter = token[1]
    if token.startswith(r"\x{"):
        return re.escape(chr(int(token[3:-1], 16)))
    if letter in "pPC":
        raise UnimplementedError(None, None, f"Regular expressions with {token} are not supported")
    if letter == "s":
        return _SPACE if in_class else f"[{_SPACE}]"
    if letter == "S":
        if in_class:
            raise UnimplementedError(None, None, r"Regular expressions with \S in brackets are not supported")
        return f"[^{_SPACE}]"
    if letter == "z" and not in_class:
        return r"\Z"
    if letter.isalpha() and letter not in "abABdDwWfnrtvx" or letter in "123456789":
        raise _Malformed(f"invalid escape sequence: {token}")
    if letter in "ABb" and in_class:
        raise _Malformed(f"invalid escape sequence: {token}")
    return token


def _bracket(pattern: str, place: int) -> tuple[str, int]:
    """The class that starts at `place` in Python's syntax, and where it ends."""
    start = place
    out = "["
    place += 1
    if pattern[place : place + 1] == "^":
        out, place = "[^", place + 1
    first = True
    while place < len(pattern):
        if pattern[place] == "]" and not first:
            return out + "]", place + 1
        found = _CLASS_TOKEN.match(pattern, place)
        assert found is not None
        token, place, first = found.group(), found.end(), False
        if token.startswith("[:"):
            if token[2] == "^" or token[2:-2] not in _POSIX:
                if token[2:-2].lstrip("^") not in _POSIX:
                    raise _Malformed(f"invalid character class range: {token}")
                raise UnimplementedError(None, None, f"Regular expressions with {token} are not supported")
            out += _POSIX[token[2:-2]]
        elif token.startswith("\\"):
            out += _escape(token, True)
        else:
            out += "\\" + token if token in "[]&~|" else token
    raise _Malformed(f"missing ]: {pattern[start:]}")


def translate(pattern: str) -> str:
    """A pattern of RE2 as one of Python that matches the same.

    Raises:
        _Malformed: RE2 refuses it.
        UnimplementedError: Python's engine has no form for it.
    """
    refused = _LOOKAROUND.search(pattern)
    if refused:
        raise _Malformed(f"invalid perl operator: {refused.group()}")
    many_lines = re.search(r"\(\?[a-z]*m", pattern) is not None
    out, place, quantified = "", 0, False
    while place < len(pattern):
        if pattern[place] == "[":
            part, place = _bracket(pattern, place)
            out, quantified = out + part, False
            continue
        found = _TOKEN.match(pattern, place)
        assert found is not None
        token, place = found.group(), found.end()
        if token in ("*", "+", "?"):
            if quantified and token != "?":
                raise _Malformed(f"bad repetition operator: {pattern[place - 2 : place]}")
            out, quantified = out + token, True
            continue
        quantified = False
        if token.startswith(r"\Q"):
            out += re.escape(token[2:].removesuffix(r"\E"))
        elif token == "\\":
            raise _Malformed("trailing \\")
        elif token.startswith("\\"):
            out += _escape(token, False)
        elif token == "$" and not many_lines:
            out += r"\Z"
        elif token.startswith("(?") and re.search("U", token.partition("<")[0]):
            raise UnimplementedError(None, None, f"Regular expressions with {token} are not supported")
        else:
            out += token
    return out


@functools.lru_cache(256)
def _compiled(pattern: bytes) -> re.Pattern[str]:
    return re.compile(translate(_text(pattern)), re.ASCII)


def compiled(k: KernelContext, pattern: bytes) -> re.Pattern[str]:
    """A regular expression.

    Raises:
        InvalidArgumentError: it is malformed.
        UnimplementedError: it uses what Python's engine has no form for.
    """
    shown = pattern.decode(errors="replace")
    try:
        return _compiled(pattern)
    except _Malformed as error:
        raise InvalidArgumentError(None, k.op, f"Invalid pattern: {shown}, error: {error}") from None
    except re.error as error:
        reason = f"missing ): {shown}" if "missing )" in str(error) else str(error)
        raise InvalidArgumentError(None, k.op, f"Invalid pattern: {shown}, error: {reason}") from None


def _rewritten(found: re.Match[str], rewrite: str) -> tuple[str, bool]:
    """The replacement of one match; False when the rewrite is malformed, with what came before that."""
    out, place = "", 0
    while place < len(rewrite):
        letter = rewrite[place]
        place += 1
        if letter != "\\":
            out += letter
            continue
        letter = rewrite[place : place + 1]
        place += 1
        if letter and letter in "0123456789":
            out += found.group(int(letter)) or ""
        elif letter == "\\":
            out += letter
        else:
            return out, False
    return out, True


def replaced(expression: re.Pattern[str], text: str, rewrite: str, everywhere: bool) -> str:
    """`text` with its first match, or all that do not overlap, replaced by `rewrite`."""
    groups = [int(d) for d in re.findall(r"\\(?:\\|(\d))", rewrite) if d]
    if max(groups, default=0) > expression.groups:
        return text
    if not everywhere:
        found = expression.search(text)
        new, fine = _rewritten(found, rewrite) if found else ("", False)
        return text[: found.start()] + new + text[found.end() :] if found and fine else text
    out, place, last = [], 0, -1
    while place <= len(text):
        found = expression.search(text, place)
        if not found:
            break
        out.append(text[place : found.start()])
        if found.start() == last == found.end():
            out.append(text[last : last + 1])
            place = last + 1
            last = -1
            continue
        out.append(_rewritten(found, rewrite)[0])
        place = last = found.end()
    out.append(text[place:])
    return "".join(out)


def _replace(k: KernelContext, text: np.ndarray, pattern: bytes, rewrite: bytes) -> np.ndarray:
    expression, new, everywhere = compiled(k, pattern), _text(rewrite), k.attr("replace_global")
    return mapped(lambda s: _bytes(replaced(expression, _text(s), new, everywhere)), text)


@kernel("RegexReplace")
def _regex_replace(k: KernelContext, text: np.ndarray, pattern: Any, rewrite: Any) -> np.ndarray:
    return _replace(k, text, pattern[()], rewrite[()])


@kernel("StaticRegexReplace")
def _static_regex_replace(k: KernelContext, text: np.ndarray) -> np.ndarray:
    return _replace(k, text, k.attr("pattern"), k.attr("rewrite"))


@kernel("RegexFullMatch")
def _full_match(k: KernelContext, text: np.ndarray, pattern: Any) -> np.ndarray:
    expression = compiled(k, pattern[()])
    return mapped(lambda s: expression.fullmatch(_text(s)) is not None, text, np.bool_)


@kernel("StaticRegexFullMatch")
def _static_full_match(k: KernelContext, text: np.ndarray) -> np.ndarray:
    expression = compiled(k, k.attr("pattern"))
    return mapped(lambda s: expression.fullmatch(_text(s)) is not None, text, np.bool_)
