"""tf.keras.utils: downloads, queues of batches, progress, sources of tensors."""

import hashlib
import io
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

utils = tf.keras.utils


# ---------------------------------------------------------------- downloads


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "there" / "data.txt"
    path.parent.mkdir()
    path.write_bytes(b"some data")
    return path


def test_files_are_fetched_once(source, tmp_path):
    path = utils.get_file("data.txt", source.as_uri(), cache_dir=str(tmp_path / "cache"))
    assert path == str(tmp_path / "cache" / "datasets" / "data.txt")
    assert Path(path).read_bytes() == b"some data"
    source.write_bytes(b"other data")
    assert utils.get_file("data.txt", source.as_uri(), cache_dir=str(tmp_path / "cache")) == path
    assert Path(path).read_bytes() == b"some data"


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "auto"])
def test_files_with_another_hash_are_fetched_again(algorithm, source, tmp_path, capsys):
    cached = tmp_path / "datasets" / "data.txt"
    cached.parent.mkdir()
    cached.write_bytes(b"old")
    wanted = hashlib.new("md5" if algorithm == "md5" else "sha256", b"some data").hexdigest()
    path = utils.get_file(
        "data.txt", source.as_uri(), file_hash=wanted, hash_algorithm=algorithm, cache_dir=str(tmp_path)
    )
    assert Path(path).read_bytes() == b"some data"
    assert "incomplete or outdated" in capsys.readouterr().out
    with pytest.raises(ValueError, match="hash is not"):
        utils.get_file("new.txt", source.as_uri(), md5_hash="0" * 32, cache_dir=str(tmp_path))


def test_failures_name_the_address(tmp_path):
    missing = (tmp_path / "missing").as_uri()
    with pytest.raises(Exception, match="URL fetch failure on file:"):
        utils.get_file("x", missing, cache_dir=str(tmp_path))
    assert not (tmp_path / "datasets" / "x").exists()
    assert not (tmp_path / "datasets" / "x.part").exists()


def test_archives_are_unpacked(tmp_path):
    packed = tmp_path / "pack.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        info = tarfile.TarInfo("pack/a.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    folder = utils.get_file("pack", packed.as_uri(), untar=True, cache_dir=str(tmp_path))
    assert Path(folder, "a.txt").read_bytes() == b"abc"
    zipped = tmp_path / "z.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("b.txt", "def")
    path = utils.get_file("z.zip", zipped.as_uri(), extract=True, cache_subdir="other", cache_dir=str(tmp_path))
    assert path == str(tmp_path / "other" / "z.zip")
    assert (tmp_path / "other" / "b.txt").read_text() == "def"


# ---------------------------------------------------------------- queues


class Squares(utils.Sequence):
    def __init__(self, count=5):
        self.count, self.epochs = count, 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.array([index**2 + 100 * self.epochs])

    def on_epoch_end(self):
        self.epochs += 1


class Failing(Squares):
    def __getitem__(self, index):
        if index == 3:
            raise KeyError("three")
        return super().__getitem__(index)


def taken(enqueuer, count, **options):
    enqueuer.start(**options)
    batches = enqueuer.get()
    got = [int(next(batches)[0]) for _ in range(count)]
    assert enqueuer.is_running()
    enqueuer.stop()
    assert not enqueuer.is_running()
    return got


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_in_order_epoch_after_epoch(workers):
    assert [int(b[0]) for b in Squares()] == [0, 1, 4, 9, 16]
    got = taken(utils.OrderedEnqueuer(Squares()), 12, workers=workers, max_queue_size=3)
    assert got == [0, 1, 4, 9, 16, 100, 101, 104, 109, 116, 200, 201]


def test_epochs_may_be_shuffled():
    np.random.seed(0)
    got = taken(utils.OrderedEnqueuer(Squares(), shuffle=True), 5)
    assert sorted(got) == [0, 1, 4, 9, 16]
    assert got != [0, 1, 4, 9, 16]


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_workers_may_be_processes():
    assert taken(utils.OrderedEnqueuer(Squares(), use_multiprocessing=True), 6, workers=2) == [0, 1, 4, 9, 16, 100]


def test_generators_are_queued():
    enqueuer = utils.GeneratorEnqueuer(np.array([i]) for i in range(4))
    enqueuer.start(workers=2)
    assert [int(b[0]) for b in enqueuer.get()] == [0, 1, 2, 3]
    enqueuer.stop()


@pytest.mark.parametrize("kind", [utils.OrderedEnqueuer, utils.GeneratorEnqueuer])
def test_errors_of_workers_arrive(kind):
    failing = Failing()
    enqueuer = kind(failing if kind is utils.OrderedEnqueuer else (failing[i] for i in range(5)))
    enqueuer.start()
    with pytest.raises(KeyError, match="three"):
        list(enqueuer.get())
    enqueuer.stop()
    assert threading.active_count() < 10


# ---------------------------------------------------------------- progress


def shown(monkeypatch, run):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr("time.time", iter(np.arange(1000.0, 2000.0)).__next__)
    run()
    return stream.getvalue()


def test_bars_grow_and_show_means(monkeypatch):
    def run():
        bar = utils.Progbar(4, width=8, stateful_metrics=["best"])
        bar.update(1, [("loss", 1.0), ("best", 5.0)])
        bar.update(3, [("loss", 4.0), ("best", 7.0)])
        bar.add(1, [("loss", 0.0), ("best", 6.0)])

    lines = shown(monkeypatch, run).split("\r")
    assert lines[1].endswith(54 * "\b")
    assert [line.rstrip("\b") for line in lines] == [
        "",
        "1/4 [=>......] - ETA: 3s - loss: 1.0000 - best: 5.0000",
        "3/4 [=====>..] - ETA: 0s - loss: 3.0000 - best: 7.0000",
        "4/4 [========] - 3s 750ms/step - loss: 2.2500 - best: 6.0000\n",
    ]


def test_progress_of_unknown_length_and_in_one_line(monkeypatch):
    def unknown():
        utils.Progbar(None).update(12, [("loss", 1e-5)])

    assert shown(monkeypatch, unknown) == "\r     12/Unknown - 1s 83ms/step - loss: 1.0000e-05"

    def line():
        bar = utils.Progbar(2, verbose=2)
        bar.update(1, [("loss", 1.0)])
        bar.update(2, [("loss", 2.0)])

    assert shown(monkeypatch, line) == "2/2 - 2s - loss: 1.5000\n"


# ---------------------------------------------------------------- models


def test_sources_of_tensors():
    tf.keras.backend.clear_session()
    first, second = tf.keras.Input((2,)), tf.keras.Input((2,))
    both = tf.keras.layers.concatenate([tf.keras.layers.Dense(3)(first), second])
    out = tf.keras.layers.Dense(1)(both)
    assert utils.get_source_inputs(out) == [first, second]
    assert utils.get_source_inputs(first) == [first]
    plain = tf.constant(1.0)
    assert utils.get_source_inputs(plain) is plain
    tf.keras.backend.clear_session()


def test_kernels_are_turned():
    tf.keras.backend.clear_session()
    model = tf.keras.Sequential([tf.keras.layers.Conv2D(1, 2, input_shape=(3, 3, 1))])
    layer = model.layers[0]
    layer.set_weights([np.arange(4.0).reshape(2, 2, 1, 1), np.zeros(1)])
    utils.convert_all_kernels_in_model(model)
    assert layer.get_weights()[0].ravel().tolist() == [3.0, 2.0, 1.0, 0.0]
    with pytest.raises(ValueError, match="several GPUs"):
        utils.multi_gpu_model(model, 2)
    tf.keras.backend.clear_session()


def test_hdf5_datasets_need_h5py(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = str(tmp_path / "data.h5")
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(20).reshape(10, 2)
    matrix = utils.HDF5Matrix(path, "x", start=2, end=8, normalizer=lambda x: x * 2.0)
    assert (len(matrix), matrix.shape, matrix.ndim, matrix.size, matrix.dtype) == (6, (6, 2), 2, 12, np.float64)
    assert matrix[1:3].tolist() == [[12.0, 14.0], [16.0, 18.0]]
    assert matrix[[3, 0, 3]].tolist() == [[20.0, 22.0], [8.0, 10.0], [20.0, 22.0]]
    with pytest.raises(IndexError):
        matrix[6]
