"""Command-line flags: definitions, parsing, validators, help, and `tf.app.run`."""

import enum
import subprocess
import sys
import textwrap

import pytest

import tfcompat.compat.v1 as tf

flags = tf.flags


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@pytest.fixture
def values():
    v = flags.FlagValues()
    flags.DEFINE_string("name", "d", "a string", flag_values=v, short_name="x")
    flags.DEFINE_integer("count", 3, "an int", lower_bound=0, flag_values=v)
    flags.DEFINE_float("rate", 1.5, "a float", flag_values=v)
    flags.DEFINE_bool("on", False, "a bool", flag_values=v)
    flags.DEFINE_boolean("noisy", True, "a bool whose name starts with no", flag_values=v)
    flags.DEFINE_list("items", "a,b", "a list", flag_values=v)
    flags.DEFINE_spaceseplist("words", "a b", "a list", flag_values=v)
    flags.DEFINE_enum("mode", "one", ["one", "two"], "an enum", flag_values=v)
    flags.DEFINE_enum_class("colour", Colour.RED, Colour, "an enum class", flag_values=v)
    flags.DEFINE_multi_string("many", None, "many", flag_values=v)
    flags.DEFINE_multi_integer("numbers", [1], "many", flag_values=v)
    flags.DEFINE_multi_enum_class("colours", None, Colour, "many", flag_values=v)
    return v


@pytest.mark.parametrize(
    ("arguments", "name", "value", "rest"),
    [
        ("pos --name=v", "name", "v", ["pos"]),
        ("-name v pos", "name", "v", ["pos"]),
        ("-x=a=b", "name", "a=b", []),
        ("--name=", "name", "", []),
        ("--count 0x10", "count", 16, []),
        ("--rate=1e-3", "rate", 0.001, []),
        ("--on pos", "on", True, ["pos"]),
        ("--on --noon", "on", False, []),
        ("--on=true false", "on", True, ["false"]),
        ("--nonoisy", "noisy", False, []),
        ('--items=x,y,"q,r"', "items", ["x", "y", "q,r"], []),
        ("--items=", "items", [], []),
        ("--words=a", "words", ["a"], []),
        ("--mode=two", "mode", "two", []),
        ("--colour=blue", "colour", Colour.BLUE, []),
        ("--many=a --many=b", "many", ["a", "b"], []),
        ("--numbers=3 --numbers=4", "numbers", [3, 4], []),
        ("--colours=red --colours=BLUE", "colours", [Colour.RED, Colour.BLUE], []),
        ("--count=2 --count=5", "count", 5, []),
        ("--count=4 -- --name=v", "name", "d", ["--name=v"]),
        ("a - b", "name", "d", ["a", "-", "b"]),
        ("--undefok=foo --foo=1 --count=7", "count", 7, []),
    ],
)
def test_command_lines(values, arguments, name, value, rest):
    assert values(["program", *arguments.split()]) == ["program", *rest]
    assert getattr(values, name) == value


@pytest.mark.parametrize(
    ("argument", "error", "match"),
    [
        ("--unknown=3", flags.UnrecognizedFlagError, "Unknown command line flag 'unknown'"),
        ("--nmae=3", flags.UnrecognizedFlagError, "Did you mean: name"),
        ("--count=-1", flags.IllegalFlagValueError, "flag --count=-1: -1 is not a non-negative integer"),
        ("--count=1.5", flags.IllegalFlagValueError, "invalid literal for int"),
        ("--on=maybe", flags.IllegalFlagValueError, "Non-boolean argument to boolean flag"),
        ("--mode=three", flags.IllegalFlagValueError, r"value should be one of <one\|two>"),
        ("--colour=green", flags.IllegalFlagValueError, r"value should be one of <red\|blue>"),
        ("--noon=1", ValueError, "does not take an argument"),
        ("--name", flags.Error, "Missing value for flag --name"),
    ],
)
def test_wrong_command_lines(values, argument, error, match):
    with pytest.raises(error, match=match):
        values(["program", argument])


def test_unknown_flags_may_be_left_over(values):
    assert values(["program", "--unknown=3", "--count=4"], known_only=True) == ["program", "--unknown=3"]
    assert values.count == 4


def test_values_are_read_after_parsing_only(values):
    with pytest.raises(flags.UnparsedFlagAccessError, match="before flags were parsed"):
        values.name  # noqa: B018
    values.mark_as_parsed()
    assert values.name == "d"
    with pytest.raises(AttributeError):
        values.nothing  # noqa: B018
    assert "name" in values
    assert values["count"].default == 3
    assert values.flag_values_dict()["rate"] == 1.5


def test_assignment_is_validated_and_refused_values_are_not_kept(values):
    values(["program"])
    flags.register_validator("rate", lambda rate: rate < 9, "too high", flag_values=values)
    values.rate = 8.0
    for name, value, match in (("rate", 10.0, "too high"), ("count", -5, "not a non-negative integer")):
        before = getattr(values, name)
        with pytest.raises(flags.IllegalFlagValueError, match=match):
            setattr(values, name, value)
        assert getattr(values, name) == before
    with pytest.raises(flags.UnrecognizedFlagError):
        values.nothing = 3


def test_required_and_exclusive_flags(values):
    flags.DEFINE_string("needed", None, "", flag_values=values, required=True)
    flags.DEFINE_string("other", None, "", flag_values=values)
    with pytest.raises(flags.IllegalFlagValueError, match="Flag --needed must have a value other than None"):
        values(["program"])
    flags.mark_flags_as_mutual_exclusive(["needed", "other"], flag_values=values)
    with pytest.raises(flags.IllegalFlagValueError, match="At most one of"):
        values(["program", "--needed=1", "--other=2"])
    values.unparse_flags()
    assert values(["program", "--needed=1"]) == ["program"]
    with pytest.raises(ValueError, match="needs to have None as default"):
        flags.DEFINE_string("bad", "x", "", flag_values=values, required=True)


def test_names_are_unique_and_no_methods(values):
    with pytest.raises(flags.DuplicateFlagError, match="The flag 'count' is defined twice"):
        flags.DEFINE_string("count", "", "", flag_values=values)
    with pytest.raises(flags.FlagNameConflictsWithMethodError):
        flags.DEFINE_string("validate_all_flags", "", "", flag_values=values)
    with pytest.raises(flags.IllegalFlagValueError, match="invalid literal"):
        flags.DEFINE_integer("broken", "text", "", flag_values=values)


def test_holders_aliases_defaults_and_removal(values):
    holder = flags.DEFINE_integer("held", 2, "", flag_values=values)
    flags.DEFINE_alias("called", "held", flag_values=values)
    values(["program", "--called=5"])
    assert (holder.value, holder.default, holder.present, holder.name) == (5, 2, True, "held")
    values.unparse_flags()
    flags.set_default(holder, 9)
    values.mark_as_parsed()
    assert (values.held, values.called) == (9, 9)
    del values.held
    assert "held" not in values


def test_flags_as_text_and_from_files(values, tmp_path):
    values(["program", "--count=4", "--on", "--colour=blue", "--numbers=1", "--numbers=2"])
    file = tmp_path / "flags"
    file.write_text("# comment\n" + values.flags_into_string())
    copy = values
    copy.unparse_flags()
    assert copy(["program", f"--flagfile={file}", "rest"]) == ["program", "rest"]
    assert (copy.count, copy.on, copy.colour, copy.numbers) == (4, True, Colour.BLUE, [1, 2])
    with pytest.raises(flags.CantOpenFlagFileError):
        copy(["program", "--flagfile=/does/not/exist"])
    assert list(flags.flag_dict_to_args({"a": None, "b": False, "c": [1, 2], "m": [1, 2]}, {"m"})) == [
        "--a", "--nob", "--c=1,2", "--m=1", "--m=2"]  # fmt: skip


def test_help_has_defaults_and_bounds(values):
    text = values.get_help()
    assert "--[no]on: a bool\n    (default: 'false')" in text
    assert "-x,--name: a string" in text
    assert "(a non-negative integer)" in text


PROGRAM = """
    import sys
    import tfcompat.compat.v1 as tf
    {absl}
    flags = tf.app.flags
    flags.DEFINE_integer("steps", 10, "How many steps.")
    FLAGS = tf.flags.FLAGS
    def main(argv):
        print(FLAGS.steps, argv[1:])
        return 3
    if __name__ == "__main__":
        tf.app.run()
"""


def run_program(tmp_path, *arguments, absl=""):
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM.format(absl=absl)))
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False)


def test_app_run_parses_calls_main_and_exits_with_its_result(tmp_path, monkeypatch):
    import pathlib

    monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parent.parent.parent))
    done = run_program(tmp_path, "--steps=5", "rest", "--elsewhere=1")
    assert (done.returncode, done.stdout) == (3, "5 ['rest', '--elsewhere=1']\n")
    done = run_program(tmp_path, "--steps=x")
    assert done.returncode == 1
    assert "FATAL Flags parsing error" in done.stderr
    done = run_program(tmp_path, "--help")
    assert done.returncode == 1
    assert "--steps: How many steps." in done.stdout
