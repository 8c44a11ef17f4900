"""Where the user's program made an operation."""

from __future__ import annotations

import linecache
import pathlib
import sys
import traceback
from types import CodeType

_PACKAGE = str(pathlib.Path(__file__).parent.parent) + "/"

Frames = tuple[tuple[CodeType, int], ...]


def capture() -> Frames:
    """The calling stack outside this package, innermost first, as (code, line) pairs: cheap; formatted later."""
    frame = sys._getframe(1)
    frames = []
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            frames.append((code, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(frames)


def summary(frames: Frames) -> traceback.StackSummary:
    """`frames` as a `traceback.StackSummary`, outermost first."""
    return traceback.StackSummary.from_list(
        [
            traceback.FrameSummary(code.co_filename, line, code.co_name, line=linecache.getline(code.co_filename, line))
            for code, line in reversed(frames)
        ]
    )


def creation_site(frames: Frames) -> str:
    """The innermost user line as text, or an empty string."""
    return "".join(traceback.format_list(summary(frames[:1]))).rstrip() if frames else ""
