"""Rows of regular expressions in RE2's syntax: what it accepts, what it means, what it refuses."""

from tests.cases import Case, strings
from tests.runner import run_cases

TEXTS = strings("a", "b", "ab", "aab", "aaa", "B", "a.b", "K", "é", "É", "\u212a", "1", "a\nb", " ", "", "Ω", "٣", "-",
                "a{,3}", "z", "_", "\n", "xA", "]", "[")  # fmt: skip
KNOWN = {"unknown_rank": False, "unknown_batch": False}
ACCEPTED = [
    "a{,3}", "(?P<n>a)(?P<n>b)", "a(?i)b|c", "(?i:a)b", "(?U)a+", "(?sU)a.+?", r"\012", r"\z", r"\pN", r"\p{L}+",
    r"\PL", r"[\pN\s]", "[[:^alpha:]]", r"[^\S]", r"[\Wa]", "[a-c-e]", "[]a]", "[^]a]", r"\Qa.b\E+", r"\Qa.b",
    "(?m)^b$", "^a$", r"a\b", r"\Bb", "(?i)É", "(?i)[é]", "(?i)k", "(?i)[^k]", ".", "(?s).", r"\x{41}", "a*?",
    "a{0,2}?", "()", "a||b", r"[\d-z]", r"[a\-z]", r"\_", "x{0}", r"[\x{61}-\x{63}]", "(?i-s:a)", "(?:a|)*b",
]  # fmt: skip
REFUSED = {
    "a{2}+": "bad repetition operator", "a**": "bad repetition operator", "a{1001}": "invalid repetition size",
    "(a{100}){100}": "invalid repetition size", "*a": "no argument for repetition operator",
    "(?=a)": "invalid perl operator", "(?<!a)": "invalid perl operator", "(?>a)": "invalid perl operator",
    "(?P=n)": "invalid perl operator", "(?(1)a|b)": "invalid perl operator", "(?x)a b": "invalid perl operator",
    r"(a)\1": "invalid escape sequence", r"\Z": "invalid escape sequence", r"[a-\d]": "invalid escape sequence",
    "[b-a]": "invalid character class range", r"\p{Foo}": "invalid character class range", "[a": "missing ]",
    "(a": r"missing \)", "a)": r"unexpected \)", "(?P<n": "invalid named capture group",
}  # fmt: skip

CASES = [Case("strings.regex_replace", TEXTS, pattern, r"<\0>", **KNOWN) for pattern in ACCEPTED]
CASES += [Case("strings.regex_full_match", TEXTS, pattern, **KNOWN) for pattern in ACCEPTED[::4]]
CASES += [
    Case("strings.regex_full_match", TEXTS, pattern, raises=("InvalidArgumentError", "Invalid pattern"), **KNOWN)
    for pattern in REFUSED
]

test_rows = run_cases("regex", CASES)


def test_refusals_say_what_is_wrong():
    import re

    import pytest

    import tfcompat.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        pattern = tf.placeholder(tf.string, [])
        match = tf.strings.regex_full_match("a", pattern)
        for text, message in REFUSED.items():
            with pytest.raises(tf.errors.InvalidArgumentError, match=message) as found:
                session.run(match, {pattern: text})
            assert re.search(message, str(found.value))
