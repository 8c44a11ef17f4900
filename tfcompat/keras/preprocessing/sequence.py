"""`tf.keras.preprocessing.sequence`: sequences of one length, windows of time series, pairs of neighbours."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.utils import sequence as base

_ENDS = ("pre", "post")


@tf_export("keras.preprocessing.sequence.pad_sequences", "keras.utils.pad_sequences")
def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences as rows of an array.

    Args:
        sequences: lists or arrays whose elements have one shape.
        maxlen: length of the rows; the greatest length when None.
        dtype: type of the result; `object` for strings of different lengths.
        padding: "pre" or "post", where `value` is put.
        truncating: "pre" or "post", where longer sequences lose elements.
        value: what shorter sequences are filled with.

    Raises:
        ValueError: elements of different shapes, or an argument is none of these.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence}")
    if truncating not in _ENDS:
        raise ValueError(f'Truncating type "{truncating}" not understood')
    if padding not in _ENDS:
        raise ValueError(f'Padding type "{padding}" not understood')
    filled = [s for s in sequences if len(s)]
    shape = np.asarray(filled[0]).shape[1:] if filled else ()
    length = max((len(s) for s in sequences), default=0) if maxlen is None else maxlen
    is_text = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\nYou should set `dtype=object` for "
            "variable length strings."
        )
    made = np.full((len(sequences), length, *shape), value, dtype=dtype)
    for row, sequence in zip(made, sequences, strict=True):
        if not len(sequence):
            continue
        kept = np.asarray(sequence[-length:] if truncating == "pre" else sequence[:length], dtype=dtype)
        if kept.shape[1:] != shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {len(made)} is different from expected "
                f"shape {shape}"
            )
        if padding == "post":
            row[: len(kept)] = kept
        else:
            row[-len(kept) :] = kept
    return made


@tf_export("keras.preprocessing.sequence.make_sampling_table")
def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """Probabilities with which words are kept, by their rank, when frequencies follow Zipf's law.

    min(1, sqrt(f) / f) with f = frequency / sampling_factor, the frequency of rank r about 1 / (r * (log(r) + 0.577) +
    0.5 - 1 / (12 * r)).

    Args:
        size: how many words there are.
        sampling_factor: the frequency from which on words are left out.
    """
    rank = np.arange(size)
    rank[0] = 1
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    share = sampling_factor * inverse
    return np.minimum(1.0, share / np.sqrt(share))  # type: ignore[no-any-return]


@tf_export("keras.preprocessing.sequence.skipgrams")
def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words: neighbours, labelled 1, and random ones, labelled 0.

    Args:
        sequence: numbers of words; 0 is none.
        vocabulary_size: numbers are below it.
        window_size: how far neighbours are apart at most.
        negative_samples: how many random pairs there are for each true one.
        shuffle: whether pairs are put in random order.
        categorical: whether labels are [0, 1] and [1, 0].
        sampling_table: probabilities with which words are kept.
        seed: of the order; drawn from Python's global generator when None.

    Returns:
        (pairs, labels).
    """
    pairs: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or sampling_table is not None and sampling_table[word] < random.random():
            continue
        for j in range(max(0, i - window_size), min(len(sequence), i + window_size + 1)):
            if j != i and sequence[j]:
                pairs.append([word, sequence[j]])
    labels: list[Any] = [[0, 1] if categorical else 1] * len(pairs)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [pair[0] for pair in pairs]
        random.shuffle(words)
        pairs += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle:
        chosen = random.randint(0, 10_000_000) if seed is None else seed
        for part in (pairs, labels):
            random.seed(chosen)
            random.shuffle(part)
    return pairs, labels


@tf_export("keras.preprocessing.sequence.TimeseriesGenerator")
class TimeseriesGenerator(base.Sequence):
    """Batches of windows of a time series, each with the target of the step behind it.

    Args:
        data: the steps, an array or list.
        targets: one for each step.
        length: length of a window in steps of the data.
        sampling_rate: distance of the steps in a window.
        stride: distance of windows.
        start_index: first step that is used.
        end_index: last target that is used.
        shuffle: whether windows are drawn with numpy's global generator.
        reverse: whether steps in a window go backwards.
        batch_size: windows in a batch.

    Raises:
        ValueError: lengths differ, or nothing is left.
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ):
        if len(data) != len(targets):
            raise ValueError(
                f"Data and targets have to be of same length. Data length is {len(data)} while target length is "
                f"{len(targets)}"
            )
        self.data, self.targets = data, targets
        self.length, self.sampling_rate, self.stride = length, sampling_rate, stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, as no part of "
                "the sequence would be left to be used as current step."
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(windows, targets) of a batch."""
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        samples = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1, ...] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """The arguments, with data and targets as texts of JSON.

        Raises:
            TypeError: data or targets have no such text.
        """
        written = {}
        for name, value in (("data", self.data), ("targets", self.targets)):
            plain = value.tolist() if type(value).__module__ == np.__name__ else value
            try:
                written[name] = json.dumps(plain)
            except TypeError:
                raise TypeError(f"{name.capitalize()} not JSON Serializable: {value}") from None
        names = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        return {**written, **{name: getattr(self, name) for name in names}}

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as a text of JSON; `kwargs` are those of `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)
