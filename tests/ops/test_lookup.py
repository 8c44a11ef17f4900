"""Lookup tables: values, errors, the nodes that the reference records, checkpoints."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.contrib import lookup as contrib

lookup = tf.lookup
errors = tf.errors


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"cat\t3\tx\r\ndog\t1\ty\n\nfish\t2\t\xff")
    return str(path)


def pairs(keys, values, key_dtype=None, value_dtype=None):
    return lookup.KeyValueTensorInitializer(keys, values, key_dtype, value_dtype)


def file(path, key, value, key_dtype=tf.string, value_dtype=tf.int64, **options):
    return lookup.TextFileInitializer(path, key_dtype, key, value_dtype, value, **options)


@pytest.mark.parametrize(
    ("keys", "values", "default", "asked", "found"),
    [
        (["a", "b", ""], [3, 1, 7], -1, [["b", "zz"], ["", "a"]], [[1, -1], [7, 3]]),
        (np.array([5, -3, 0]), [1.5, -2.5, np.inf], 0.25, [0, 5, 4, -3], [np.inf, 1.5, 0.25, -2.5]),
        (np.array([2**40, -(2**40)]), [b"x", b"\xff\0"], "?", [2**40, 0, -(2**40)], [b"x", b"?", b"\xff\0"]),
        (np.array([1, 2], np.int32), ["one", "two"], "?", np.array([2, 3], np.int32), [b"two", b"?"]),
        (["a"], [True], False, ["a", "b"], [True, False]),
        (["a"], [1], -1, np.zeros([0, 3], object), np.zeros([0, 3])),
    ],
)
def test_static_tables(session, keys, values, default, asked, found):
    table = lookup.StaticHashTable(pairs(keys, values), default)
    with pytest.raises(errors.FailedPreconditionError, match="Table not initialized"):
        session.run(table.lookup(tf.constant(asked, table.key_dtype)))
    table.initializer.run(session=session)
    table.initializer.run(session=session)
    result = session.run(table.lookup(tf.constant(asked, table.key_dtype)))
    assert result.tolist() == np.array(found, result.dtype).tolist()
    assert session.run(table.size()) == len(keys)
    exported = session.run(table.export())
    assert sorted(exported[0].tolist()) == sorted(k.encode() if isinstance(k, str) else k for k in list(keys))


def test_a_key_with_two_values(session):
    table = lookup.StaticHashTable(pairs(["a", "a"], [1, 2]), -1)
    with pytest.raises(
        errors.InvalidArgumentError, match=r"different value for same key\. Key a has 1 and trying to add"
    ):
        session.run(table.initializer)


@pytest.mark.parametrize(("key", "value"), [(tf.int32, tf.int64), (tf.float32, tf.int64), (tf.int64, tf.bool)])
def test_types_without_a_kernel(session, key, value):
    table = lookup.experimental.MutableHashTable(key, value, value.as_numpy_dtype(0), checkpoint=False)
    with pytest.raises(errors.InvalidArgumentError, match="No OpKernel was registered to support Op 'MutableHash"):
        session.run(table.size())


def test_other_contents_do_not_replace_the_first(session):
    words = tf.placeholder(tf.string, [None])
    table = lookup.StaticHashTable(pairs(words, tf.range(tf.size(words))), -1)
    session.run(table.initializer, {words: ["a", "b"]})
    session.run(table.initializer, {words: ["a", "b"]})
    with pytest.raises(errors.FailedPreconditionError, match="already initialized"):
        session.run(table.initializer, {words: ["a", "c"]})
    assert session.run(table.lookup(tf.constant(["b", "c"]))).tolist() == [1, -1]


@pytest.mark.parametrize(
    ("key", "value", "options", "asked", "found"),
    [
        (-2, -1, {}, ["dog\t1\ty", "", "cat"], [1, 2, -1]),
        (0, 1, {"vocab_size": 2}, ["dog", "cat", "fish"], [1, 3, -1]),
        (2, 1, {"vocab_size": 2}, ["y", "x"], [1, 3]),
        (-2, -1, {"value_index_offset": 10, "vocab_size": 1}, ["cat\t3\tx"], [10]),
    ],
)
def test_text_files(session, words, key, value, options, asked, found):
    table = lookup.StaticHashTable(file(words, key, value, **options), -1)
    session.run(tf.tables_initializer())
    assert session.run(table.lookup(tf.constant(asked))).tolist() == found


@pytest.mark.parametrize(
    ("key", "value", "options", "message"),
    [
        (0, 1, {}, r"Invalid number of columns in .*words.txt line 2 \(\) : expected at least 2 got 1"),
        (0, 2, {"vocab_size": 2}, "Field x in line 0 of .* is not a valid int64"),
        (-2, -1, {"vocab_size": 5}, "Invalid vocab_size in .*: expected 5 but got 4"),
    ],
)
def test_text_files_that_do_not_fit(session, words, key, value, options, message):
    table = lookup.StaticHashTable(file(words, key, value, **options), -1)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        session.run(table.initializer)


def test_numbers_to_lines_and_missing_files(session, words, tmp_path):
    table = lookup.StaticHashTable(file(words, -1, 0, tf.int64, tf.string, vocab_size=2), "UNK")
    session.run(table.initializer)
    assert session.run(table.lookup(tf.constant([1, 0, 2], tf.int64))).tolist() == [b"dog", b"cat", b"UNK"]
    missing = lookup.StaticHashTable(file(str(tmp_path / "no"), -2, -1), 0)
    with pytest.raises(errors.NotFoundError, match="No such file"):
        session.run(missing.initializer)
    name = tf.placeholder(tf.string, [])
    fed = lookup.StaticHashTable(file(name, -2, -1), 0)
    session.run(fed.initializer, {name: words})
    assert session.run(fed.size()) == 4


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: file("", -2, -1), ValueError, "`filename` argument required"),
        (lambda: file("a", -3, -1), ValueError, "`key_index` should be >= -2, received: -3"),
        (lambda: file("a", -2, -1, vocab_size=0), ValueError, "`vocab_size` should be > 0, received: 0"),
        (lambda: file("a", -2, -1, value_dtype=tf.int32), ValueError, "`value_dtype` must be int64"),
        (lambda: file("a", -2, -1, tf.float32), ValueError, "should be either integer or string"),
        (lambda: lookup.StaticHashTable(pairs(["a"], [1]), "x"), TypeError, "int32"),
        (lambda: lookup.StaticHashTable(pairs(["a"], [1]), [1, 2]), ValueError, "not compatible"),
        (lambda: lookup.StaticHashTable(pairs(["a"], [1]), 1).lookup(tf.constant([1])), TypeError, "`keys` must be"),
        (lambda: lookup.StaticVocabularyTable(None, 0), ValueError, "`num_oov_buckets` must be > 0"),
        (lambda: lookup.StaticVocabularyTable(pairs(["a"], [1]), 1), TypeError, "Invalid `value_dtype`"),
        (lambda: lookup.StaticVocabularyTable(pairs([1.0], [1], None, tf.int64), 1), TypeError, "Invalid `key_dtype`"),
        (lambda: contrib.index_table_from_tensor(None), ValueError, "mapping must be specified"),
        (lambda: contrib.index_table_from_file(""), ValueError, "vocabulary_file must be specified"),
        (lambda: contrib.index_table_from_file("f", vocab_size=0), ValueError, "got 0. vocabulary_file: f"),
        (lambda: contrib.index_table_from_tensor([1, 2]), ValueError, "Expected non-integer"),
        (lambda: tf.contrib.lookup.StrongHashSpec([1]), ValueError, "must have size 2"),
    ],
)
def test_arguments_that_do_not_fit(session, make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_words_outside_the_vocabulary(session):
    """Buckets as the reference gave them."""
    table = lookup.StaticVocabularyTable(pairs(["a", "b"], [0, 1], None, tf.int64), 3)
    ints = lookup.StaticVocabularyTable(pairs([7, 9], [0, 1], tf.int64, tf.int64), 4, lookup_key_dtype=tf.int32)
    buckets = lookup.StaticVocabularyTable(None, 5)
    sparse = table.lookup(tf.SparseTensor([[0, 1], [2, 0]], tf.constant(["b", "zz"]), [3, 2]))
    session.run(tf.tables_initializer())
    asked = tf.constant(["b", "bird", "", "a"])
    assert session.run([table.lookup(asked), buckets.lookup(asked)])[0].tolist()[::3] == [1, 0]
    assert session.run([table.size(), ints.size(), buckets.size()]) == [5, 6, 5]
    known = session.run(ints.lookup(tf.constant([9, 100, 7])))
    assert known[[0, 2]].tolist() == [1, 0]
    assert 2 <= known[1] < 6
    found = session.run(sparse)
    assert found.values.tolist() == [1, 3]
    assert found.dense_shape.tolist() == [3, 2]


def test_tables_that_change(session):
    table = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    ask = table.lookup(tf.constant(["a", "b", "c"]))
    session.run(table.insert(tf.constant(["a", "b", "a"]), tf.constant([1, 2, 3], tf.int64)))
    assert session.run(ask).tolist() == [3, 2, -1]
    session.run(table.remove(tf.constant(["b", "x"])))
    session.run(table.insert(["c"], [5]))
    assert session.run(ask).tolist() == [3, -1, 5]
    each = table.lookup(tf.constant(["a", "x", "y"]), dynamic_default_values=tf.constant([7, 8, 9], tf.int64))
    assert session.run(each).tolist() == [3, 8, 9]
    keys, values = session.run(table.export())
    assert dict(zip(keys.tolist(), values.tolist(), strict=True)) == {b"a": 3, b"c": 5}
    with pytest.raises(errors.InvalidArgumentError, match="Expected shape"):
        session.run(table.insert(tf.constant(["a"]), tf.constant([1, 2], tf.int64)))


def test_values_that_are_vectors(session):
    table = lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, -1.0])
    session.run(table.insert([[3], [4]], [[[1, 2]], [[3, 4]]]))
    assert session.run(table.lookup([[4, 5]])).tolist() == [[[3, 4], [0, -1]]]
    with pytest.raises(errors.InvalidArgumentError, match="Expected shape"):
        session.run(table.insert([3], [[1, 2, 3]]))


def test_dense_tables(session):
    table = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 100, 200, initial_num_buckets=8)
    session.run(table.insert([11, 12, 13, 14], [1, 2, 3, 4]))
    session.run(table.erase([12, 15]))
    assert session.run([table.size(), table.lookup([12, 14])])[1].tolist() == [-1, 4]
    keys, values = session.run(table.export())
    assert sorted(zip(keys.tolist(), values.tolist(), strict=True)) == [
        (11, 1), (13, 3), (14, 4), (100, 0), (100, 0), (100, 0), (100, 0), (200, 2)]  # fmt: skip
    for keys, what in (([11, 100], "empty_key"), ([200], "deleted_key")):
        with pytest.raises(errors.InvalidArgumentError, match=f"Using the {what} as a table key is not allowed"):
            session.run(table.lookup(keys))


def test_keys_that_are_vectors(session):
    table = lookup.experimental.DenseHashTable(tf.int64, tf.string, "?", [0, 0], [1, 1])
    session.run(table.insert([[0, 1], [1, 0]], ["a", "b"]))
    assert session.run(table.lookup([[1, 0], [5, 5]])).tolist() == [b"b", b"?"]
    with pytest.raises(errors.InvalidArgumentError, match="Expected key shape"):
        session.run(table.lookup([[1, 0, 3]]))


@pytest.mark.parametrize(
    ("empty", "deleted", "buckets", "message"),
    [(1, 1, 8, "cannot be equal"), (1, [1], 8, "must have same shape"), (1, 2, 12, "Number of buckets must be")],
)
def test_dense_tables_that_cannot_be(session, empty, deleted, buckets, message):
    table = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, empty, deleted, initial_num_buckets=buckets)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        session.run(table.size())


def test_tables_of_one_name_are_one_and_sessions_have_their_own(words):
    with tf.Graph().as_default() as graph:
        first = lookup.StaticHashTable(file(words, -2, -1), -1)
        second = lookup.StaticHashTable(file(words, -2, -1), -2)
        with tf.Session(graph=graph) as session, tf.Session(graph=graph) as other:
            session.run(first.initializer)
            assert session.run(second.lookup(tf.constant(["", "no"]))).tolist() == [2, -2]
            with pytest.raises(errors.FailedPreconditionError):
                other.run(first.lookup(tf.constant([""])))


def test_tables_inside_control_flow(session):
    table = lookup.StaticHashTable(pairs(["a", "b"], [1, 2]), -1)
    session.run(table.initializer)
    x = tf.placeholder(tf.string, [None])
    either = tf.cond(tf.size(x) > 1, lambda: table.lookup(x), lambda: table.lookup(x) * 10)
    total = tf.while_loop(
        lambda i, s: i < tf.size(x), lambda i, s: (i + 1, s + table.lookup(x[i])), [tf.constant(0), tf.constant(0)]
    )[1]
    assert session.run([either, total], {x: ["b", "a", "b"]})[1] == 5
    assert session.run(either, {x: ["b"]}).tolist() == [20]


def test_nodes_are_those_of_the_reference():
    with tf.Graph().as_default() as graph:
        table = lookup.StaticVocabularyTable(file("w.txt", -2, -1, vocab_size=4), 3)
        table.lookup(tf.constant(["a"]))
        table.size()
        changing = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        changing.insert(tf.constant(["a"]), tf.constant([1], tf.int64))
        tf.tables_initializer()
    found = [n.name for n in graph.as_graph_def().node]
    find = "hash_table_Lookup/hash_table_Lookup/LookupTableFindV2"
    assert found == [
        "asset_path", "Const", "hash_table", "text_file_init/InitializeTableFromTextFileV2", "Const_1",
        "hash_table_Lookup/hash_bucket", find, "hash_table_Lookup/hash_table_Size/LookupTableSizeV2",
        "hash_table_Lookup/Add", "hash_table_Lookup/NotEqual", "hash_table_Lookup/SelectV2",
        "hash_table_Size/hash_table_Size/LookupTableSizeV2", "hash_table_Size/add/y", "hash_table_Size/add", "Const_2",
        "MutableHashTable", "MutableHashTable_lookup_table_export_values/LookupTableExportV2", "Const_3", "Const_4",
        "MutableHashTable_lookup_table_insert/LookupTableInsertV2", "init_all_tables"]  # fmt: skip
    assert graph.get_operation_by_name("hash_table").get_attr("shared_name") == b"hash_table_w.txt_4_-2_-1"
    assert [t.name for t in graph.get_collection(tf.GraphKeys.ASSET_FILEPATHS)] == ["asset_path:0"]


def test_contrib_tables(session, words):
    L = tf.contrib.lookup
    by_file = L.index_table_from_file(words, key_column_index=0, value_column_index=1, vocab_size=2)
    by_list = L.index_table_from_tensor(["x", "y"], num_oov_buckets=1, hasher_spec=L.StrongHashSpec([1, 2]))
    back = L.index_to_string_table_from_file(words, key_column_index=1, value_column_index=0, vocab_size=2)
    plain = L.HashTable(L.KeyValueTensorInitializer(["a"], [1]), -1)
    positions = L.string_to_index(tf.constant(["b"]), ["a", "b"])
    session.run(tf.tables_initializer())
    assert session.run(by_file.lookup(tf.constant(["cat", "cow"]))).tolist() == [3, -1]
    assert session.run(by_list.lookup(tf.constant(["y", "cow"]))).tolist() == [1, 2]
    assert session.run(back.lookup(tf.constant([1, 7], tf.int64))).tolist() == [b"dog", b"UNK"]
    assert session.run([plain.lookup(tf.constant(["a"])), positions])[1].tolist() == [1]


def test_a_changing_table_is_saved_and_restored(session, tmp_path):
    v = tf.get_variable("v", initializer=1.0)
    table = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name="t1")
    dense = lookup.experimental.DenseHashTable(tf.int64, tf.float32, [0.0, 0.0], 0, -1, name="d")
    session.run([v.initializer, table.insert(["a", "b"], [1, 2]), dense.insert([5, 6], [[1, 2], [3, 4]])])
    session.run(dense.erase([6]))
    saver = tf.train.Saver()
    path = saver.save(session, str(tmp_path / "model"))
    assert {n for n, _ in tf.train.list_variables(path)} == {"v", "t1-keys", "t1-values", "d-keys", "d-values"}
    session.run([table.insert(["a", "c"], [9, 9]), dense.insert([7], [[1, 2]])])
    saver.restore(session, path)
    assert session.run(table.lookup(["a", "b", "c"])).tolist() == [1, 2, -1]
    assert session.run(dense.lookup([5, 6, 7])).tolist() == [[1, 2], [0, 0], [0, 0]]
