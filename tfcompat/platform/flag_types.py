"""One command-line flag, of the different kinds."""

from __future__ import annotations

from typing import Any

from tfcompat.platform import flag_parsers as parsers


class Error(Exception):
    """What is wrong with flags."""


class CantOpenFlagFileError(Error):
    """A file named by --flagfile cannot be read."""


class DuplicateFlagError(Error):
    """A flag of that name exists already."""

    @classmethod
    def from_flag(cls, flagname: str, flag_values: Any, other_flag_values: Any = None) -> DuplicateFlagError:
        """The error for a flag that is defined a second time."""
        first = flag_values.find_module_defining_flag(flagname, default="<unknown>")
        second = (other_flag_values or flag_values).find_module_defining_flag(flagname, default="<unknown>")
        return cls(
            f"The flag '{flagname}' is defined twice. First from {first}, second from {second}. "
            f"Description from first occurrence: {flag_values[flagname].help}"
        )


class FlagNameConflictsWithMethodError(Error):
    """The name of a flag is the name of a method of FlagValues."""


class IllegalFlagValueError(Error):
    """A flag cannot have that value."""


class UnparsedFlagAccessError(Error):
    """A flag is read before the command line was parsed."""


class UnrecognizedFlagError(Error):
    """There is no flag of that name.

    Attributes:
        flagname: the unknown name.
        flagvalue: the argument that named it.
    """

    def __init__(self, flagname: str, flagvalue: str = "", suggestions: Any = ()):
        self.flagname = flagname
        self.flagvalue = flagvalue
        hint = f". Did you mean: {', '.join(suggestions)} ?" if suggestions else ""
        super().__init__(f"Unknown command line flag '{flagname}'{hint}")


class ValidationError(Error):
    """A validator refused the value of a flag."""


class Flag:
    """A flag: its name, default, parser, and value.

    Attributes:
        name, short_name: how the command line spells it.
        default: the value it has when nothing is given.
        present: how many times it was given.
        help: description for users.
        using_default_value: whether nothing was given.
    """

    def __init__(
        self,
        parser: Any,
        serializer: Any,
        name: str,
        default: Any,
        help_string: str | None,
        short_name: str | None = None,
        boolean: bool = False,
        allow_override: bool = False,
        allow_override_cpp: bool = False,
        allow_hide_cpp: bool = False,
        allow_overwrite: bool = True,
        allow_using_method_names: bool = False,
    ):
        self.parser = parser
        self.serializer = serializer
        self.name = name
        self.help = help_string or "(no help available)"
        self.short_name = short_name
        self.boolean = boolean
        self.allow_override = allow_override
        self.allow_override_cpp = allow_override_cpp
        self.allow_hide_cpp = allow_hide_cpp
        self.allow_overwrite = allow_overwrite
        self.allow_using_method_names = allow_using_method_names
        self.present = 0
        self.using_default_value = True
        self.validators: list[Any] = []
        self._value: Any = None
        self._set_default(default)

    @property
    def value(self) -> Any:
        """What it is set to."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    def __bool__(self) -> bool:
        raise TypeError(
            f"A Flag instance would always be True. Did you mean to test the `.value` attribute of '{self.name}'?"
        )

    def parse(self, argument: Any) -> None:
        """Sets the value from the command line.

        Raises:
            IllegalFlagValueError: the argument has no value of this kind, or the flag was given before and must not be
                given twice.
        """
        if self.present and not self.allow_overwrite:
            raise IllegalFlagValueError(f"flag --{self.name}={argument}: already defined as {self.value}")
        self.value = self._parse(argument)
        self.present += 1

    def _parse(self, argument: Any) -> Any:
        try:
            return self.parser.parse(argument)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={argument}: {error}") from None

    def unparse(self) -> None:
        """Goes back to the default."""
        self.value = self.default
        self.using_default_value = True
        self.present = 0

    def serialize(self) -> str:
        """The command-line argument that gives the flag its value; an empty string when it has none."""
        return self._serialize(self.value)

    def _serialize(self, value: Any) -> str:
        if value is None:
            return ""
        if self.boolean:
            return f"--{self.name}" if value else f"--no{self.name}"
        if self.serializer is None:
            raise Error(f"Serializer not present for flag {self.name}")
        return f"--{self.name}={self.serializer.serialize(value)}"

    def _set_default(self, value: Any) -> None:
        self.default_unparsed = value
        self.default = None if value is None else self._parse_from_default(value)
        self.default_as_str = self._text_of_default()
        if self.using_default_value:
            self.value = self.default

    def _parse_from_default(self, value: Any) -> Any:
        return self._parse(value)

    def _text_of_default(self) -> str | None:
        if self.default is None:
            return None
        if self.boolean:
            return "'true'" if self.default else "'false'"
        return repr(str(self.serializer.serialize(self.default) if self.serializer else self.default))

    def flag_type(self) -> str:
        """Name of the values' type."""
        return self.parser.flag_type()  # type: ignore[no-any-return]


class BooleanFlag(Flag):
    """A flag that is on or off: --name, --noname, --name=true."""

    def __init__(self, name: str, default: Any, help: str | None, short_name: str | None = None, **args: Any):
        super().__init__(parsers.BooleanParser(), None, name, default, help, short_name, True, **args)


class EnumFlag(Flag):
    """A flag with one of several strings as its value."""

    def __init__(
        self,
        name: str,
        default: Any,
        help: str | None,
        enum_values: Any,
        short_name: str | None = None,
        case_sensitive: bool = True,
        **args: Any,
    ):
        parser = parsers.EnumParser(enum_values, case_sensitive)
        super().__init__(parser, parsers.ArgumentSerializer(), name, default, help, short_name, **args)
        self.help = f"<{'|'.join(parser.enum_values)}>: {self.help}"


class EnumClassFlag(Flag):
    """A flag with a member of an Enum as its value."""

    def __init__(
        self,
        name: str,
        default: Any,
        help: str | None,
        enum_class: Any,
        short_name: str | None = None,
        case_sensitive: bool = False,
        **args: Any,
    ):
        parser = parsers.EnumClassParser(enum_class, case_sensitive)
        serializer = parsers.EnumClassSerializer(lowercase=not case_sensitive)
        super().__init__(parser, serializer, name, default, help, short_name, **args)
        self.help = f"<{'|'.join(parser.member_names)}>: {self.help}"


class MultiFlag(Flag):
    """A flag that may be given several times; its value is the list of all."""

    def parse(self, arguments: Any) -> None:
        new = self._parse(arguments)
        self.value = [*self.value, *new] if self.present else new
        self.present += len(new)

    def _parse(self, arguments: Any) -> list[Any]:
        items = list(arguments) if isinstance(arguments, (list, tuple, set)) else [arguments]
        return [Flag._parse(self, item) for item in items]

    def _serialize(self, value: Any) -> str:
        if self.serializer is None:
            raise Error(f"Serializer not present for flag {self.name}")
        return "\n".join(f"--{self.name}={self.serializer.serialize(item)}" for item in value or ())

    def flag_type(self) -> str:
        return f"multi {self.parser.flag_type()}"


class MultiEnumClassFlag(MultiFlag):
    """A flag that may be given several times, each time with a member of an Enum."""

    def __init__(
        self,
        name: str,
        default: Any,
        help_string: str | None,
        enum_class: Any,
        case_sensitive: bool = False,
        **args: Any,
    ):
        parser = parsers.EnumClassParser(enum_class, case_sensitive)
        serializer = parsers.EnumClassListSerializer(",", lowercase=not case_sensitive)
        super().__init__(parser, serializer, name, default, help_string, **args)
        self.help = f"<{'|'.join(parser.member_names)}>: {self.help}"
