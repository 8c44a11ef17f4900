"""`tfcompat run`: a program in which `import tensorflow` means tfcompat."""

from __future__ import annotations

import argparse
import os

from tfcompat.commands import OK, fail
from tfcompat.commands.program import execute

HELP = "run a program in which `import tensorflow` means tfcompat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("-m", dest="is_module", action="store_true", help="SCRIPT is a module name, as for python -m")
    parser.add_argument("script", metavar="SCRIPT", help="the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="its arguments")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    if not args.is_module and not os.path.exists(args.script):
        fail(f"no such file: {args.script}")
    arguments = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    execute(args.script, arguments, args.is_module)
    return OK
