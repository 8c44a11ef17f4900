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
from tfcompat.kernels.re2_syntax import Malformed, Translator
from tfcompat.kernels.strings import mapped


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@functools.lru_cache(256)
def _compiled(pattern: bytes) -> re.Pattern[str]:
    return re.compile(Translator(_text(pattern)).translate(), re.ASCII)


def compiled(k: KernelContext, pattern: bytes) -> re.Pattern[str]:
    """A regular expression.

    Raises:
        InvalidArgumentError: it is malformed.
        UnimplementedError: it uses what Python's engine has no form for.
    """
    shown = pattern.decode(errors="replace")
    try:
        return _compiled(pattern)
    except Malformed as error:
        raise InvalidArgumentError(None, k.op, f"Invalid pattern: {shown}, error: {error}") from None
    except re.error as error:
        raise UnimplementedError(None, k.op, f"The regular expression {shown} is not supported: {error}") from None


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
