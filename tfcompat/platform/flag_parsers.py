"""Parsers of flag values: text from the command line to Python values and back."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Iterable, Sequence
from typing import Any

_TRUE = ("true", "t", "1")
_FALSE = ("false", "f", "0")


class ArgumentParser:
    """Turns text into values; this one takes text as it is.

    Attributes:
        syntactic_help: what values look like, for help texts.
    """

    syntactic_help = ""

    def parse(self, argument: Any) -> Any:
        """The value of `argument`; TypeError or ValueError when it has none."""
        if not isinstance(argument, str):
            raise TypeError(f"flag value must be a string, found {type(argument)!r}")
        return argument

    def flag_type(self) -> str:
        """Name of the values' type."""
        return "string"


class ArgumentSerializer:
    """Turns values into text."""

    def serialize(self, value: Any) -> str:
        """`value` as text that its parser understands."""
        return str(value)


class NumericParser(ArgumentParser):
    """Numbers between bounds, which belong to them."""

    number_article = ""
    number_name = ""

    def __init__(self, lower_bound: Any = None, upper_bound: Any = None):
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.syntactic_help = self._describe()

    def _describe(self) -> str:
        low, high = self.lower_bound, self.upper_bound
        kind = f"{self.number_article} {self.number_name}"
        if low is not None and high is not None:
            return f"{kind} in the range [{low}, {high}]"
        if low == 1:
            return f"a positive {self.number_name}"
        if high == -1:
            return f"a negative {self.number_name}"
        if low == 0:
            return f"a non-negative {self.number_name}"
        if high == 0:
            return f"a non-positive {self.number_name}"
        if high is not None:
            return f"{self.number_name} <= {high}"
        if low is not None:
            return f"{self.number_name} >= {low}"
        return kind

    def is_outside_bounds(self, val: Any) -> bool:
        """Whether `val` is below the lower or above the upper bound."""
        return (
            self.lower_bound is not None
            and val < self.lower_bound
            or self.upper_bound is not None
            and val > self.upper_bound
        )

    def convert(self, argument: Any) -> Any:
        """`argument` as a number."""
        raise NotImplementedError

    def parse(self, argument: Any) -> Any:
        value = self.convert(argument)
        if self.is_outside_bounds(value):
            raise ValueError(f"{value} is not {self.syntactic_help}")
        return value


class FloatParser(NumericParser):
    """Floating-point numbers."""

    number_article, number_name = "a", "number"

    def convert(self, argument: Any) -> float:
        if isinstance(argument, (int, float, str)) and not isinstance(argument, bool):
            return float(argument)
        raise TypeError(f"Expect argument to be a string, int, or float, found {type(argument)}")

    def flag_type(self) -> str:
        return "float"


class IntegerParser(NumericParser):
    """Integers; text may be decimal, hexadecimal (0x) or octal (0o)."""

    number_article, number_name = "an", "integer"

    def convert(self, argument: Any) -> int:
        if isinstance(argument, int) and not isinstance(argument, bool):
            return argument
        if not isinstance(argument, str):
            raise TypeError(f"Expect argument to be a string or int, found {type(argument)}")
        base = {"0x": 16, "0o": 8}.get(argument[:2].lower(), 10)
        return int(argument, base)

    def flag_type(self) -> str:
        return "int"


class BooleanParser(ArgumentParser):
    """True and false in the usual spellings."""

    def parse(self, argument: Any) -> bool:
        if isinstance(argument, str):
            if argument.lower() in _TRUE:
                return True
            if argument.lower() in _FALSE:
                return False
            raise ValueError("Non-boolean argument to boolean flag", argument)
        if isinstance(argument, int) and argument in (0, 1):
            return bool(argument)
        if isinstance(argument, int):
            raise ValueError("Non-boolean argument to boolean flag", argument)
        raise TypeError("Non-boolean argument to boolean flag", argument)

    def flag_type(self) -> str:
        return "bool"


class EnumParser(ArgumentParser):
    """One of several strings."""

    def __init__(self, enum_values: Iterable[str], case_sensitive: bool = True):
        if not enum_values:
            raise ValueError(f"enum_values cannot be empty, found {enum_values!r}")
        if isinstance(enum_values, str):
            raise ValueError(f"enum_values cannot be a str, found {enum_values!r}")
        self.enum_values = list(enum_values)
        self.case_sensitive = case_sensitive

    def parse(self, argument: Any) -> str:
        for value in self.enum_values:
            if argument == value or not self.case_sensitive and argument.lower() == value.lower():
                return value
        raise ValueError(f"value should be one of <{'|'.join(self.enum_values)}>")

    def flag_type(self) -> str:
        return "string enum"


class EnumClassParser(ArgumentParser):
    """A member of an Enum class, by name."""

    def __init__(self, enum_class: type[enum.Enum], case_sensitive: bool = True):
        if not (isinstance(enum_class, type) and issubclass(enum_class, enum.Enum)):
            raise TypeError(f"{enum_class} is not a subclass of Enum.")
        if not enum_class.__members__:
            raise ValueError(f"enum_class cannot be empty, but {enum_class} is.")
        self.enum_class = enum_class
        self._case_sensitive = case_sensitive
        self._members = {n if case_sensitive else n.lower(): m for n, m in enum_class.__members__.items()}

    @property
    def member_names(self) -> Sequence[str]:
        """The accepted names."""
        return tuple(self._members)

    def parse(self, argument: Any) -> Any:
        if isinstance(argument, self.enum_class):
            return argument
        if not isinstance(argument, str):
            raise ValueError(f"{argument} is not an enum member or a name of a member in {self.enum_class}")
        key = argument if self._case_sensitive else argument.lower()
        if key not in self._members:
            raise ValueError(f"value should be one of <{'|'.join(self._members)}>")
        return self._members[key]

    def flag_type(self) -> str:
        return "enum class"


class BaseListParser(ArgumentParser):
    """Lists whose items are separated by a token."""

    def __init__(self, token: str | None = None, name: str | None = None):
        if not name:
            raise ValueError("a list parser needs a name")
        self._token = token
        self._name = name
        self.syntactic_help = f"a {name} separated list"

    def parse(self, argument: Any) -> list[str]:
        if isinstance(argument, list):
            return argument
        if not argument:
            return []
        return [part.strip() for part in argument.split(self._token)]

    def flag_type(self) -> str:
        return f"{self._name} separated list of strings"


class ListParser(BaseListParser):
    """Lists separated by commas, with the quotes of comma-separated values."""

    def __init__(self) -> None:
        super().__init__(",", "comma")

    def parse(self, argument: Any) -> list[str]:
        if isinstance(argument, list):
            return argument
        if not argument:
            return []
        try:
            return [part.strip() for part in next(csv.reader([argument], strict=True))]
        except csv.Error as error:
            raise ValueError(f"Unable to parse the value {argument!r} as a {self.flag_type()}: {error}") from None


class WhitespaceSeparatedListParser(BaseListParser):
    """Lists separated by whitespace, and by commas too when `comma_compat` is set."""

    def __init__(self, comma_compat: bool = False):
        self._comma_compat = comma_compat
        super().__init__(None, "whitespace or comma" if comma_compat else "whitespace")

    def parse(self, argument: Any) -> list[str]:
        if isinstance(argument, list):
            return argument
        if not argument:
            return []
        return (argument.replace(",", " ") if self._comma_compat else argument).split()


class ListSerializer(ArgumentSerializer):
    """Joins the items with a separator."""

    def __init__(self, list_sep: str):
        self.list_sep = list_sep

    def serialize(self, value: Any) -> str:
        return self.list_sep.join(str(x) for x in value)


class CsvListSerializer(ListSerializer):
    """Joins the items as one line of comma-separated values."""

    def serialize(self, value: Any) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self.list_sep, lineterminator="").writerow([str(x) for x in value])
        return text.getvalue()


class EnumClassSerializer(ArgumentSerializer):
    """Gives the name of an Enum's member."""

    def __init__(self, lowercase: bool):
        self._lowercase = lowercase

    def serialize(self, value: Any) -> str:
        return value.name.lower() if self._lowercase else value.name  # type: ignore[no-any-return]


class EnumClassListSerializer(ListSerializer):
    """Joins the names of an Enum's members."""

    def __init__(self, list_sep: str, **kwargs: Any):
        super().__init__(list_sep)
        self._member = EnumClassSerializer(**kwargs)

    def serialize(self, value: Any) -> str:
        members = value if isinstance(value, list) else [value]
        return self.list_sep.join(self._member.serialize(m) for m in members)
