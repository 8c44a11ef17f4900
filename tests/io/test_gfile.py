"""`tf.gfile` and `tf.io.gfile`: what the functions answer and refuse, as TensorFlow 2.15.1 does."""

import pathlib

import pytest

import tfcompat.compat.v1 as tf

new, old = tf.io.gfile, tf.gfile


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "a.txt").write_text("hello\nworld")
    (tmp_path / "d" / "b.txt").write_text("bb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: new.copy("a.txt", "d/b.txt"), tf.errors.AlreadyExistsError, "file already exists"),
        (lambda: new.copy("none", "x"), tf.errors.NotFoundError, "none; No such file"),
        (lambda: new.copy("a.txt", "no/x"), tf.errors.NotFoundError, "no/x; No such file"),
        (lambda: new.copy("a.txt", "d", overwrite=True), tf.errors.FailedPreconditionError, "d; Is a directory"),
        (lambda: new.copy(3, "x"), TypeError, "Expected binary or unicode string, got 3"),
        (lambda: new.rename("a.txt", "d/b.txt"), tf.errors.AlreadyExistsError, "file already exists"),
        (lambda: new.rename("none", "x"), tf.errors.NotFoundError, "none; No such file"),
        (lambda: new.mkdir("x/y"), tf.errors.NotFoundError, "x/y; No such file"),
        (lambda: new.makedirs("a.txt"), tf.errors.FailedPreconditionError, "a.txt is not a directory"),
        (lambda: new.makedirs("a.txt/b"), tf.errors.FailedPreconditionError, "a.txt is not a directory"),
        (lambda: new.rmtree("none"), tf.errors.NotFoundError, "none not found"),
        (lambda: new.remove("d"), tf.errors.FailedPreconditionError, "d; Is a directory"),
        (lambda: new.listdir("a.txt"), tf.errors.NotFoundError, "Could not find directory a.txt"),
        (lambda: new.listdir("foo://x"), tf.errors.NotFoundError, "Could not find directory foo://x"),
        (lambda: new.exists("foo://x"), tf.errors.UnimplementedError, "File system scheme 'foo' not implemented"),
        (lambda: new.stat("none"), tf.errors.NotFoundError, "none; No such file"),
        (lambda: new.GFile("a.txt", "x"), tf.errors.InvalidArgumentError, "mode is not 'r' or 'w'"),
        (lambda: new.GFile("w", "w").write(3), TypeError, "Expected binary or unicode string, got 3"),
        (lambda: new.GFile("w", "w").read(), tf.errors.PermissionDeniedError, "File isn't open for reading"),
        (lambda: new.GFile("a.txt").write("x"), tf.errors.PermissionDeniedError, "File isn't open for writing"),
        (lambda: new.GFile("a.txt").seek(-1), tf.errors.InvalidArgumentError, "Seeking to a negative position: -1"),
        (lambda: new.GFile("a.txt").seek(99), tf.errors.OutOfRangeError, "reached end of file"),
    ],
)
def test_what_cannot_be_done_is_refused(files, call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_old_names_of_arguments(files):
    old.Copy(oldpath="a.txt", newpath="c.txt", overwrite=True)
    old.Rename(oldname="c.txt", newname="d/c.txt")
    assert old.Exists(filename="d/c.txt")
    assert old.IsDirectory(dirname="d")
    assert old.ListDirectory(dirname="d") == ["b.txt", "c.txt", "e"]
    assert old.Glob(filename="d/*.txt") == ["d/b.txt", "d/c.txt"]
    assert old.Stat(filename="a.txt").length == 11
    assert [len(f) for _, _, f in old.Walk(top="d", in_order=False)] == [0, 2]
    old.MakeDirs(dirname="x/y")
    old.MkDir(dirname="x/z")
    old.Remove(filename="d/c.txt")
    old.DeleteRecursively(dirname="x")
    assert sorted(p.name for p in files.iterdir()) == ["a.txt", "d"]
    with pytest.raises(TypeError, match="oldpath"):
        old.Copy(src="a.txt", newpath="b")


def test_directories_that_are_there_stay(files):
    for _ in range(2):
        new.mkdir("d")
        new.makedirs("d/e")
        new.mkdir("")
        new.makedirs("")
    assert new.listdir("d") == ["b.txt", "e"]


def test_a_file_copied_to_itself_stays(files):
    new.copy("a.txt", "a.txt", overwrite=True)
    assert new.GFile("a.txt").read() == "hello\nworld"


def test_removing_a_tree_keeps_what_its_links_lead_to(files):
    (files / "w").mkdir()
    (files / "w" / "link").symlink_to(files / "d")
    new.rmtree("w")
    assert new.exists("d/b.txt")


def test_patterns(files):
    for name in (".h", "[x]", "x"):
        (files / name).touch()
    assert new.glob("*") == ["./.h", "./[x]", "./a.txt", "./d", "./x"]
    assert new.glob(["d/*.txt", "x", "a*"]) == ["d/b.txt", "x", "./a.txt"]
    assert new.glob(f"{files}/[ax]*") == [f"{files}/a.txt", f"{files}/x"]
    assert new.glob("[x]") == ["./x"]
    assert new.glob(r"\[x\]") == ["./[x]"]
    assert new.glob("**/*.txt") == ["./d/b.txt"]
    assert new.glob("none*") == new.glob("none") == new.glob("") == []
    with pytest.raises(TypeError, match="not iterable"):
        new.glob(3)


def test_paths_are_joined(files):
    assert new.join("a", "b", "c/") == "a/b/c/"
    assert new.join(b"a", b"b") == b"a/b"
    assert new.join("gs://x", "b") == "gs://x/b"
    assert new.join(pathlib.Path("a"), "b") == "a/b"


def test_reading_and_writing_a_file(files):
    with new.GFile("a.txt", "rb") as file:
        assert (file.read(3), file.tell(), file.readline(), file.readlines()) == (b"hel", 3, b"lo\n", [b"world"])
        file.seek(-2, 1)
        assert file.read() == b"ld"
    file = new.GFile("w", "w")
    file.close()
    assert not new.exists("w")
    for part in ("ä", b"b", bytearray(b"c")):
        file.write(part)
    assert file.size() == 4
    file.close()
    with new.GFile("w", "a+") as file:
        file.write("d")
        assert file.read() == "äbcd"
    failures = []
    assert list(new.walk("none", onerror=failures.append)) == []
    assert isinstance(failures[0], tf.errors.NotFoundError)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: tf.io.read_file("none"), tf.errors.NotFoundError),
        (lambda: tf.io.read_file("d"), tf.errors.FailedPreconditionError),
        (lambda: tf.io.write_file("d", "x"), tf.errors.FailedPreconditionError),
        (lambda: tf.io.write_file("a.txt/x", "x"), tf.errors.FailedPreconditionError),
    ],
)
def test_operations_on_files_fail_as_the_functions_do(files, make, error):
    with tf.Graph().as_default(), tf.Session() as session, pytest.raises(error):
        session.run(make())
