"""Operations on text in exported models: as in a session for UTF-8 text; refused where that is not certain."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from converters.expressions import check_certain
from converters.registry import NotConvertible
from tests.converters.text_models import assert_same, run_model, texts
from tfcompat import onnx as tfonnx

SAMPLE = texts(["The cat's RAN!", "", "  ö é\t\n日本 😀 ", "a,b;;c", "::a::b::", " ", "\x0bx\x0c"])


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


# fmt: off
OF_A_VECTOR = {
    "lower": lambda x: tf.strings.lower(x),
    "upper": lambda x: tf.strings.upper(x),
    "strip": lambda x: tf.strings.strip(x),
    "length": lambda x: tf.strings.length(x),
    "characters": lambda x: tf.strings.length(x, unit="UTF8_CHAR"),
    "join": lambda x: tf.strings.reduce_join(x, 0, separator=" | "),
    "split at space": lambda x: [*tf.unstack(_parts(tf.string_split(x)))],
    "split at characters": lambda x: [*tf.unstack(_parts(tf.string_split(x, ",;:", skip_empty=False)))],
    "split at some": lambda x: [*tf.unstack(_parts(tf.string_split(x, "a]^-\\")))],
    "split at a text": lambda x: [*tf.unstack(_parts(tf.strings.split(x, "::")))],
    "split once": lambda x: [*tf.unstack(_parts(tf.strings.split(x, ":", maxsplit=1)))],
    "split at white space": lambda x: [*tf.unstack(_parts(tf.strings.split(x)))],
    "lengths of parts": lambda x: [tf.string_split(x).dense_shape, tf.strings.split(x, "::").indices],
    "dense": lambda x: tf.sparse.to_dense(tf.string_split(x), default_value="-"),
    "replace": lambda x: tf.strings.regex_replace(x, "[[:punct:]]+|é", r"<\0\\>"),
    "replace one": lambda x: tf.strings.regex_replace(x, r"\s+", "_", replace_global=False),
    "delete": lambda x: tf.strings.regex_replace(x, r"[^a-z ]", ""),
    "parts": lambda x: tf.strings.substr(tf.strings.join(["ab", x]), 1, 1),
    "parts of characters": lambda x: tf.strings.substr(tf.strings.join(["ñn", x]), -2, 5, unit="UTF8_CHAR"),
    "distinct": lambda x: [*tf.unique(tf.concat([x, x[::-1]], 0))],
    "chosen": lambda x: tf.boolean_mask(x, tf.equal(x, "")),
    "in a loop": lambda x: _three_times(x),
    "one by one": lambda x: tf.map_fn(lambda t: tf.strings.join([t, "!"]), x),
    "in lists": lambda x: [*tf.dynamic_partition(x, tf.strings.length(x) % 2, 2)],
    "truth": lambda x: tf.as_string(tf.equal(x, "")),
    "zeros": lambda x: tf.zeros_like(x),
}
# fmt: on


def _three_times(x):
    step = lambda i, t: (i + 1, tf.strings.join([t, "x"]))  # noqa: E731
    return tf.while_loop(lambda i, t: i < 3, step, [0, x])[1]


def _parts(sparse):
    return tf.stack([tf.strings.reduce_join(sparse.values, 0, separator="|"), tf.as_string(sparse.dense_shape[1])])


@pytest.mark.parametrize("rows", [SAMPLE, SAMPLE[:1], SAMPLE[1:2], SAMPLE[:0]], ids=["all", "one", "empty", "none"])
@pytest.mark.parametrize("name", OF_A_VECTOR)
def test_texts(session, name, rows):
    x = tf.placeholder(tf.string, [None], name="x")
    y = OF_A_VECTOR[name](x)
    assert_same(session, y, [x], [rows])


def test_other_ranks(session):
    x, scalar = tf.placeholder(tf.string, [2, None], name="x"), tf.placeholder(tf.string, [], name="s")
    start, size = tf.placeholder(tf.int64, [None], name="i"), tf.placeholder(tf.int64, [None], name="n")
    outputs = [
        tf.strings.lower(x),
        tf.strings.length(scalar),
        tf.strings.strip(scalar),
        tf.strings.substr(x, start, size),
        tf.strings.substr(scalar, start, size),
        tf.strings.reduce_join(x, [0, 1], separator="-"),
        tf.strings.reduce_join(x, 0, keep_dims=True),
        tf.strings.regex_replace(scalar, "[A-Z]", "*"),
    ]
    feeds = [
        texts([["aBc", "xyz", "é"], ["", "00", " "]]),
        np.array("  A b"),
        np.array([0, -2, 0]),
        np.array([2, 1, 0]),
    ]
    assert_same(session, outputs[:3] + outputs[5:], [x, scalar, start, size], feeds)
    feeds[0] = texts([["aBc", "xyz", "é"], ["q", "00", " "]])
    assert_same(session, outputs[3:5], [x, scalar, start, size], feeds)


@pytest.mark.parametrize(
    ("dtype", "spelled"),
    [
        ("float32", ["1.5", " -2 ", "+.5", "1e-3", "3.", "0x1F", "INF", "-nan", "16777217", "0.1"]),
        ("float64", ["0.1", "-1E+5", "123456789.123456789"]),
        ("int32", ["-7", "\t12\n", "2147483647", "00012"]),
        ("int64", ["-9223372036854775808", "5"]),
    ],
)
def test_numbers(session, dtype, spelled):
    x = tf.placeholder(tf.string, [None], name="x")
    (got,) = run_model(session, tf.string_to_number(x, dtype), [x], [texts(spelled)])
    np.testing.assert_array_equal(got, session.run(tf.string_to_number(x, dtype), {x: texts(spelled)}))


@pytest.mark.parametrize(
    ("dtype", "spelled"),
    [("float32", s) for s in ("", "1_0", "1.5a", "infinity", "0x1p3", "1e", "+ 2")]
    + [("int32", s) for s in ("1.5", "+2", "2147483648", "0x10", "1e5", "")],
)
def test_what_is_no_number_fails(session, dtype, spelled):
    x = tf.placeholder(tf.string, [None], name="x")
    with pytest.raises(Exception, match=r"Reshape|Cast"):
        run_model(session, tf.string_to_number(x, dtype), [x], [texts(["3", spelled])])


@pytest.mark.parametrize(("start", "size"), [(1, 1), (0, 1), (4, 1), (-4, 1)])
def test_parts_that_are_no_text_or_outside_fail(session, start, size):
    x = tf.placeholder(tf.string, [None], name="x")
    with pytest.raises(Exception, match="Reshape"):
        run_model(session, tf.strings.substr(x, start, size), [x], [texts(["éa"])])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: tf.strings.lower(x, encoding="utf-8"),
        lambda x: tf.strings.split(x, maxsplit=1).values,
        lambda x: tf.string_split(x, "é").values,
        lambda x: tf.strings.regex_replace(x, "(a)b", r"\1"),
        lambda x: tf.strings.regex_replace(x, "a|ab", ""),
        lambda x: tf.strings.unicode_decode(x, "UTF-8").flat_values,
    ],
)
def test_what_is_refused(session, make):
    x = tf.placeholder(tf.string, [None], name="x")
    with pytest.raises(tfonnx.NotExportable):
        tfonnx.export(make(x), x, session)


HASHES = {
    "fast": lambda x: tf.strings.to_hash_bucket_fast(x, 1 << 62),
    "few": lambda x: tf.strings.to_hash_bucket_fast(x, 7),
    "strong": lambda x: tf.strings.to_hash_bucket_strong(x, 1 << 62, [3, -(1 << 63)]),
    "old": lambda x: tf.string_to_hash_bucket(x, 1 << 62),
}
OF_ALL_SIZES = texts([("é" * (i % 3) + "xyzw\0 " * i)[:i] for i in (*range(40), 63, 64, 65, 127, 128, 129, 200)])


@pytest.mark.parametrize("rows", [OF_ALL_SIZES, OF_ALL_SIZES[:1], OF_ALL_SIZES[:0]], ids=["all", "empty", "none"])
@pytest.mark.parametrize("name", HASHES)
def test_hashes(session, name, rows):
    x = tf.placeholder(tf.string, [None], name="x")
    assert_same(session, HASHES[name](x), [x], [rows])


def test_hashes_of_columns(session):
    x = tf.placeholder(tf.string, [None, 2], name="x")
    assert_same(session, tf.strings.to_hash_bucket_fast(x, 100), [x], [texts([["a", "b"], ["c", ""], ["ж", "א"]])])


@pytest.mark.parametrize("name", HASHES)
def test_hashes_of_unknown_characters_fail(session, name):
    x = tf.placeholder(tf.string, [None], name="x")
    with pytest.raises(Exception, match="Reshape"):
        run_model(session, HASHES[name](x), [x], [texts(["a", "日"])])


@pytest.mark.parametrize(
    "rows",
    [[["nl", "x"], ["", "a word longer than sixteen"], ["ж", ""]], [["", ""]], np.zeros((0, 2), object)],
    ids=["some", "empty", "none"],
)
def test_crossed_and_hashed_columns(session, rows):
    x = tf.placeholder(tf.string, [None, 2], name="x")
    n = tf.placeholder(tf.int64, [None, 1], name="n")
    words = tf.where(tf.not_equal(x, ""))
    sparse = tf.SparseTensor(words, tf.gather_nd(x, words), tf.shape(x, out_type=tf.int64))
    crosses = tf.sparse.cross_hashed([sparse, n, x], num_buckets=1000)
    weights = tf.constant(np.arange(2000, dtype=np.float32).reshape(1000, 2))
    outputs = [
        crosses.indices,
        crosses.values,
        crosses.dense_shape,
        tf.nn.safe_embedding_lookup_sparse([weights], crosses, combiner="sum"),
        tf.sparse.cross([sparse, n]).values,
    ]
    rows = texts(rows)
    assert_same(session, outputs, [x, n], [rows, np.arange(len(rows))[:, None] - 1])


CERTAIN = ["a", "[^a-c]+", r"\d{1,3}(\.\d+)?", "(?:ab|cd)*e", "[]a]", "[^]]", r"a\.b", "<br />", "é+x", "(?:a|)b",
           "a{,3}", r"[\w.-]+@", "[[:alpha:]_][[:digit:]]*"]  # fmt: skip
UNCERTAIN = ["a|ab", "a?ab", ".*x", "a*", "a+?", "^a", r"\bx", "(?i)a", r"\pL", "[é日]|日", "x(|a)b|x", "(a*)(a|b)",
             "b(c|a*|aa)+", "a{100}", "(a", "a)", "[a", r"(?P<n>a)", "|a", "a**"]  # fmt: skip


@pytest.mark.parametrize("expression", CERTAIN)
def test_expressions_with_one_way_to_match(expression):
    check_certain(expression)


@pytest.mark.parametrize("expression", UNCERTAIN)
def test_expressions_that_may_match_in_several_ways(expression):
    with pytest.raises(NotConvertible, match="not certain"):
        check_certain(expression)
