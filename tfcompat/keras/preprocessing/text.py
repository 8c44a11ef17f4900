"""`tf.keras.preprocessing.text`: words as numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Characters that are no part of words by default."""


@tf_export("keras.preprocessing.text.text_to_word_sequence")
def text_to_word_sequence(text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    Args:
        text: the text.
        filters: characters that separate words as `split` does.
        lower: whether words are put in lower case.
        split: what is between words.
    """
    text = text.lower() if lower else text
    if len(split) == 1:
        text = text.translate(str.maketrans(filters, split * len(filters)))
    else:
        for character in filters:
            text = text.replace(character, split)
    return [word for word in text.split(split) if word]


@tf_export("keras.preprocessing.text.one_hot")
def one_hot(
    input_text: str, n: int, filters: str = FILTERS, lower: bool = True, split: str = " ", analyzer: Any = None
) -> list[int]:
    """Numbers from 1 to n - 1 for the words of a text, by Python's `hash`; see `hashing_trick`."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


@tf_export("keras.preprocessing.text.hashing_trick")
def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Numbers from 1 to n - 1 for the words of a text; different words may have one number.

    Args:
        text: the text.
        n: how many numbers there are, 0 among them.
        hash_function: function of a word, "md5", or None for Python's `hash`, which changes from run to run.
        filters: see `text_to_word_sequence`.
        lower: see `text_to_word_sequence`.
        split: see `text_to_word_sequence`.
        analyzer: function that gives the words of a text in place of that one.
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


@tf_export("keras.preprocessing.text.Tokenizer")
class Tokenizer:
    """Numbers words by how often they occur, from 1 on.

    Args:
        num_words: numbers from this one on are left out; None for none.
        filters: see `text_to_word_sequence`.
        lower: whether texts are put in lower case.
        split: see `text_to_word_sequence`.
        char_level: whether characters are words.
        oov_token: word 1, which stands for those that are not known; None to leave them out.
        analyzer: function that gives the words of a text.
        kwargs: `nb_words`, an older name of `num_words`; `document_count`, to begin with.

    Attributes:
        word_counts: word -> how often it occurred.
        word_docs: word -> in how many texts.
        word_index: word -> number.
        index_word: number -> word.
        index_docs: number -> in how many texts.
        document_count: how many texts there were.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ):
        num_words = kwargs.pop("nb_words", num_words)
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> Any:
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [word.lower() for word in text] if isinstance(text, list) else text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts words and numbers them anew.

        Args:
            texts: texts, or lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        by_count = sorted(self.word_counts.items(), key=lambda item: item[1], reverse=True)
        known = ([] if self.oov_token is None else [self.oov_token]) + [word for word, _ in by_count]
        self.word_index = {word: number for number, word in enumerate(known, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Counts in how many of `sequences` each number occurs, for a tokenizer without texts."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text; words that have none are left out or become the unknown one."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """The same as `texts_to_sequences`, one after the other.

        Yields:
            The numbers of a text.
        """
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        for text in texts:
            numbers = (self.word_index.get(word) for word in self._words(text))
            kept = (n if n is not None and (not self.num_words or n < self.num_words) else unknown for n in numbers)
            yield [n for n in kept if n is not None]

    def sequences_to_texts(self, sequences: Iterable[Any]) -> list[str]:
        """The words of the numbers of each sequence, with spaces between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Any]) -> Iterator[str]:
        """The same as `sequences_to_texts`, one after the other.

        Yields:
            The words of a sequence.
        """
        unknown = None if self.oov_token is None else self.index_word.get(self.word_index.get(self.oov_token, 0))
        for sequence in sequences:
            words = []
            for number in sequence:
                word = self.index_word.get(number)
                is_known = word is not None and (not self.num_words or number < self.num_words)
                words.append(word if is_known else unknown)
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """A row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """A row for each sequence, a column for each number.

        Args:
            sequences: lists of numbers.
            mode: "binary" (1 for those that occur), "count", "freq" (share of the sequence), or "tfidf" ((1 +
                log(count)) * log(1 + texts / (1 + texts with it))).

        Raises:
            ValueError: another mode, or sizes or counts of texts are not known.
        """
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError("Unknown vectorization mode:", mode)
        size = self.num_words or len(self.word_index) + 1
        made = np.zeros((len(sequences), size))
        for row, sequence in zip(made, sequences, strict=True):
            for number, count in Counter(n for n in sequence if n < size).items():
                row[number] = self._entry(mode, number, count, len(sequence))
        return made

    def _entry(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "binary":
            return 1.0
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        texts = self.document_count / (1 + self.index_docs.get(number, 0))
        return float((1 + np.log(count)) * np.log(1 + texts))

    def get_config(self) -> dict[str, Any]:
        """The arguments and what was counted, the tables as texts of JSON."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: json.dumps(getattr(self, name)) for name in tables},
        }

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as a text of JSON; `kwargs` are those of `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


@tf_export("keras.preprocessing.text.tokenizer_from_json")
def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `Tokenizer.to_json` wrote."""
    config = json.loads(json_string)["config"]
    tables = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    made = Tokenizer(**config)
    made.word_counts, made.word_docs = OrderedDict(tables["word_counts"]), tables["word_docs"]
    made.index_docs = {int(k): v for k, v in tables["index_docs"].items()}
    made.index_word = {int(k): v for k, v in tables["index_word"].items()}
    made.word_index = tables["word_index"]
    return made
