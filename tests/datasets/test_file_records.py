"""Datasets of CSV files, databases and example files, as TensorFlow 2.15.1 reads them."""

import gzip
import sqlite3
import zlib

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset = tf.data.Dataset
csv = tf.data.experimental.CsvDataset
make_csv = tf.data.experimental.make_csv_dataset


def elements(make, count=12):
    """The elements and the errors (the first line of their messages) that come until the end."""
    found = []
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.make_initializable_iterator(make())
        element = iterator.get_next()
        session.run(iterator.initializer)
        for _ in range(count):
            try:
                found.append(plain(session.run(element)))
            except tf.errors.OutOfRangeError:
                break
            except tf.errors.OpError as error:
                found.append(f"{type(error).__name__}: {error.message.splitlines()[0]}")
    return found


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return tuple(map(plain, value)) if isinstance(value, tuple) else np.asarray(value).tolist()


def bad(text):
    return f"InvalidArgumentError: {text}"


S, N = [""], ["N"]
# fmt: off
CSV = [
    ('1,"2"3",4\n1,"2"3",4",5,5\na,b,"c"d"\ne,f,g\n"a""b","x\r\ny",""\n', [S, S, S], {},
     [bad("Quote inside a string has to be escaped by another quote")] * 3
     + [(b"e", b"f", b"g"), (b'a"b', b"x\r\ny", b"")]),
    ('1,2"3,4\na,b,c"d\n9,8"7,6,5\ne,f,g', [S, S, S], {},
     [bad("Unquoted fields cannot have quotes inside")] * 3 + [(b"e", b"f", b"g")]),
    ("1,2,3.5,4,x\n 1 ,-2, 3.5 ,inf,\n,,,,\n3000000000,1,1,1,1\n1,1,1e400,inf,1\n1.5,1,1,1,1\n1,1,1,1\n1,1,1,1,1,1\n",
     [[7], tf.int64, [0.5], tf.float64, ["d"]], {},
     [(1, 2, 3.5, 4.0, b"x"), (1, -2, 3.5, np.inf, b"d"), bad("Field 1 is required but missing in record!"),
      bad("Field 0 in record is not a valid int32: 3000000000"), (1, 1, np.inf, np.inf, b"1"),
      bad("Field 0 in record is not a valid int32: 1.5"), bad("Expect 5 fields but have 4 in record"),
      bad("Expect 5 fields but have more in record")]),
    ('a,b,c,"a\nx,y,z,w\n', [S] * 4, {}, [bad("Reached end of file without closing quoted field in record")]),
    ("\n1,2\n\n3,4", [S, S], {},
     [bad("Expect 2 fields but have 1 in record"), (b"1", b"2"), bad("Expect 2 fields but have 1 in record"),
      (b"3", b"4")]),
    ("\n1\n\n3", [N], {}, [(b"N",), (b"1",), (b"N",), (b"3",)]),
    ("", [N], {}, []),
    ("a,b\rc,d\r\ne,f\n\r\ng,h", [N, N], {},
     [(b"a", b"b"), (b"c", b"d"), (b"e", b"f"), bad("Expect 2 fields but have 1 in record"), (b"g", b"h")]),
    ("a,b\n1,2", [[0], [0]], {"header": True}, [(1, 2)]),
    ("", [[0], [0]], {"header": True}, [bad("Can't read header of file")]),
    ("1,2,3,4\n5,6\n7,8,9,0\n", [[0], [0]], {"select_cols": [1, 3]},
     [(2, 4), bad("Expect 2 fields but have 1 in record"), (8, 0)]),
    ("1,2,3,4\n", [[0], [0]], {"exclude_cols": [0, 2]}, [(2, 4)]),
    ('1::2\n"a:b":"c":d', [S, S, S], {"field_delim": ":"}, [(b"1", b"", b"2"), (b"a:b", b"c", b"d")]),
    ('"a:b":c', [S, S, S], {"field_delim": ":", "use_quote_delim": False}, [(b'"a', b'b"', b"c")]),
    ('NA,"NA"\nx,"y"\n', [["d"], ["e"]], {"na_value": "NA"}, [(b"d", b"e"), (b"x", b"y")]),
]
REFUSED = [
    ({"select_cols": [3, 1]}, "select_cols should be strictly increasing"),
    ({"select_cols": [-1, 1]}, "select_cols should be non-negative"),
    ({"select_cols": [1, 2, 3]}, "select_cols should match output size"),
    ({"select_cols": [1, 2], "exclude_cols": [0]}, "should be empty"),
    ({"field_delim": "::"}, "field_delim should be only 1 char"),
    ({"buffer_size": 0}, "buffer_size should be positive"),
    ({"compression_type": "BZ"}, "Unsupported compression_type"),
]
# fmt: on


@pytest.mark.parametrize(("text", "defaults", "options", "expected"), CSV)
def test_csv_records(tmp_path, text, defaults, options, expected):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert elements(lambda: csv(str(path), defaults, **options)) == expected
    two = elements(lambda: csv([str(path), str(path)], defaults, **options), 30)
    assert two == expected * 2


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_csv_options_that_are_refused(tmp_path, options, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        elements(lambda: csv(str(tmp_path / "t.csv"), [[0], [0]], **options))


def test_csv_defaults_have_one_element_at_most_and_files_have_to_be_there(tmp_path):
    for default, message in (([1, 2], "length-0 or length-1"), ([[1]], "at most rank 1 but is rank 2")):
        with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
            csv("x", [default])
    path = str(tmp_path / "none.csv")
    assert elements(lambda: csv(path, [S]), 2) == [f"NotFoundError: {path}; No such file or directory"] * 2


@pytest.mark.parametrize(("kind", "compress"), [("GZIP", gzip.compress), ("ZLIB", zlib.compress)])
def test_compressed_csv_files(tmp_path, kind, compress):
    path = tmp_path / "t"
    path.write_bytes(compress(b'1,"a\nb"\n2,c'))
    expected = [(1, b"a\nb"), (2, b"c")]
    assert elements(lambda: csv(str(path), [[0], [""]], compression_type=kind)) == expected


@pytest.fixture
def tables(tmp_path):
    one, two = tmp_path / "m1.csv", tmp_path / "m2.csv"
    one.write_text("c0,c1,c2,c3,c4\n0,1000000000000,2.5,1e300,a\n,5,,1e10,\n3,4,5,6,b\n")
    two.write_text('c0,c1,c2,c3,c4\n7,8,9,10,"x,y"\n')
    return [str(one), str(two)]


ONCE = {"batch_size": 3, "num_epochs": 1, "shuffle": False}


def test_types_of_columns_are_found_in_the_records(tables):
    first, second = elements(lambda: make_csv(tables, **ONCE))
    assert list(first) == ["c0", "c1", "c2", "c3", "c4"]
    assert first["c0"] == [0, 0, 3]
    assert first["c1"] == [10**12, 5, 4]
    assert first["c2"] == [2.5, 0, 5]
    assert first["c3"] == [1e300, 1e10, 6]
    assert first["c4"] == [b"a", b"", b"b"]
    assert second == {"c0": [7], "c1": [8], "c2": [9.0], "c3": [10.0], "c4": [b"x,y"]}
    with tf.Graph().as_default():
        types = make_csv(tables, **ONCE).output_types
        assert list(types.values()) == [tf.int32, tf.int64, tf.float32, tf.float64, tf.string]
        assert make_csv(tables, 2).output_shapes["c0"].as_list() == [2]


def test_columns_of_csv_files_are_chosen_named_and_split(tables, tmp_path):
    assert elements(lambda: make_csv(tables, select_columns=["c4", "c0"], label_name="c4", **ONCE)) == [
        ({"c0": [0, 0, 3]}, [b"a", b"", b"b"]),
        ({"c0": [7]}, [b"x,y"]),
    ]
    named = elements(lambda: make_csv(tables[1], column_names=list("abcde"), header=False, **ONCE))
    assert named[0]["a"] == [b"c0", b"7"]
    kinds = [tf.float32, [""]]
    assert elements(lambda: make_csv(tables[1:], select_columns=[0, 4], column_defaults=kinds, **ONCE)) == [
        {"c0": [7.0], "c4": [b"x,y"]}
    ]
    ragged = tmp_path / "r.csv"
    ragged.write_text("a,b\n1,2\n1,2,3\n")
    options = {"column_defaults": [[0], [0]], "ignore_errors": True}
    assert elements(lambda: make_csv(str(ragged), **options, **ONCE)) == [{"a": [1], "b": [2]}]
    packed = tmp_path / "p.gz"
    packed.write_bytes(gzip.compress(b"a|b\nNA|2\n"))
    options = {"compression_type": "GZIP", "field_delim": "|", "na_value": "NA"}
    assert elements(lambda: make_csv(str(packed), **options, **ONCE)) == [{"a": [b""], "b": [2]}]
    reads = elements(lambda: make_csv(tables, 9, select_columns=[0], num_epochs=1, shuffle=False, num_parallel_reads=2))
    assert reads == [{"c0": [0, 7, 0, 3]}]


def test_what_make_csv_dataset_refuses(tables, tmp_path):
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    for files, options, message in (
        (tables, {"label_name": "cx"}, "`label_name` provided must be one of the columns"),
        (tables, {"column_names": list("abcda")}, "duplicate column names"),
        (tables, {"column_names": list("abcd")}, "Expected: 4"),
        (tables, {"header": False}, "Neither is provided"),
        (tables, {"select_columns": ["cz"]}, "must be of one of the columns"),
        (tables, {"select_columns": [5]}, "Column index 5"),
        (tables, {"select_columns": ["c1", "c1"]}, "duplicate columns"),
        (tables, {"select_columns": [0, 4], "column_defaults": [tf.float32]}, "must have the same length"),
        (tables, {"compression_type": "ZLIB"}, "not supported for probing"),
        (str(tmp_path / "zz*"), {}, "No files match"),
        ([], {}, "should not be empty"),
        ([tables[0], str(tmp_path / "other.csv")], {}, "same column names"),
        ([str(tmp_path / "empty.csv")], {}, "Is it an empty file"),
        ([str(tmp_path / "ragged.csv")], {}, "CSV row 3 has 3 number of fields. Expected: 2"),
    ):
        with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
            make_csv(files, 2, **options)


@pytest.fixture
def database(tmp_path):
    path = str(tmp_path / "x.db")
    connection = sqlite3.connect(path)
    connection.execute("create table t(i INTEGER, f REAL, s TEXT, b BLOB)")
    rows = [(1, 2.5, "a", "x"), (-300, 1e20, "12abc", b"\0\xff"), (None,) * 4, (2**40, 0.1, "1.5e3", 8.25)]
    connection.executemany("insert into t values(?,?,?,?)", rows)
    connection.commit()
    connection.close()
    return path


# fmt: off
SQL = {
    tf.string: [(b"1", b"2.5", b"a", b"x"), (b"-300", b"1.0e+20", b"12abc", b"\0\xff"), (b"",) * 4,
                (b"1099511627776", b"0.1", b"1.5e3", b"8.25")],
    tf.int8: [(1, 2, 0, 0), (-44, -1, 12, 0), (0,) * 4, (0, 0, 1, 8)],
    tf.int64: [(1, 2, 0, 0), (-300, 2**63 - 1, 12, 0), (0,) * 4, (2**40, 0, 1, 8)],
    tf.uint16: [(1, 2, 0, 0), (65236, 65535, 12, 0), (0,) * 4, (0, 0, 1, 8)],
    tf.bool: [(True, True, False, False), (True, True, True, False), (False,) * 4, (True, False, True, True)],
    tf.float64: [(1.0, 2.5, 0.0, 0.0), (-300.0, 1e20, 12.0, 0.0), (0.0,) * 4, (2.0**40, 0.1, 1500.0, 8.25)],
}
# fmt: on


def rows_of(database, query, types, driver="sqlite"):
    return elements(lambda: tf.data.experimental.SqlDataset(driver, database, query, types).repeat(2))


@pytest.mark.parametrize("dtype", SQL)
def test_sql_values_are_converted_as_the_database_does(database, dtype):
    assert rows_of(database, "select i,f,s,b from t", (dtype,) * 4) == SQL[dtype] * 2


def test_sql_structures_and_errors(database):
    assert rows_of(database, "select i from t where i>0", tf.int64) == [1, 2**40] * 2
    named = rows_of(database, "select i,f from t where i<0", {"a": tf.int32, "b": tf.float64})
    assert named[0] == {"a": -300, "b": 1e20}
    count = bad("The number of columns in query ({}) must match the number of elements in output_types (1).")
    assert rows_of(database, "select i,f from t", (tf.int64,))[:2] == [count.format(2)] * 2
    assert rows_of(database, "insert into t values(1,1,1,1)", (tf.int64,))[0] == count.format(0)
    assert rows_of(database, "selec i", (tf.int64,))[0] == (
        'UnknownError: Prepare() failed: [1] near "selec": syntax error: selec i'
    )
    assert rows_of(__file__, "select i from t", (tf.int64,))[0].startswith(bad("Prepare() failed: [26]"))
    for types, driver, message in (((tf.float32,), "sqlite", "must be one of"), ((tf.int64,), "mysql", "'sqlite'")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            rows_of(database, "select i from t", types, driver)


def example(**features):
    kinds = {int: "int64_list", float: "float_list", bytes: "bytes_list"}
    message = tf.train.Example()
    for name, values in features.items():
        getattr(message.features.feature[name], kinds[type(values[0])]).value.extend(values)
    return message.SerializeToString()


FEATURES = {
    "a": tf.FixedLenFeature([2], tf.float32),
    "v": tf.VarLenFeature(tf.int64),
    "label": tf.FixedLenFeature([], tf.string, default_value="none"),
}


def test_parsed_examples_are_dense_sparse_and_composed():
    texts = [example(a=[1.0, 2.0], v=[3]), example(a=[0.0, -1.0], v=[4, 5, 6], label=[b"x"])]

    def parsed(features):
        dataset = Dataset.from_tensor_slices(texts).batch(2)
        return dataset.apply(tf.data.experimental.parse_example_dataset(features, num_parallel_calls=2))

    (found,) = elements(lambda: parsed({k: FEATURES[k] for k in ("a", "label")}))
    assert found == {"a": [[1.0, 2.0], [0.0, -1.0]], "label": [b"none", b"x"]}
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = parsed(FEATURES)
        assert dataset.output_shapes["a"].as_list() == [None, 2]
        assert dataset.output_classes["v"] is tf.SparseTensor
        value = session.run(tf.data.make_one_shot_iterator(dataset).get_next())["v"]
        assert value.indices.tolist() == [[0, 0], [1, 0], [1, 1], [1, 2]]
        assert value.values.tolist() == [3, 4, 5, 6]
        assert value.dense_shape.tolist() == [2, 3]
        ragged = {"v": tf.io.RaggedFeature(tf.int64)}
        value = session.run(tf.data.make_one_shot_iterator(parsed(ragged)).get_next())["v"]
        assert value.to_list() == [[3], [4, 5, 6]]
        pairs = {"s": tf.SparseFeature("i", "a", tf.float32, 9)}
        dataset = Dataset.from_tensors([example(i=[7, 2], a=[1.0, 2.0])])
        dataset = dataset.apply(tf.data.experimental.parse_example_dataset(pairs))
        value = session.run(tf.data.make_one_shot_iterator(dataset).get_next())["s"]
        assert value.indices.tolist() == [[0, 2], [0, 7]]
        assert value.values.tolist() == [2.0, 1.0]


def test_what_parse_example_dataset_refuses():
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="`features` is required"):
            tf.data.experimental.parse_example_dataset(None)
        with pytest.raises(TypeError, match="vectors of strings"):
            Dataset.from_tensors("x").apply(tf.data.experimental.parse_example_dataset(FEATURES))
    missing = elements(
        lambda: Dataset.from_tensors([example(v=[3])]).apply(tf.data.experimental.parse_example_dataset(FEATURES))
    )
    assert missing[0].startswith(bad("Name: <unknown>, Feature: a (data type: float) is required"))


def test_batched_features_come_from_record_files(tmp_path):
    for number in range(2):
        with tf.python_io.TFRecordWriter(str(tmp_path / f"r{number}.tfrecord")) as writer:
            for i in range(3):
                writer.write(example(a=[float(number), float(i)], v=[i], label=[b"%d" % i]))
    features = {k: FEATURES[k] for k in ("a", "label")}
    batched = tf.data.experimental.make_batched_features_dataset
    pattern = str(tmp_path / "*.tfrecord")
    once = elements(lambda: batched(pattern, 4, features, num_epochs=1, shuffle=False, label_key="label"))
    assert [len(label) for _, label in once] == [4, 2]
    assert once[0][0]["a"] == [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0]]
    assert once[0][1] == [b"0", b"1", b"2", b"0"]
    turns = elements(
        lambda: batched(pattern, 4, features, num_epochs=1, shuffle=False, reader_num_threads=2, drop_final_batch=True)
    )
    assert [e["a"] for e in turns] == [[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]
    forever = elements(lambda: batched(pattern, 4, features, shuffle_seed=3), 5)
    assert len(forever) == 5
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="`label_key` provided"):
            batched(pattern, 4, features, label_key="z")
        with pytest.raises(TypeError, match="subclasses are not supported"):
            batched(pattern, 4, features, reader=tf.TFRecordReader)
