"""Rows of strings: joining, splitting, parts, cases, regular expressions, numbers, hashes, base64."""

from tests.cases import Case, arr, expr, f32, f64, i32, strings
from tests.runner import run_cases

LONG = [("x" * i + "abcdefg" * (i // 5)).encode() for i in range(0, 150, 7)]
SQUARE = arr([[b"a", b"b"], [b"c", b"d"]], "object")
BAD = "InvalidArgumentError"

CASES = [
    Case("strings.join", [strings("a", "b"), strings("c", "d")], separator="-"),
    Case("reduce_join", SQUARE),
    Case("reduce_join", SQUARE, axis=0, separator="-", keep_dims=True),
    Case("reduce_join", SQUARE, axis=[0, 1]),
    Case("reduce_join", SQUARE, axis=2, raises="ValueError"),
    expr("tf.string_split(x).values", x=strings("a b  c", "")),
    expr("tf.string_split(x, ',;', skip_empty=False).indices", x=strings("a,;b;c", "")),
    expr("tf.string_split(x, '').dense_shape", x=strings("abc", "")),
    expr("tf.strings.split(x, '::', maxsplit=2).values", x=strings("a::b::::c", ""), unknown_rank=False),
    expr("tf.strings.split(x).indices", x=strings(" a b  c ", ""), unknown_rank=False),
    Case("substr", strings("abcd", "efgh"), [1, -2], [2, 2]),
    Case("substr", strings("abcd", "efgh"), 5, 1, raises=(BAD, "pos 5 out of range for string b'abcd' at index 0")),
    Case("substr", strings("aé日本"), -2, 2, unit="UTF8_CHAR"),
    Case("regex_replace", strings("abc", "aab"), "(a)(b)", r"\2\1\0"),
    Case("regex_replace", strings("abc", "aab"), "a*", "x"),
    Case("regex_replace", strings("a1 b", "é"), "[[:alpha:]]|.$", "x", replace_global=False),
    Case("regex_replace", strings("abc"), "(a", "x", raises=(BAD, "Invalid pattern")),
    Case("strings.regex_full_match", strings("abc", "aab"), "a.*c"),
    Case("strings.length", strings("abc", "日本")),
    Case("strings.length", strings("abc", "日本"), unit="UTF8_CHAR"),
    Case("strings.lower", strings("ABÉ"), encoding="utf-8"),
    Case("strings.upper", strings("abé")),
    Case("string_strip", strings("  a b\t\n", "")),
    Case("string_to_number", strings("1.5", " 2 ", "-inf", "NaN", "1e-3", "0x10")),
    Case("string_to_number", strings("15", " -2 "), "int64"),
    Case("string_to_number", strings("1.5a"), raises=(BAD, "could not correctly convert string: 1.5a")),
    Case("as_string", f32(2, 3)),
    Case("as_string", f64(2, 3), precision=2, width=8, fill="0"),
    Case("as_string", i32(2, 3), width=5, fill="-"),
    Case("as_string", f32(3), scientific=True),
    Case("as_string", i32(3), precision=2, raises=(BAD, "precision not supported for datatype int32")),
    Case("string_to_hash_bucket", strings(*LONG), 1 << 62),
    Case("strings.to_hash_bucket_fast", strings(*LONG), 1 << 62),
    Case("strings.to_hash_bucket_strong", strings(*LONG), 1 << 62, [1, -5]),
    Case("encode_base64", strings("a?>~", b"\xff\xfe"), pad=True),
    Case("decode_base64", strings("YT8-fg", "__4=", "")),
    Case("decode_base64", strings("YT+a"), raises=(BAD, "Invalid character found in base64")),
    Case("strings.unsorted_segment_join", strings("a", "b", "c"), [1, 0, 1], 3, separator=":"),
]

test_rows = run_cases("strings", CASES)
