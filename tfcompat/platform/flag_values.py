"""`FlagValues`: all flags of a program, and how a command line sets them."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tfcompat.platform import flag_types as types
from tfcompat.platform.flag_types import Flag

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_UNSAID = object()


def calling_module() -> str:
    """The name of the module that called into this package; the program's path for the main module."""
    depth = 1
    while True:
        frame = sys._getframe(depth)
        if os.path.dirname(os.path.abspath(frame.f_code.co_filename)) != _FOLDER:
            name = frame.f_globals.get("__name__", "<unknown>")
            return sys.argv[0] if name == "__main__" and sys.argv else str(name)
        depth += 1


def help_width() -> int:
    """How wide help texts are: the width of the terminal, or 80."""
    try:
        return max(20, os.get_terminal_size(sys.stdout.fileno()).columns) if sys.stdout.isatty() else 80
    except (OSError, ValueError):
        return 80


class FlagValues:
    """The flags by name: `values.name` is a flag's value, `values["name"]` the flag itself.

    Calling it with a command line sets the values and gives the arguments that are left over.
    """

    def __init__(self) -> None:
        state = self.__dict__
        state["__flags"] = {}
        state["__by_module"] = {}
        state["__key_flags"] = {}
        state["__parsed"] = False
        state["__gnu"] = True

    # ---------------------------------------------------------------- definitions

    def _table(self) -> dict[str, Flag]:
        return self.__dict__["__flags"]  # type: ignore[no-any-return]

    def __setitem__(self, name: str, flag: Flag) -> None:
        """Adds `flag` under `name` (and its short name); DuplicateFlagError when it exists already."""
        if not isinstance(flag, Flag):
            raise types.IllegalFlagValueError(
                f"Expect Flag instances, found type {type(flag)}. Maybe you didn't mean to use FlagValue.__setitem__?"
            )
        if not isinstance(name, str) or not name:
            raise types.Error(f"A flag name must be a non-empty string, got {name!r}")
        if " " in name:
            raise types.Error("Flag name cannot contain a space.")
        if hasattr(type(self), name) and not flag.allow_using_method_names:
            raise types.FlagNameConflictsWithMethodError(
                f'Cannot define a flag named "{name}". It conflicts with a method on class "FlagValues".'
            )
        table = self._table()
        for key in (name, flag.short_name):
            known = table.get(key) if key else None
            if known is not None and known is not flag and not (flag.allow_override or known.allow_override):
                raise types.DuplicateFlagError.from_flag(str(key), self)
        table[name] = flag
        if flag.short_name:
            table[flag.short_name] = flag

    def register_flag_by_module(self, module_name: str, flag: Flag) -> None:
        """Notes that a module defines `flag`."""
        self.__dict__["__by_module"].setdefault(module_name, []).append(flag)

    def register_key_flag_for_module(self, module_name: str, flag: Flag) -> None:
        """Notes that `flag` belongs to the main flags of a module."""
        flags = self.__dict__["__key_flags"].setdefault(module_name, [])
        if flag not in flags:
            flags.append(flag)

    def find_module_defining_flag(self, flagname: str, default: Any = None) -> Any:
        """The module that defines the flag, or `default`."""
        flag = self._table().get(flagname)
        return next((m for m, flags in self.flags_by_module_dict().items() if flag in flags), default)

    def flags_by_module_dict(self) -> dict[str, list[Flag]]:
        """Module name -> the flags it defines."""
        return self.__dict__["__by_module"]  # type: ignore[no-any-return]

    def key_flags_by_module_dict(self) -> dict[str, list[Flag]]:
        """Module name -> the flags it declares as its own besides those it defines."""
        return self.__dict__["__key_flags"]  # type: ignore[no-any-return]

    def get_flags_for_module(self, module: Any) -> list[Flag]:
        """The flags that a module (or the module of that name) defines."""
        return list(self.flags_by_module_dict().get(getattr(module, "__name__", module), ()))

    def get_key_flags_for_module(self, module: Any) -> list[Flag]:
        """The flags that a module defines or declares as its own."""
        name = getattr(module, "__name__", module)
        found = self.get_flags_for_module(name)
        return found + [f for f in self.key_flags_by_module_dict().get(name, ()) if f not in found]

    def append_flag_values(self, flag_values: FlagValues) -> None:
        """Takes over the flags of another object; DuplicateFlagError when a name is taken."""
        for name, flag in flag_values._table().items():
            if name == flag.name:
                if name in self and self[name] is not flag:
                    raise types.DuplicateFlagError.from_flag(name, self, flag_values)
                self[name] = flag

    def remove_flag_values(self, flag_values: Any) -> None:
        """Drops the flags of another object (or the names in it)."""
        for name in list(flag_values):
            self.__delattr__(name)

    def __delattr__(self, name: str) -> None:
        flag = self._table().pop(name, None)
        if flag is None:
            raise AttributeError(name)
        for flags in (*self.flags_by_module_dict().values(), *self.key_flags_by_module_dict().values()):
            if flag in flags:
                flags.remove(flag)
        self.__dict__["__flags"] = {n: f for n, f in self._table().items() if f is not flag}

    # ---------------------------------------------------------------- values

    def __getattr__(self, name: str) -> Any:
        flag = self._table().get(name) if "__flags" in self.__dict__ else None
        if flag is None:
            raise AttributeError(name)
        if not self.is_parsed():
            raise types.UnparsedFlagAccessError(f"Trying to access flag --{name} before flags were parsed.")
        return flag.value

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets a flag's value.

        Raises:
            UnrecognizedFlagError: there is no such flag.
            IllegalFlagValueError: a validator refuses the value; the flag keeps its old one.
        """
        flag = self._table().get(name)
        if flag is None:
            raise types.UnrecognizedFlagError(name, value)
        before = flag.value, flag.using_default_value
        flag.value, flag.using_default_value = value, False
        try:
            self._validate(flag.validators)
        except types.IllegalFlagValueError:
            flag.value, flag.using_default_value = before
            raise

    def __getitem__(self, name: str) -> Flag:
        return self._table()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table()

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._table()})

    def set_default(self, name: str, value: Any) -> None:
        """Changes a flag's default; AttributeError when there is no such flag."""
        flag = self._table().get(name)
        if flag is None:
            raise AttributeError(name)
        flag._set_default(value)
        self._validate(flag.validators)

    def get_flag_value(self, name: str, default: Any) -> Any:
        """The value of a flag, `default` when there is no such flag or it is None."""
        flag = self._table().get(name)
        return default if flag is None or flag.value is None else flag.value

    def flag_values_dict(self) -> dict[str, Any]:
        """Flag name -> value."""
        return {name: flag.value for name, flag in self._table().items()}

    def is_parsed(self) -> bool:
        """Whether a command line was read."""
        return bool(self.__dict__["__parsed"])

    def mark_as_parsed(self) -> None:
        """Allows reading values although no command line was read."""
        self.__dict__["__parsed"] = True

    def unparse_flags(self) -> None:
        """Forgets the command line: all flags have their defaults."""
        for flag in self._table().values():
            flag.unparse()
        self.__dict__["__parsed"] = False

    def validate_all_flags(self) -> None:
        """Runs all validators; IllegalFlagValueError when one refuses."""
        self._validate({id(v): v for flag in self._table().values() for v in flag.validators}.values())

    def _validate(self, validators: Iterable[Any]) -> None:
        for validator in validators:
            try:
                validator(self)
            except types.ValidationError as error:
                raise types.IllegalFlagValueError(str(error)) from None

    # ---------------------------------------------------------------- the command line

    def set_gnu_getopt(self, gnu_getopt: bool = True) -> None:
        """Whether flags may follow other arguments."""
        self.__dict__["__gnu"] = gnu_getopt

    def is_gnu_getopt(self) -> bool:
        """Whether flags may follow other arguments."""
        return bool(self.__dict__["__gnu"])

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        """Sets the flags from a command line.

        Args:
            argv: the program's name and its arguments.
            known_only: whether unknown flags are left over instead of being errors.

        Returns:
            The program's name and the arguments that are no flags.

        Raises:
            UnrecognizedFlagError: there is no such flag.
            IllegalFlagValueError: a flag cannot have a value, or a validator refuses it.
        """
        if isinstance(argv, (str, bytes)):
            raise TypeError("argv should be a tuple/list of strings, not bytes or string.")
        if not argv:
            raise ValueError("argv cannot be an empty list, and must contain the program name as the first element.")
        rest, unknown = self._parse(self.read_flags_from_files(argv[1:], force_gnu=False), known_only)
        for name, argument in unknown:
            raise types.UnrecognizedFlagError(name, argument, _suggestions(name, self))
        self.mark_as_parsed()
        self.validate_all_flags()
        return [argv[0], *rest]

    def _parse(self, arguments: Sequence[str], known_only: bool) -> tuple[list[str], list[tuple[str, str]]]:
        """(arguments left over, unknown flags)."""
        rest: list[str] = []
        unknown: list[tuple[str, str]] = []
        tolerated: set[str] = set()
        pending = list(arguments)
        while pending:
            argument = pending.pop(0)
            name, equals, given = _without_dashes(argument).partition("=")
            if argument == "--":
                rest += ([argument] if known_only else []) + pending
                break
            if not argument.startswith("-") or not name:
                rest.append(argument)
                if not self.is_gnu_getopt():
                    rest += pending
                    break
                continue
            if name == "undefok":
                names = given if equals else _next(pending, argument)
                tolerated.update(n.strip() for n in names.split(","))
                tolerated.update(f"no{n.strip()}" for n in names.split(","))
            elif not self._set(name, given if equals else None, argument, pending):
                unknown.append((name, argument))
                rest.append(argument)
        ignored = [argument for name, argument in unknown if not known_only or name in tolerated]
        for argument in ignored:
            rest.remove(argument)
        return rest, [] if known_only else [entry for entry in unknown if entry[0] not in tolerated]

    def _set(self, name: str, given: str | None, argument: str, pending: list[str]) -> bool:
        """Sets the flag `name`; False when there is none."""
        flag = self._table().get(name)
        if flag is not None:
            value = "true" if given is None and flag.boolean else _next(pending, argument) if given is None else given
        else:
            flag = self._table().get(name[2:]) if name.startswith("no") else None
            if flag is None or not flag.boolean:
                return False
            if given is not None:
                raise ValueError(f"{argument} does not take an argument")
            value = "false"
        flag.parse(value)
        flag.using_default_value = False
        return True

    def read_flags_from_files(self, argv: Sequence[str], force_gnu: bool = True) -> list[str]:
        """`argv` with each --flagfile=PATH replaced by the arguments in the file, one a line; # starts a comment."""
        out: list[str] = []
        pending = list(argv)
        while pending:
            argument = pending.pop(0)
            if argument == "--":
                return [*out, argument, *pending]
            if argument.lstrip("-").partition("=")[0] == "flagfile" and argument.startswith("-"):
                path = argument.partition("=")[2] if "=" in argument else _next(pending, argument)
                out += _arguments_in(path, ())
            else:
                out.append(argument)
        return out

    def flags_into_string(self) -> str:
        """The flags as command-line arguments, one a line."""
        own = [f for flags in self.flags_by_module_dict().values() for f in sorted(flags, key=lambda f: f.name)]
        return "".join(f"{text}\n" for text in (f.serialize() for f in own if f.value is not None) if text)

    def append_flags_into_file(self, filename: str) -> None:
        """Appends `flags_into_string()` to a file, for --flagfile."""
        with open(filename, "a", encoding="utf-8") as file:
            file.write(self.flags_into_string())

    # ---------------------------------------------------------------- help

    def get_help(self, prefix: str = "", include_special_flags: bool = True) -> str:
        """The help text of all flags, by module."""
        parts = [self._help_of(name, flags, prefix) for name, flags in sorted(self.flags_by_module_dict().items())]
        return "\n\n".join(part for part in parts if part)

    def module_help(self, module: Any) -> str:
        """The help text of a module's flags."""
        return self._help_of(getattr(module, "__name__", module), self.get_key_flags_for_module(module), "")

    def main_module_help(self) -> str:
        """The help text of the program's own flags."""
        return self.module_help(sys.argv[0] if sys.argv else "__main__")

    def __str__(self) -> str:
        return self.get_help()

    def _help_of(self, module: str, flags: Sequence[Flag], prefix: str) -> str:
        if not flags:
            return ""
        lines = [f"{prefix}{module}:"]
        for flag in sorted(flags, key=lambda f: f.name):
            short = f"-{flag.short_name}," if flag.short_name else ""
            spelled = f"{short}--{'[no]' if flag.boolean else ''}{flag.name}"
            lines += textwrap.wrap(
                f"{spelled}: {flag.help}", help_width(), initial_indent=prefix + "  ", subsequent_indent=prefix + "    "
            )
            if flag.default_as_str is not None:
                lines.append(f"{prefix}    (default: {flag.default_as_str})")
            if flag.parser.syntactic_help:
                lines.append(f"{prefix}    ({flag.parser.syntactic_help})")
        return "\n".join(lines)


def _without_dashes(argument: str) -> str:
    """`argument` without the one or two dashes it begins with."""
    return argument.removeprefix("-").removeprefix("-")


def _next(pending: list[str], argument: str) -> str:
    if not pending:
        raise types.Error(f"Missing value for flag {argument}")
    return pending.pop(0)


def _suggestions(name: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, list(names), n=3, cutoff=0.7)


def _arguments_in(path: str, inside: tuple[str, ...]) -> list[str]:
    """The arguments in a flag file; files that include each other are read once."""
    path = os.path.expanduser(path)
    if path in inside:
        return []
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise types.CantOpenFlagFileError(f"ERROR:: Unable to open flagfile: {path}: {error}") from None
    out: list[str] = []
    for line in lines:
        if not line or line.startswith(("#", "//")):
            continue
        if line.lstrip("-").startswith("flagfile="):
            out += _arguments_in(shlex.split(line)[0].partition("=")[2], (*inside, path))
        else:
            out.append(line)
    return out


class ProgramFlags(FlagValues):
    """The flags of the running program: reading a value reads the command line first."""

    def __getattr__(self, name: str) -> Any:
        if name in self and not self.is_parsed():
            self(sys.argv)
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self and not self.is_parsed():
            self(sys.argv)
        super().__setattr__(name, value)


FLAGS = ProgramFlags()
"""The flags of the running program."""
