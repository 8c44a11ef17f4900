"""tf.contrib.learn.preprocessing: words of documents as rows of numbers."""

from __future__ import annotations

import collections
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import export, export_internal, tf_export
from tfcompat.io.gfile import GFile

_PREPROCESSING = "contrib.learn.preprocessing"
_INNER = "contrib.learn.python.learn.preprocessing"

TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+")
"""A word: capitals, one part of a name in camel case, or letters, digits, hyphens and apostrophes."""

Tokenizer = Callable[[Iterable[Any]], Iterable[Iterable[Any]]]


@tf_export(f"{_PREPROCESSING}.tokenizer")
def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """Yields the list of the words (`TOKENIZER_RE`) of each text."""
    for text in iterator:
        yield TOKENIZER_RE.findall(text)


@tf_export(f"{_PREPROCESSING}.CategoricalVocabulary")
class CategoricalVocabulary:
    """Categories, usually words, and their numbers in the order in which they were first seen, from 1.

    Args:
        unknown_token: the category with number 0, for all that is not known.
        support_reverse: whether `reverse` finds categories by number.
    """

    # Programs read these attributes, and files of pickled objects from TensorFlow hold them by name.
    def __init__(self, unknown_token: Any = "<UNK>", support_reverse: bool = True):
        self._unknown_token = unknown_token
        self._mapping: dict[Any, int] = {unknown_token: 0}
        self._support_reverse = support_reverse
        if support_reverse:
            self._reverse_mapping: list[Any] = [unknown_token]
        self._freq: dict[Any, int] = collections.defaultdict(int)
        self._freeze = False

    def __len__(self) -> int:
        """How many categories there are, the unknown one included."""
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """Whether new categories are unknown from now on."""
        self._freeze = freeze

    def get(self, category: Any) -> int:
        """The number of a category. A new one gets the next number, or 0 in a frozen vocabulary."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Any, count: int = 1) -> None:
        """Counts `count` more occurrences of a category; the unknown one is not counted."""
        if self.get(category) > 0:
            self._freq[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keeps categories counted more than `min_frequency` times, numbered anew: frequent ones first, then by name.

        Args:
            min_frequency: categories with this count or less go.
            max_frequency: categories with this count or more go too; any count is kept when not positive.
        """
        ranked = sorted(sorted(self._freq.items()), key=lambda pair: pair[1], reverse=True)
        kept = [c for c, n in ranked if n > min_frequency and not 0 < max_frequency <= n]
        names = [self._unknown_token, *kept]
        self._mapping = {name: number for number, name in enumerate(names)}
        if self._support_reverse:
            self._reverse_mapping = names
        self._freq = collections.defaultdict(int, {name: self._freq[name] for name in kept})

    def reverse(self, class_id: int) -> Any:
        """The category with a number.

        Raises:
            ValueError: the vocabulary was made without `support_reverse`.
            IndexError: no category has that number.
        """
        if not self._support_reverse:
            raise ValueError("This vocabulary wasn't initialized with support_reverse to support reverse() function.")
        return self._reverse_mapping[class_id]


@tf_export(f"{_PREPROCESSING}.VocabularyProcessor")
class VocabularyProcessor:
    """Turns texts into rows of numbers of words, all of one length.

    Args:
        max_document_length: length of the rows; longer texts are cut, shorter ones end in zeros.
        min_frequency: words seen this often or less while fitting become unknown (0); 0 keeps every word.
        vocabulary: a `CategoricalVocabulary` to begin with; empty when not given.
        tokenizer_fn: from an iterable of texts to an iterable of lists of words; `tokenizer` when not given.
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Tokenizer | None = None,
    ):
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = vocabulary if vocabulary is not None and len(vocabulary) else CategoricalVocabulary()
        self._tokenizer: Tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[Any], unused_y: Any = None) -> VocabularyProcessor:
        """Adds the words of `raw_documents` to the vocabulary, drops rare ones, and freezes it. Returns `self`."""
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Iterable[Any], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform` of the same texts, which therefore must not be a generator."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents: Iterable[Any]) -> Iterator[np.ndarray]:
        """Yields an int64 array `[max_document_length]` for each text."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for place, word in zip(range(self.max_document_length), words, strict=False):
                row[place] = self.vocabulary_.get(word)
            yield row

    def reverse(self, documents: Iterable[Iterable[int]]) -> Iterator[str]:
        """Yields for each row of numbers its words with spaces between them."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename: str) -> None:
        """Writes this object to a file, as a pickle."""
        with GFile(filename, "wb") as stream:
            stream.write(pickle.dumps(self))

    @classmethod
    def restore(cls, filename: str) -> VocabularyProcessor:
        """Reads what `save` wrote, here or in TensorFlow. Pickles can run code: only for files that are trusted."""
        with GFile(filename, "rb") as stream:
            return _Reader(stream).load()  # type: ignore[no-any-return]


class _Reader(pickle.Unpickler):
    """Finds this file's objects under the names that TensorFlow's pickles have for them."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith(f"tensorflow.{_INNER}."):
            return globals()[name]
        return super().find_class(module, name)


export(f"{_PREPROCESSING}.TOKENIZER_RE", TOKENIZER_RE)
export_internal(f"{_INNER}.categorical_vocabulary.CategoricalVocabulary", CategoricalVocabulary)
for _object in (TOKENIZER_RE, tokenizer, VocabularyProcessor, CategoricalVocabulary):
    _name = getattr(_object, "__name__", "TOKENIZER_RE")
    export_internal(f"{_INNER}.text.{_name}", _object)


class ModeKeys:
    """What a model function of tf.contrib.learn is called for."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"


export("contrib.learn.ModeKeys", ModeKeys)
