"""The subcommands of `tfcompat`, one a module.

A module has `HELP` (a line), `add_arguments(parser)` and `run(args) -> exit code`.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

OK, FAILED, USAGE, DIFFERENT = 0, 1, 2, 3
"""Exit codes: done; the work cannot be done; wrong usage or unreadable input; done, and results differ."""

NAMES = ("run", "export", "convert", "inspect", "check", "migrate", "devices")


class CommandError(Exception):
    """Ends a command with a message and an exit code."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Ends the command with `message` on standard error."""
    raise CommandError(message, code)


def check_target(path: str) -> None:
    """Ends the command when no file can be written to `path`."""
    if os.path.isdir(path):
        fail(f"{path} is a directory: name a file with --output")
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        fail(f"{path}: there is no directory {os.path.dirname(path)}")


def note(text: str) -> None:
    """Writes a line to standard error."""
    print(text, file=sys.stderr, flush=True)
