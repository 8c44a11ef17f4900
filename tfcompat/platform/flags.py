"""`tf.flags` and `tf.app.flags`: definitions of command-line flags."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tfcompat.graph.export import export
from tfcompat.platform import flag_parsers, flag_types
from tfcompat.platform.flag_parsers import ArgumentSerializer, CsvListSerializer, ListSerializer
from tfcompat.platform.flag_types import Error, Flag, ValidationError
from tfcompat.platform.flag_values import FLAGS, FlagValues, calling_module, help_width


class FlagHolder:
    """What a definition gives: the flag's value, whenever it is read.

    Args:
        flag_values: where the flag is.
        flag: the flag.
        ensure_non_none_value: whether reading None is an error.
    """

    def __init__(self, flag_values: FlagValues, flag: Flag, ensure_non_none_value: bool = False):
        self._flag_values = flag_values
        self._flag = flag
        self._not_none = ensure_non_none_value

    @property
    def name(self) -> str:
        """Name of the flag."""
        return self._flag.name

    @property
    def value(self) -> Any:
        """Value of the flag; IllegalFlagValueError when it is None and must not be."""
        value = getattr(self._flag_values, self._flag.name)
        if value is None and self._not_none:
            raise flag_types.IllegalFlagValueError(f"Unexpected None value for flag {self._flag.name}")
        return value

    @property
    def default(self) -> Any:
        """Default of the flag."""
        return self._flag.default

    @property
    def present(self) -> bool:
        """Whether the command line has the flag."""
        return bool(self._flag.present)

    def serialize(self) -> str:
        """The flag as a command-line argument."""
        return self._flag.serialize()

    def __bool__(self) -> bool:
        raise TypeError("bool() not supported for instances of type FlagHolder (did you mean to use '.value' instead?)")


def DEFINE_flag(
    flag: Flag, flag_values: FlagValues = FLAGS, module_name: str | None = None, required: bool = False
) -> FlagHolder:
    """Adds a flag.

    Args:
        flag: the flag.
        flag_values: where to add it.
        module_name: the module that defines it; by default the caller's.
        required: whether it must be given.

    Raises:
        DuplicateFlagError: there is one of that name.
        ValueError: a required flag has a default.
    """
    if required and flag.default is not None:
        raise ValueError(f"Required flag --{flag.name} needs to have None as default")
    flag_values[flag.name] = flag
    flag_values.register_flag_by_module(module_name or calling_module(), flag)
    if required:
        mark_flag_as_required(flag.name, flag_values)
    return FlagHolder(flag_values, flag, ensure_non_none_value=flag.default is not None or required)


def DEFINE(
    parser: Any,
    name: str,
    default: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    serializer: Any = None,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values `parser` reads."""
    return DEFINE_flag(Flag(parser, serializer, name, default, help, **args), flag_values, module_name, required)


def _definer(name: str, make_parser: Callable[[], Any], make_serializer: Callable[[], Any], values: str) -> Any:
    def define(
        name: str, default: Any, help: str | None, flag_values: FlagValues = FLAGS, required: bool = False, **args: Any
    ) -> FlagHolder:
        return DEFINE(make_parser(), name, default, help, flag_values, make_serializer(), required=required, **args)

    define.__name__ = define.__qualname__ = name
    define.__doc__ = f"Adds a flag whose values are {values}; see `DEFINE_flag` for the arguments."
    return define


def _number_definer(name: str, parser: Any, values: str, is_multi: bool = False) -> Any:
    def define(
        name: str,
        default: Any,
        help: str | None,
        lower_bound: Any = None,
        upper_bound: Any = None,
        flag_values: FlagValues = FLAGS,
        required: bool = False,
        **args: Any,
    ) -> FlagHolder:
        kind = flag_types.MultiFlag if is_multi else Flag
        flag = kind(parser(lower_bound, upper_bound), ArgumentSerializer(), name, default, help, **args)
        holder = DEFINE_flag(flag, flag_values, required=required)
        if lower_bound is not None or upper_bound is not None:
            register_validator(name, functools.partial(_check_bounds, flag.parser), flag_values=flag_values)
        return holder

    define.__name__ = define.__qualname__ = name
    define.__doc__ = (
        f"Adds a flag whose values are {values}, not below `lower_bound` and not above `upper_bound`; "
        "see `DEFINE_flag` for the other arguments."
    )
    return define


def _check_bounds(parser: Any, value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    outside = next((v for v in values if v is not None and parser.is_outside_bounds(v)), None)
    if outside is not None:
        raise ValidationError(f"{outside} is not {parser.syntactic_help}")
    return True


DEFINE_string = _definer("DEFINE_string", flag_parsers.ArgumentParser, ArgumentSerializer, "strings")
DEFINE_list = _definer(
    "DEFINE_list", flag_parsers.ListParser, lambda: CsvListSerializer(","), "lists of strings, separated by commas"
)
DEFINE_integer = _number_definer("DEFINE_integer", flag_parsers.IntegerParser, "integers")
DEFINE_float = _number_definer("DEFINE_float", flag_parsers.FloatParser, "numbers")
DEFINE_multi_integer = _number_definer(
    "DEFINE_multi_integer", flag_parsers.IntegerParser, "lists of integers, one each time it is given", is_multi=True
)
DEFINE_multi_float = _number_definer(
    "DEFINE_multi_float", flag_parsers.FloatParser, "lists of numbers, one each time it is given", is_multi=True
)


def DEFINE_spaceseplist(
    name: str,
    default: Any,
    help: str | None,
    comma_compat: bool = False,
    flag_values: FlagValues = FLAGS,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values are lists of strings, separated by spaces (or commas, if `comma_compat`)."""
    parser = flag_parsers.WhitespaceSeparatedListParser(comma_compat)
    return DEFINE(parser, name, default, help, flag_values, ListSerializer(" "), required=required, **args)


def DEFINE_bool(
    name: str,
    default: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag that is on (--name) or off (--noname)."""
    return DEFINE_flag(flag_types.BooleanFlag(name, default, help, **args), flag_values, module_name, required)


DEFINE_boolean = DEFINE_bool


def DEFINE_enum(
    name: str,
    default: Any,
    enum_values: Iterable[str],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values are among the strings `enum_values`."""
    flag = flag_types.EnumFlag(name, default, help, enum_values, **args)
    return DEFINE_flag(flag, flag_values, module_name, required)


def DEFINE_enum_class(
    name: str,
    default: Any,
    enum_class: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    case_sensitive: bool = False,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values are members of `enum_class`, given by name."""
    flag = flag_types.EnumClassFlag(name, default, help, enum_class, case_sensitive=case_sensitive, **args)
    return DEFINE_flag(flag, flag_values, module_name, required)


def DEFINE_multi(
    parser: Any,
    serializer: Any,
    name: str,
    default: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag that may be given several times; `parser` reads each value."""
    flag = flag_types.MultiFlag(parser, serializer, name, default, help, **args)
    return DEFINE_flag(flag, flag_values, module_name, required)


def DEFINE_multi_string(
    name: str, default: Any, help: str | None, flag_values: FlagValues = FLAGS, required: bool = False, **args: Any
) -> FlagHolder:
    """Adds a flag whose values are lists of strings, one each time it is given."""
    return DEFINE_multi(
        flag_parsers.ArgumentParser(), ArgumentSerializer(), name, default, help, flag_values, required=required, **args
    )


def DEFINE_multi_enum(
    name: str,
    default: Any,
    enum_values: Iterable[str],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    case_sensitive: bool = True,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values are lists of strings among `enum_values`, one each time it is given."""
    parser = flag_parsers.EnumParser(enum_values, case_sensitive)
    text = f"<{'|'.join(parser.enum_values)}>: {help}"
    return DEFINE_multi(parser, ArgumentSerializer(), name, default, text, flag_values, required=required, **args)


def DEFINE_multi_enum_class(
    name: str,
    default: Any,
    enum_class: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    case_sensitive: bool = False,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Adds a flag whose values are lists of members of `enum_class`, one each time it is given."""
    flag = flag_types.MultiEnumClassFlag(name, default, help, enum_class, case_sensitive, **args)
    return DEFINE_flag(flag, flag_values, module_name, required)


def DEFINE_alias(
    name: str, original_name: str, flag_values: FlagValues = FLAGS, module_name: str | None = None
) -> None:
    """Adds another name for a flag; UnrecognizedFlagError when there is no `original_name`."""
    if original_name not in flag_values:
        raise flag_types.UnrecognizedFlagError(original_name)
    flag_values._table()[name] = flag_values[original_name]


# ---------------------------------------------------------------- validators


def register_multi_flags_validator(
    flag_names: Sequence[str],
    multi_flags_checker: Callable[[dict[str, Any]], Any],
    message: str = "Flags validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Checks several flags together, whenever one of them changes.

    Args:
        flag_names: names of the flags.
        multi_flags_checker: called with name -> value; refuses by giving False or raising ValidationError.
        message: what to say when it gives False.
        flag_values: where the flags are.

    Raises:
        AttributeError: there is no such flag.
    """
    names = [getattr(n, "name", n) for n in flag_names]

    def validate(values: FlagValues) -> None:
        found = {n: values[n].value for n in names}
        described = ", ".join(f"{n}={v}" for n, v in found.items())
        described = f"flag --{described}" if len(names) == 1 else f"flags {described}"
        try:
            accepted = multi_flags_checker(found)
        except ValidationError as error:
            raise ValidationError(f"{described}: {error}") from None
        if not accepted:
            raise ValidationError(f"{described}: {message}")

    for name in names:
        if name not in flag_values:
            raise AttributeError(name)
        flag_values[name].validators.append(validate)


def register_validator(
    flag_name: str,
    checker: Callable[[Any], Any],
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Checks one flag, whenever it changes; see `register_multi_flags_validator`."""
    name = getattr(flag_name, "name", flag_name)
    register_multi_flags_validator([name], lambda found: checker(found[name]), message, flag_values)


def validator(flag_name: str, message: str = "Flag validation failed", flag_values: FlagValues = FLAGS) -> Any:
    """Decorator that makes a function the checker of a flag."""

    def register(function: Any) -> Any:
        register_validator(flag_name, function, message, flag_values)
        return function

    return register


def multi_flags_validator(
    flag_names: Sequence[str], message: str = "Flag validation failed", flag_values: FlagValues = FLAGS
) -> Any:
    """Decorator that makes a function the checker of several flags."""

    def register(function: Any) -> Any:
        register_multi_flags_validator(flag_names, function, message, flag_values)
        return function

    return register


def mark_flag_as_required(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Makes it an error that a flag is None when the command line has been read."""
    name = getattr(flag_name, "name", flag_name)
    register_validator(
        name, lambda value: value is not None, f"Flag --{name} must have a value other than None.", flag_values
    )


def mark_flags_as_required(flag_names: Iterable[str], flag_values: FlagValues = FLAGS) -> None:
    """`mark_flag_as_required` for each of `flag_names`."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def mark_flags_as_mutual_exclusive(
    flag_names: Sequence[str], required: bool = False, flag_values: FlagValues = FLAGS
) -> None:
    """Makes it an error that more than one of the flags is set; or none, if `required`."""
    _exclusive(flag_names, required, flag_values, lambda value: value is not None, "None")


def mark_bool_flags_as_mutual_exclusive(
    flag_names: Sequence[str], required: bool = False, flag_values: FlagValues = FLAGS
) -> None:
    """Makes it an error that more than one of the boolean flags is True; or none, if `required`."""
    _exclusive(flag_names, required, flag_values, bool, "False")


def _exclusive(
    flag_names: Sequence[str], required: bool, flag_values: FlagValues, is_set: Callable[[Any], bool], unset: str
) -> None:
    def check(found: dict[str, Any]) -> bool:
        count = sum(map(is_set, found.values()))
        if count == 1 or not required and count == 0:
            return True
        amount = "Exactly" if required else "At most"
        raise ValidationError(f"{amount} one of ({', '.join(found)}) must have a value other than {unset}.")

    register_multi_flags_validator(flag_names, check, flag_values=flag_values)


# ---------------------------------------------------------------- the rest


def declare_key_flag(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Makes a flag of another module appear in the calling module's help."""
    flag_values.register_key_flag_for_module(calling_module(), flag_values[getattr(flag_name, "name", flag_name)])


def adopt_module_key_flags(module: Any, flag_values: FlagValues = FLAGS) -> None:
    """`declare_key_flag` for all flags of `module`."""
    for flag in flag_values.get_key_flags_for_module(module):
        flag_values.register_key_flag_for_module(calling_module(), flag)


def disclaim_key_flags() -> None:
    """Accepted and not needed."""


def set_default(flag_holder: FlagHolder, value: Any) -> None:
    """Changes the default of a flag."""
    flag_holder._flag_values.set_default(flag_holder.name, value)


def override_value(flag_holder: FlagHolder, value: Any) -> None:
    """Sets a flag to `value` as the command line would."""
    flag = flag_holder._flag
    parsed = flag._parse(value)
    if parsed != value:
        raise flag_types.IllegalFlagValueError(f"flag --{flag.name}: parsed value {parsed!r} not equal to {value!r}")
    setattr(flag_holder._flag_values, flag.name, value)


def flag_dict_to_args(flag_map: Mapping[str, Any], multi_flags: set[str] | None = None) -> Iterable[str]:
    """Name -> value as command-line arguments; None gives the bare name, booleans --name or --noname."""
    for name, value in flag_map.items():
        if value is None:
            yield f"--{name}"
        elif isinstance(value, bool):
            yield f"--{name}" if value else f"--no{name}"
        elif isinstance(value, (bytes, str)):
            yield f"--{name}={value!s}"
        elif isinstance(value, Iterable) and name in (multi_flags or ()):
            yield from (f"--{name}={item}" for item in value)
        elif isinstance(value, Iterable):
            yield f"--{name}={','.join(str(item) for item in value)}"
        else:
            yield f"--{name}={value}"


def text_wrap(text: str, length: int | None = None, indent: str = "", firstline_indent: str | None = None) -> str:
    """`text` in lines of at most `length` characters, indented."""
    first = indent if firstline_indent is None else firstline_indent
    wrapper = textwrap.TextWrapper(length or help_width(), initial_indent=first, subsequent_indent=indent)
    paragraphs = [p.strip() for p in text.splitlines()]
    return "\n".join(line for p in paragraphs for line in (wrapper.wrap(p) or [""]))


def doc_to_help(doc: str) -> str:
    """A docstring as a help text: without common indentation, paragraphs on single lines."""
    paragraphs = textwrap.dedent(doc.strip()).split("\n\n")
    return "\n\n".join(" ".join(line.strip() for line in p.splitlines()) for p in paragraphs)


get_help_width = help_width

_PUBLIC = [
    flag_types.BooleanFlag, flag_types.CantOpenFlagFileError, flag_types.DuplicateFlagError, flag_types.EnumClassFlag,
    flag_types.EnumFlag, Error, Flag, flag_types.FlagNameConflictsWithMethodError, flag_types.IllegalFlagValueError,
    flag_types.MultiEnumClassFlag, flag_types.MultiFlag, flag_types.UnparsedFlagAccessError,
    flag_types.UnrecognizedFlagError, ValidationError, FlagHolder, FlagValues, flag_parsers.ArgumentParser,
    flag_parsers.ArgumentSerializer, flag_parsers.BaseListParser, flag_parsers.BooleanParser, CsvListSerializer,
    flag_parsers.EnumClassListSerializer, flag_parsers.EnumClassParser, flag_parsers.EnumClassSerializer,
    flag_parsers.EnumParser, flag_parsers.FloatParser, flag_parsers.IntegerParser, flag_parsers.ListParser,
    ListSerializer, flag_parsers.WhitespaceSeparatedListParser, DEFINE, DEFINE_alias, DEFINE_bool, DEFINE_enum,
    DEFINE_enum_class, DEFINE_flag, DEFINE_float, DEFINE_integer, DEFINE_list, DEFINE_multi, DEFINE_multi_enum,
    DEFINE_multi_enum_class, DEFINE_multi_float, DEFINE_multi_integer, DEFINE_multi_string, DEFINE_spaceseplist,
    DEFINE_string, adopt_module_key_flags, declare_key_flag, disclaim_key_flags, doc_to_help, flag_dict_to_args,
    mark_bool_flags_as_mutual_exclusive, mark_flag_as_required, mark_flags_as_mutual_exclusive, mark_flags_as_required,
    multi_flags_validator, override_value, register_multi_flags_validator, register_validator, set_default, text_wrap,
    validator,
]  # fmt: skip
for _module in ("flags", "app.flags"):
    for _object in _PUBLIC:
        export(f"{_module}.{_object.__name__}", _object)
    export(f"{_module}.DEFINE_boolean", DEFINE_bool)
    export(f"{_module}.FLAGS", FLAGS)
    export(f"{_module}.get_help_width", help_width)
