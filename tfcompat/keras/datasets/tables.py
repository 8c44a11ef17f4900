"""Texts as numbers of words (IMDB, Reuters), and Boston's houses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.datasets.images import KERAS, Pairs
from tfcompat.keras.utils.downloads import get_file
from tfcompat.platform import logging

_HASHES = {
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "bfafd718b763782e994055a2d397834f",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "4d44cc38712099c9e383dc6e5f11a921",
    "boston_housing.npz": "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
}


def _file(path: str, name: str) -> str:
    return get_file(path, origin=KERAS + name, file_hash=_HASHES[name])


@tf_export("keras.datasets.imdb.load_data")
def load_imdb(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> Pairs:
    """Reviews of films as lists of numbers of words, the most frequent word first, and whether they are good.

    Args:
        path: name of the file below ~/.keras/datasets, or an absolute path.
        num_words: numbers from this one on become `oov_char`; None for none.
        skip_top: numbers below this one become `oov_char`.
        maxlen: longer reviews are left out.
        seed: of the order.
        start_char: what each review begins with.
        oov_char: what left out words become; None to take them out.
        index_from: what is added to the numbers of words.
        kwargs: `nb_words`, an older name of `num_words`.

    Returns:
        ((25000 reviews for training, 1 for good and 0 for bad), (25000 for testing, the same)).

    Raises:
        ValueError: no review is short enough.
    """
    num_words = _old_name(num_words, kwargs)
    with np.load(_file(path, "imdb.npz"), allow_pickle=True) as held:
        x_train, y_train, x_test, y_test = (held[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    random = np.random.RandomState(seed)
    parts = []
    for x, y in ((x_train, y_train), (x_test, y_test)):
        order = np.arange(len(x))
        random.shuffle(order)
        parts.append((x[order], y[order]))
    (x_train, y_train), (x_test, y_test) = parts
    xs, labels = _numbered(
        np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test]), num_words, skip_top, maxlen, start_char,
        oov_char, index_from,
    )  # fmt: skip
    count = len(x_train)
    return (
        (_ragged(xs[:count]), np.array(labels[:count])),
        (_ragged(xs[count:]), np.array(labels[count:])),
    )


@tf_export("keras.datasets.imdb.get_word_index")
def imdb_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Word -> its number in `imdb.load_data`, before `index_from` is added."""
    with open(_file(path, "imdb_word_index.json")) as stream:
        return json.load(stream)  # type: ignore[no-any-return]


@tf_export("keras.datasets.reuters.load_data")
def load_reuters(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> Pairs:
    """Newswires as lists of numbers of words and their topics, of 46; arguments as of `imdb.load_data`.

    Args:
        path: see there.
        num_words: see there.
        skip_top: see there.
        maxlen: see there.
        test_split: share that is for testing.
        seed: see there.
        start_char: see there.
        oov_char: see there.
        index_from: see there.
        kwargs: see there.
    """
    num_words = _old_name(num_words, kwargs)
    with np.load(_file(path, "reuters.npz"), allow_pickle=True) as held:
        xs, labels = held["x"], held["y"]
    order = np.arange(len(xs))
    np.random.RandomState(seed).shuffle(order)
    xs, labels = _numbered(xs[order], labels[order], num_words, skip_top, maxlen, start_char, oov_char, index_from)
    count = int(len(xs) * (1 - test_split))
    return (
        (_ragged(xs[:count]), np.array(labels[:count])),
        (_ragged(xs[count:]), np.array(labels[count:])),
    )


@tf_export("keras.datasets.reuters.get_word_index")
def reuters_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Word -> its number in `reuters.load_data`, before `index_from` is added."""
    with open(_file(path, "reuters_word_index.json")) as stream:
        return json.load(stream)  # type: ignore[no-any-return]


@tf_export("keras.datasets.boston_housing.load_data")
def load_boston_housing(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Pairs:
    """Thirteen features of parts of Boston, and median prices of houses there in thousands of dollars.

    Args:
        path: name of the file below ~/.keras/datasets, or an absolute path.
        test_split: share that is for testing.
        seed: of the order.
    """
    assert 0 <= test_split < 1
    with np.load(_file(path, "boston_housing.npz"), allow_pickle=True) as held:
        x, y = held["x"], held["y"]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    count = int(len(x) * (1 - test_split))
    return (np.array(x[:count]), np.array(y[:count])), (np.array(x[count:]), np.array(y[count:]))


def _old_name(num_words: int | None, kwargs: dict[str, Any]) -> int | None:
    if "nb_words" in kwargs:
        logging.warning("The `nb_words` argument in `load_data` has been renamed `num_words`.")
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
    return num_words


def _numbered(
    xs: Any,
    labels: Any,
    num_words: int | None,
    skip_top: int,
    maxlen: int | None,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> tuple[list[list[int]], list[Any]]:
    """Lists of numbers as the arguments of `load_data` say, and their labels."""
    if start_char is not None:
        texts = [[start_char, *(w + index_from for w in x)] for x in xs]
    else:
        texts = [[w + (index_from or 0) for w in x] for x in xs]
    kept = list(labels)
    if maxlen:
        pairs = [(x, y) for x, y in zip(texts, kept, strict=True) if len(x) < maxlen]
        if not pairs:
            raise ValueError(
                f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
            )
        texts, kept = [x for x, _ in pairs], [y for _, y in pairs]
    bound = num_words or max(max(x) for x in texts)
    if oov_char is not None:
        return [[w if skip_top <= w < bound else oov_char for w in x] for x in texts], kept
    return [[w for w in x if skip_top <= w < bound] for x in texts], kept


def _ragged(rows: list[list[int]]) -> np.ndarray:
    made = np.empty(len(rows), object)
    made[:] = rows
    return made
