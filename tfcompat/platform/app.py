"""`tf.app.run`: reads the command line and runs the program's main function."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.platform.flag_types import Error
from tfcompat.platform.flag_values import FLAGS

_HELP = {"--help": "main", "-help": "main", "-?": "main", "--helpshort": "main", "--helpfull": "all"}


@tf_export("app.run")
def run(main: Any = None, argv: Sequence[str] | None = None) -> None:
    """Sets the flags from the command line, calls `main` with what is left of it, and ends the program.

    Args:
        main: called with the list of the program's name and the arguments that are no flags; by default the function
            `main` of the main module. What it gives is the exit code.
        argv: the command line; by default the process's. Unknown flags are left over.

    Raises:
        SystemExit: always; with code 1 after wrong flags or --help.
    """
    arguments = list(sys.argv if argv is None else argv)
    main = main or sys.modules["__main__"].main
    asked = next((_HELP[a] for a in arguments[1:] if a in _HELP), None)
    if asked:
        _print_help(main, asked)
        sys.exit(1)
    try:
        rest = _read_by_absl(FLAGS(arguments, known_only=True))
    except Error as error:
        print(
            f"FATAL Flags parsing error:\n  {error}\nPass --helpshort or --helpfull to see help on flags.",
            file=sys.stderr,
        )
        sys.exit(1)
    sys.exit(main(rest))


def _read_by_absl(arguments: list[str]) -> list[str]:
    """Gives a program that defines its flags with absl what is for it."""
    absl_flags: Any = sys.modules.get("absl.flags")
    if absl_flags is None:
        return arguments
    try:
        return absl_flags.FLAGS(arguments, known_only=True)  # type: ignore[no-any-return]
    except absl_flags.Error as error:
        raise Error(str(error)) from error


def _print_help(main: Any, what: str) -> None:
    doc = sys.modules["__main__"].__doc__ or f"USAGE: {sys.argv[0]} [flags]\n"
    print(doc.replace("%s", sys.argv[0]))
    print("\nflags:\n")
    print(FLAGS.get_help() if what == "all" else FLAGS.main_module_help())
