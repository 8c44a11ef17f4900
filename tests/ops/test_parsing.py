"""The older op types that parse examples answer as the newer ones; examples from JSON."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import json_format

import tfcompat.compat.v1 as tf

NONE = np.zeros(0, np.int64)


def feature(value):
    if isinstance(value[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=value))
    if isinstance(value[0], int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=value))
    return tf.train.Feature(float_list=tf.train.FloatList(value=value))


def example(**values):
    return tf.train.Example(features=tf.train.Features(feature={k: feature(v) for k, v in values.items()}))


EXAMPLES = [
    example(i=[1, 2], f=[1.5, 2.0], b=[b"x"]),
    example(i=[3, 4], b=[b"y", b"z"]),
    example(i=[5, 6], f=[0.0, 1.0]),
]
TEXTS = [e.SerializeToString() for e in EXAMPLES]
LISTS = {"s": [[1, 2], [3, 4]], "v": [[b"q"], [b"r", b"t"]]}
SEQUENCE = tf.train.SequenceExample(
    context=EXAMPLES[1].features,
    feature_lists=tf.train.FeatureLists(
        feature_list={k: tf.train.FeatureList(feature=[feature(s) for s in v]) for k, v in LISTS.items()}
    ),
).SerializeToString()


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def same(session, old, new):
    """The outputs of an older operation are those of a newer one, with the same static ranks."""
    assert [t.shape.rank for t in old] == [t.shape.rank for t in new]
    for one, other in zip(session.run(list(old)), session.run(list(new)), strict=True):
        assert np.array_equal(one, other)
        assert np.shape(one) == np.shape(other)


def flat(*results):
    return [t for r in results for t in (r if isinstance(r, (list, tuple)) else [r])]


FEATURES = {
    "b": tf.io.VarLenFeature(tf.string),
    "i": tf.io.FixedLenFeature([2], tf.int64),
    "f": tf.io.FixedLenFeature([2], tf.float32, [9.0, 9.0]),
}


def of_features(parsed):
    return [parsed["b"].indices, parsed["b"].values, parsed["b"].dense_shape, parsed["i"], parsed["f"]]


def test_parse_example(session):
    old = tf.raw_ops.ParseExample(
        serialized=TEXTS, names=[], sparse_keys=["b"], dense_keys=["i", "f"], dense_defaults=[NONE, np.float32([9, 9])],
        sparse_types=[tf.string], dense_shapes=[[2], [2]],
    )  # fmt: skip
    same(session, flat(*old), of_features(tf.io.parse_example(TEXTS, FEATURES)))


def test_parse_single_example(session):
    old = tf.raw_ops.ParseSingleExample(
        serialized=TEXTS[1], dense_defaults=[NONE, np.float32([9, 9])], num_sparse=1, sparse_keys=["b"],
        dense_keys=["i", "f"], sparse_types=[tf.string], dense_shapes=[[2], [2]],
    )  # fmt: skip
    same(session, flat(*old), of_features(tf.io.parse_single_example(TEXTS[1], FEATURES)))


SHARED = {
    "context_dense_defaults": [NONE], "context_sparse_keys": ["b"], "context_dense_keys": ["i"],
    "feature_list_sparse_keys": ["v"], "feature_list_dense_keys": ["s", "zz"], "context_sparse_types": [tf.string],
    "feature_list_dense_types": [tf.int64, tf.float32], "context_dense_shapes": [[2]],
    "feature_list_sparse_types": [tf.string], "feature_list_dense_shapes": [[2], []],
    "feature_list_dense_missing_assumed_empty": ["zz"],
}  # fmt: skip
SEQUENCES = (
    {"b": tf.io.VarLenFeature(tf.string), "i": tf.io.FixedLenFeature([2], tf.int64)},
    {
        "v": tf.io.VarLenFeature(tf.string),
        "s": tf.io.FixedLenSequenceFeature([2], tf.int64),
        "zz": tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
    },
)


def of_sequences(context, lists):
    b, v = context["b"], lists["v"]
    return [
        b.indices,
        b.values,
        b.dense_shape,
        context["i"],
        v.indices,
        v.values,
        v.dense_shape,
        lists["s"],
        lists["zz"],
    ]


def test_parse_single_sequence_example(session):
    old = tf.raw_ops.ParseSingleSequenceExample(serialized=SEQUENCE, debug_name="n", **SHARED)
    same(session, flat(*old), of_sequences(*tf.io.parse_single_sequence_example(SEQUENCE, *SEQUENCES)))


def test_parse_sequence_example(session):
    old = tf.raw_ops.ParseSequenceExample(
        serialized=[SEQUENCE, SEQUENCE], debug_name=["n", "m"], Ncontext_sparse=1, Ncontext_dense=1,
        Nfeature_list_sparse=1, Nfeature_list_dense=2, **SHARED,
    )  # fmt: skip
    context, lists, lengths = tf.io.parse_sequence_example([SEQUENCE, SEQUENCE], *SEQUENCES)
    same(session, flat(*old), [*of_sequences(context, lists), lengths["s"], lengths["zz"]])


def test_missing_lists_are_named(session):
    shared = {**SHARED, "feature_list_dense_missing_assumed_empty": []}
    old = tf.raw_ops.ParseSingleSequenceExample(serialized=SEQUENCE, debug_name="n", **shared)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Name: n, .*'zz' is required"):
        session.run(flat(*old))


def test_json_examples(session):
    texts = tf.io.decode_json_example([[json_format.MessageToJson(e)] for e in EXAMPLES])
    assert texts.shape == [3, 1]
    assert [tf.train.Example.FromString(t) for t in session.run(texts).reshape(-1)] == EXAMPLES
    for bad in ("{", '{"a": 1}', '{"features": 3}', b"\xff"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Error while parsing JSON"):
            session.run(tf.io.decode_json_example(bad))


F = tf.io.RaggedFeature
ROWS = [[[3, 1], [], [4, 1, 5, 9]], [[9], [9]], [[7, 8]]]
DIVIDED = [
    example(
        v=[3.0, 1.0, 4.0, 1.0, 5.0, 9.0],
        s=[0, 2, 2, 6],
        l=[2, 0, 4],
        st=[0, 2, 2],
        li=[2, 2, 6],
        ids=[0, 0, 2, 2, 2, 2],
    ),
    example(v=[9.0, 9.0], s=[0, 1, 2], l=[1, 1], st=[0, 1], li=[1, 2], ids=[0, 1]),
    example(v=[7.0, 8.0], s=[0, 2], l=[2], st=[0], li=[2], ids=[0, 0]),
]


@pytest.mark.parametrize(
    ("partition", "with_nothing"),
    [(F.RowSplits("s"), True), (F.RowLengths("l"), True), (F.RowStarts("st"), True), (F.RowLimits("li"), True),
     (F.ValueRowIds("ids"), True), (F.UniformRowLength(2), False)],
)  # fmt: skip
@pytest.mark.parametrize("splits", [tf.int32, tf.int64])
def test_ragged_features(session, partition, with_nothing, splits):
    texts = [e.SerializeToString() for e in DIVIDED]
    feature = F(tf.float32, "v", [partition], splits, validate=True)
    rows = tf.io.parse_example(texts, {"x": feature})["x"]
    assert rows.shape.as_list() == [3, None, None if with_nothing else 2]
    assert rows.row_splits.dtype == splits
    expected = ROWS if with_nothing else [[[3, 1], [4, 1], [5, 9]], [[9, 9]], [[7, 8]]]
    assert session.run(rows).to_list() == expected
    rows = tf.io.parse_example([texts[0], b"", texts[2]], {"x": feature})["x"]
    assert session.run(rows).to_list() == [expected[0], [], expected[2]]
    one = session.run(tf.io.parse_single_example(texts[0], {"x": feature})["x"])
    assert (one.to_list() if with_nothing else one.tolist()) == expected[0]


def test_plain_ragged_features(session):
    texts = [DIVIDED[0].SerializeToString(), b""]
    parsed = tf.io.parse_example(texts, {"v": F(tf.float32), "n": F(tf.int64, "l"), "i": tf.io.VarLenFeature(tf.int64)})
    assert session.run(parsed["v"]).to_list() == [[3, 1, 4, 1, 5, 9], []]
    assert session.run(parsed["n"]).to_list() == [[2, 0, 4], []]
    nested = F(tf.float32, "v", [F.RowLengths("rows"), F.UniformRowLength(2)])
    text = example(v=[3.0, 1.0, 4.0, 1.0, 5.0, 9.0], rows=[1, 2]).SerializeToString()
    assert session.run(tf.io.parse_example([text], {"x": nested})["x"]).to_list() == [[[[3, 1]], [[4, 1], [5, 9]]]]
    with pytest.raises(ValueError, match="must not intersect"):
        tf.io.parse_example(texts, {"v": F(tf.float32), "w": tf.io.SparseFeature("v", "l", tf.int64, 3)})
    with pytest.raises(TypeError, match="must be a list of partition objects"):
        F(tf.float32, partitions=[3])
    with pytest.raises(ValueError, match="`value_key` must be a string"):
        F(tf.float32, value_key=3)


def sequence(context, lists):
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={k: feature(v) for k, v in context.items()}),
        feature_lists=tf.train.FeatureLists(
            feature_list={k: tf.train.FeatureList(feature=[feature(s) for s in v]) for k, v in lists.items()}
        ),
    ).SerializeToString()


WORDS = [
    sequence({"c": [1, 2]}, {"s": [[1, 2], [7], [3]], "w": [[b"a"], [b"b", b"c"]]}),
    sequence({"d": [9]}, {"s": [[4]]}),
    sequence({"c": [5]}, {"w": [[b"r"], [b"q"]]}),
]


def test_ragged_features_of_sequences(session):
    context, lists, lengths = tf.io.parse_sequence_example(
        WORDS, {"c": F(tf.int64)}, {"s": F(tf.int64, row_splits_dtype=tf.int64), "w": F(tf.string)}
    )
    assert lengths == {}
    assert [r.shape.as_list() for r in (context["c"], lists["s"], lists["w"])] == [[3, None], *[[3, None, None]] * 2]
    assert [r.row_splits.dtype for r in (lists["s"], lists["w"])] == [tf.int64, tf.int32]
    assert session.run(context["c"]).to_list() == [[1, 2], [], [5]]
    assert session.run(lists["s"]).to_list() == [[[1, 2], [7], [3]], [[4]], []]
    assert session.run(lists["w"]).to_list() == [[[b"a"], [b"b", b"c"]], [], [[b"r"], [b"q"]]]
    context, lists = tf.io.parse_single_sequence_example(WORDS[0], {"c": F(tf.int64)}, {"w": F(tf.string)})
    assert session.run(context["c"]).tolist() == [1, 2]
    assert session.run(lists["w"]).to_list() == [[b"a"], [b"b", b"c"]]


PARTS = [
    sequence({"v": [1, 2, 3], "l": [1, 2]}, {"s": [[1, 2], [5, 6], [3]], "n": [[1, 1], [0, 2], [1]]}),
    sequence({"v": [4], "l": [1]}, {"s": [[4, 5, 6]], "n": [[1, 2]]}),
]


@pytest.mark.parametrize("validate", [False, True])
def test_ragged_features_of_sequences_in_rows(session, validate):
    own = F(tf.int64, "v", [F.RowLengths("l")], validate=validate)
    steps = F(tf.int64, "s", [F.RowLengths("n")], validate=validate)
    context, lists, _ = tf.io.parse_sequence_example(PARTS, {"x": own}, {"x": steps})
    assert session.run(context["x"]).to_list() == [[[1], [2, 3]], [[4]]]
    assert lists["x"].shape.as_list() == [2, None, None, None]
    assert session.run(lists["x"]).to_list() == [[[[1], [2]], [[], [5, 6]], [[3]]], [[[4], [5, 6]]]]
    context, lists = tf.io.parse_single_sequence_example(PARTS[0], {"x": own}, {"x": steps})
    assert session.run(context["x"]).to_list() == [[1], [2, 3]]
    assert session.run(lists["x"]).to_list() == [[[1], [2]], [[], [5, 6]], [[3]]]
    uniform = F(tf.int64, "s", [F.UniformRowLength(1)])
    _, lists, _ = tf.io.parse_sequence_example(PARTS, None, {"x": uniform})
    assert lists["x"].shape.as_list() == [2, None, None, 1]
    assert session.run(lists["x"]).to_list() == [[[[1], [2]], [[5], [6]], [[3]]], [[[4], [5], [6]]]]


def test_rows_that_do_not_fit_are_refused(session):
    text = example(v=[1, 2, 3], l=[1, 1], s=[0, 1]).SerializeToString()
    for partition in (F.RowLengths("l"), F.RowSplits("s")):
        rows = tf.io.parse_example([text], {"x": F(tf.int64, "v", [partition], validate=True)})["x"]
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(rows)
    _, lists, _ = tf.io.parse_sequence_example([WORDS[0], b"x"], None, {"s": F(tf.int64)})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse"):
        session.run(lists["s"])


def test_names_of_operations_are_those_of_the_reference(session):
    batch, one, unknown = (tf.placeholder(tf.string, s) for s in ([None], [], None))
    features = {"i": tf.io.FixedLenFeature([2], tf.int64)}
    for text, parse in ((batch, tf.io.parse_example), (one, tf.io.parse_single_example)):
        parse(text, features)
        parse(text, features, name=parse.__name__)
    tf.io.parse_single_example(unknown, features)
    for text, parse in ((batch, tf.io.parse_sequence_example), (one, tf.io.parse_single_sequence_example)):
        parse(text, features)
        parse(text, features, name=parse.__name__)
    tf.io.parse_single_sequence_example(unknown, features)
    nodes = {op.name: op for op in session.graph.get_operations()}
    assert [name for name, op in nodes.items() if op.type.startswith("Parse")] == [
        "ParseExample/ParseExampleV2", "parse_example/parse_example", "ParseSingleExample/ParseExample/ParseExampleV2",
        "parse_single_example/parse_single_example/parse_single_example",
        "ParseSingleExample_1/ParseExample/ParseExampleV2",
        "ParseSequenceExample/ParseSequenceExample/ParseSequenceExampleV2",
        "parse_sequence_example/parse_sequence_example/parse_sequence_example",
        "ParseSingleSequenceExample/ParseSequenceExample/ParseSequenceExampleV2",
        "parse_single_sequence_example/parse_single_sequence_example_1/parse_single_sequence_example",
        "ParseSingleSequenceExample_1/ParseSequenceExample/ParseSequenceExampleV2",
    ]  # fmt: skip
    assert nodes["ParseSingleExample_1/SerializedIsScalar/Assert"].type == "Assert"
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input serialized must be a scalar"):
        session.run("ParseSingleExample_1/serializedDependencies:0", {unknown: [b""]})


S = tf.io.FixedLenSequenceFeature
LISTS = [example(a=[1, 2, 3, 4], s=[b"x"]), example(s=[b"y", b"z", b"w"]), tf.train.Example()]


@pytest.mark.parametrize(
    ("key", "feature", "shape", "expected"),
    [
        ("a", S([], tf.int64, True), [3, None], [[1, 2, 3, 4], [0] * 4, [0] * 4]),
        ("a", S([2], tf.int64, True, 7), [3, None, 2], [[[1, 2], [3, 4]], [[7, 7]] * 2, [[7, 7]] * 2]),
        ("a", S([1, 2], tf.int64, True), [3, None, 1, 2], [[[[1, 2]], [[3, 4]]], *[[[[0, 0]]] * 2] * 2]),
        ("s", S([], tf.string, True), [3, None], [[b"x", b"", b""], [b"y", b"z", b"w"], [b""] * 3]),
        ("s", S([], tf.string, True, "p"), [3, None], [[b"x", b"p", b"p"], [b"y", b"z", b"w"], [b"p"] * 3]),
    ],
)
def test_sequences_of_examples_are_padded(session, key, feature, shape, expected):
    texts = tf.placeholder(tf.string, [3])
    parsed = tf.io.parse_example(texts, {key: feature})[key]
    assert parsed.shape.as_list() == shape
    assert session.run(parsed, {texts: [e.SerializeToString() for e in LISTS]}).tolist() == expected
    none = tf.io.parse_example(tf.zeros([0], tf.string), {key: feature})[key]
    assert session.run(none).shape == (0, 0, *shape[2:])


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ({"a": S([3], tf.int64, True)}, tf.errors.InvalidArgumentError, r"not a multiple.*shape is: \[\?,3\]"),
        ({"a": S([0], tf.int64, True)}, tf.errors.InvalidArgumentError, "not a multiple"),
        ({"a": S([], tf.float32, True)}, tf.errors.InvalidArgumentError, "Data types don't match"),
        ({"a": S([], tf.int64)}, ValueError, "requires allow_missing"),
        ({"a": S([None], tf.int64, True)}, ValueError, "unknown inner dimensions"),
        ({"a": S([2], tf.int64, True, [1, 2])}, ValueError, "Cannot reshape a tensor with 2 elements"),
        ({"a": S([], tf.int64, True, 1.5)}, TypeError, "1.5"),
        ({"a": F(tf.bool)}, ValueError, "must be int64, float32, or bytes"),
        ({"a": F(tf.int64), "b": F(tf.float32, "a")}, ValueError, "Conflicting type"),
        ({"a": F(tf.int64), "b": F(tf.int64, "a", (), tf.int64)}, ValueError, "Conflicting partition type"),
        ({"a": tf.io.VarLenFeature(tf.int64), "b": F(tf.int64, "a")}, ValueError, "Ragged and sparse keys"),
        ({"a": tf.io.FixedLenFeature([], tf.int64), "b": F(tf.int64, "a")}, ValueError, "Dense and ragged keys"),
    ],
)
def test_descriptions_that_cannot_be_met(session, features, error, message):
    with pytest.raises(error, match=message):
        session.run(tf.io.parse_example([e.SerializeToString() for e in LISTS], features))


def test_sequences_have_no_defaults(session):
    with pytest.raises(ValueError, match=r"dense_defaults\[s\] must be None"):
        tf.io.parse_sequence_example([SEQUENCE], None, {"s": S([2], tf.int64, default_value=3)})
