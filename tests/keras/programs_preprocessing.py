"""Programs of tf.keras.preprocessing and tf.keras.utils that need no graph: sequences, texts, labels."""

import random

import numpy as np

TEXTS = ["The cat sat on the mat.", "The dog, the dog! and the cat;", "A\tbird\nin the hand", "cat cat"]


def labels(tf):
    u = tf.keras.utils
    return [
        u.to_categorical([0, 2, 1]),
        u.to_categorical(np.array([[1], [3]]), 5),
        u.to_categorical([[1, 0], [2, 1]], dtype="int32"),
        u.to_categorical(2, 4),
        u.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])),
        u.normalize(np.array([[3.0, 4.0], [1.0, 1.0]]), axis=0, order=1),
    ]


def padding(tf):
    pad = tf.keras.preprocessing.sequence.pad_sequences
    rows = [[1, 2, 3], [4], [], [5, 6, 7, 8, 9]]
    return [
        pad(rows),
        pad(rows, maxlen=3),
        pad(rows, maxlen=3, truncating="post", padding="post", value=-1),
        pad(rows, maxlen=7, dtype="float32", value=0.5),
        pad([np.ones((2, 3)), np.zeros((4, 3))], maxlen=3, dtype="float32"),
        pad([["a"], ["b", "c"]], dtype=object, value="").tolist(),
        pad([[1], [2]]).dtype.name,
    ]


def padding_refused(tf):
    return tf.keras.preprocessing.sequence.pad_sequences([1, 2])


def padding_of_another_kind(tf):
    return tf.keras.preprocessing.sequence.pad_sequences([[1]], padding="middle")


def sampling_table(tf):
    return tf.keras.preprocessing.sequence.make_sampling_table(12, 1e-3)


def skipgrams(tf):
    random.seed(5)
    pairs = tf.keras.preprocessing.sequence.skipgrams
    table = tf.keras.preprocessing.sequence.make_sampling_table(10, 1e-1)
    return [
        pairs([1, 2, 3, 0, 4, 5], 10, window_size=2, shuffle=False, negative_samples=0),
        pairs([1, 2, 3, 0, 4, 5], 10, window_size=1, seed=3),
        pairs([1, 2, 3, 4, 5], 10, window_size=1, categorical=True, negative_samples=0.5),
        pairs([1, 2, 3, 4, 5, 6, 7, 8], 10, sampling_table=table, window_size=1),
    ]


def time_series(tf):
    kind = tf.keras.preprocessing.sequence.TimeseriesGenerator
    data = np.arange(20).reshape(20, 1)
    first = kind(data, data * 10, length=4, sampling_rate=2, batch_size=3)
    second = kind(data, data, 3, stride=2, start_index=2, end_index=15, reverse=True, batch_size=2)
    np.random.seed(4)
    third = kind(data, data, 3, shuffle=True, batch_size=4)
    config = kind([1, 2, 3, 4], [1, 2, 3, 4], 2).get_config()
    return [len(first), first[0], first[len(first) - 1], len(second), second[1], third[0], config]


def time_series_refused(tf):
    return tf.keras.preprocessing.sequence.TimeseriesGenerator([1, 2], [1, 2], 5)


def words(tf):
    text = tf.keras.preprocessing.text
    return [
        text.text_to_word_sequence(TEXTS[1]),
        text.text_to_word_sequence("A-b,c", filters=",", lower=False),
        text.text_to_word_sequence("a::b:c", filters="", split="::"),
        text.hashing_trick(TEXTS[0], 50, "md5"),
        text.hashing_trick(TEXTS[0], 7, len),
    ]


def tokenizer(tf):
    made = tf.keras.preprocessing.text.Tokenizer()
    made.fit_on_texts(TEXTS)
    modes = [made.texts_to_matrix(TEXTS + ["nothing known"], mode=m) for m in ("binary", "count", "freq", "tfidf")]
    return [
        made.word_index,
        sorted(made.word_docs.items()),
        list(made.word_counts.items()),
        made.document_count,
        made.texts_to_sequences(TEXTS + ["nothing known of a cat"]),
        made.sequences_to_texts([[1, 2], [99, 3]]),
        modes,
    ]


def tokenizer_with_limits(tf):
    made = tf.keras.preprocessing.text.Tokenizer(num_words=5, oov_token="<oov>", lower=False)
    made.fit_on_texts(TEXTS)
    sequences = made.texts_to_sequences(TEXTS + ["nothing known"])
    return [made.word_index, sequences, made.sequences_to_texts(sequences), made.sequences_to_matrix(sequences)]


def tokenizer_of_characters(tf):
    made = tf.keras.preprocessing.text.Tokenizer(char_level=True)
    made.fit_on_texts(["abca", "bcb"])
    return [made.word_index, made.texts_to_sequences(["cab", "xa"])]


def tokenizer_of_lists_and_sequences(tf):
    made = tf.keras.preprocessing.text.Tokenizer(num_words=6)
    made.fit_on_sequences([[1, 2, 2], [3, 7]])
    listed = tf.keras.preprocessing.text.Tokenizer()
    listed.fit_on_texts([["A", "b"], ["b", "c"]])
    return [made.sequences_to_matrix([[1, 2, 2], [3, 7]], "tfidf"), listed.word_index]


def tokenizer_read_again(tf):
    text = tf.keras.preprocessing.text
    made = text.Tokenizer(num_words=8)
    made.fit_on_texts(TEXTS)
    read = text.tokenizer_from_json(made.to_json())
    return [read.texts_to_sequences(TEXTS), read.num_words, read.document_count, sorted(read.get_config())]


def tokenizer_without_data(tf):
    return tf.keras.preprocessing.text.Tokenizer().sequences_to_matrix([[1]])
