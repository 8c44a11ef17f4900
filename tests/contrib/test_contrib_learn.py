"""tf.contrib.learn.preprocessing against what TensorFlow 1.15.5 answered."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph.export import INTERNAL

preprocessing = tf.contrib.learn.preprocessing
DOCUMENTS = [
    "It's an ABCTest of MixedCase words-joined, 42 words",
    "",
    "words of an of-f äöü",
    "HTMLParser of 12,5 NASA's",
]
# fmt: off
WORDS = ["It's", "an", "ABC", "Test", "of", "Mixed", "Case", "words-joined", "42", "words", "of-f", "äöü", "HTML",
         "Parser", "12", "5", "NASA", "'s"]
# fmt: on


def rows(processor, documents):
    return [row.tolist() for row in processor.transform(documents)]


def test_words_become_rows_of_numbers():
    processor = preprocessing.VocabularyProcessor(6)
    fitted = list(processor.fit_transform(DOCUMENTS))
    assert [row.tolist() for row in fitted] == [
        [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], [10, 5, 2, 11, 12, 0], [13, 14, 5, 15, 16, 17],
    ]  # fmt: skip
    assert {row.dtype for row in fitted} == {np.dtype(np.int64)}
    assert processor.vocabulary_._mapping == {w: i for i, w in enumerate(["<UNK>", *WORDS])}
    assert len(processor.vocabulary_) == 19
    assert rows(processor, ["words never seen of an"]) == [[10, 0, 0, 5, 2, 0]]
    assert list(processor.reverse([[1, 2, 0], [3]])) == ["It's an <UNK>", "ABC"]


def test_rare_words_are_unknown_after_fitting_and_files_keep_that(tmp_path):
    processor = preprocessing.VocabularyProcessor(4, min_frequency=1).fit(DOCUMENTS)
    assert processor.vocabulary_._mapping == {"<UNK>": 0, "of": 1, "an": 2, "words": 3}
    processor.save(str(tmp_path / "vocabulary"))
    restored = preprocessing.VocabularyProcessor.restore(str(tmp_path / "vocabulary"))
    assert rows(restored, DOCUMENTS) == [[0, 2, 0, 0], [0, 0, 0, 0], [3, 1, 2, 0], [0, 0, 1, 0]]


def test_files_from_tensorflow_are_read(tmp_path):
    inner = "tensorflow.contrib.learn.python.learn.preprocessing"
    written = "\n".join([
        f"(i{inner}.text", "VocabularyProcessor", "(dVmax_document_length", "I3", "sVmin_frequency", "I0",
        "sV_tokenizer", f"c{inner}.text", "tokenizer", "sVvocabulary_", f"(i{inner}.categorical_vocabulary",
        "CategoricalVocabulary", "(dV_mapping", "(dV<UNK>", "I0", "sVof", "I1", "ssV_freeze", "I01", "sbsb.",
    ])  # fmt: skip
    (tmp_path / "vocabulary").write_text(written)
    restored = preprocessing.VocabularyProcessor.restore(str(tmp_path / "vocabulary"))
    assert rows(restored, ["an of"]) == [[0, 1, 0]]


def test_tokens_come_from_a_function_of_the_program():
    processor = preprocessing.VocabularyProcessor(4, tokenizer_fn=lambda texts: (t.split() for t in texts))
    assert [row.tolist() for row in processor.fit_transform(["a-b c"])] == [[1, 2, 0, 0]]


def test_vocabularies_are_trimmed_and_frozen():
    vocabulary = preprocessing.CategoricalVocabulary()
    for category, count in [("b", 3), ("a", 3), ("c", 1), ("d", 9), ("<UNK>", 5)]:
        vocabulary.add(category, count)
    assert vocabulary._freq == {"b": 3, "a": 3, "c": 1, "d": 9}
    vocabulary.trim(1, 9)
    assert vocabulary._mapping == {"<UNK>": 0, "a": 1, "b": 2}
    assert vocabulary.get("new") == 3
    vocabulary.freeze()
    assert (vocabulary.get("other"), len(vocabulary)) == (0, 4)
    vocabulary.freeze(False)
    assert (vocabulary.get("other"), vocabulary.reverse(4)) == (4, "other")
    with pytest.raises(IndexError):
        vocabulary.reverse(5)
    with pytest.raises(ValueError, match="wasn't initialized with support_reverse"):
        preprocessing.CategoricalVocabulary("?", support_reverse=False).reverse(0)


def test_modules_inside_lead_to_the_same_objects():
    inner = "contrib.learn.python.learn.preprocessing"
    assert INTERNAL[f"{inner}.text.VocabularyProcessor"] is preprocessing.VocabularyProcessor
    assert INTERNAL[f"{inner}.categorical_vocabulary.CategoricalVocabulary"] is preprocessing.CategoricalVocabulary


def test_modes_have_their_old_names():
    keys = tf.contrib.learn.ModeKeys
    assert (keys.TRAIN, keys.EVAL, keys.INFER) == ("train", "eval", "infer")
