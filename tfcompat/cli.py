"""The `tfcompat` command: run | export | convert | inspect | check | migrate | devices."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from tfcompat.commands import NAMES, CommandError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (default: the process's); returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.command(args)
    except CommandError as error:
        print(f"tfcompat {args.name}: {error}", file=sys.stderr)
        return error.code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tfcompat", description="Runs TensorFlow 1 programs without TensorFlow.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name")
    for name in NAMES:
        module: Any = importlib.import_module(f"tfcompat.commands.{name}")
        command = commands.add_parser(
            name, help=module.HELP, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(command)
        command.set_defaults(command=module.run)
    return parser
