"""Programs import recurrent networks from modules inside tf.contrib."""

import importlib

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph.export import INTERNAL


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("rnn.python.ops.core_rnn_cell.OutputProjectionWrapper", "rnn.OutputProjectionWrapper"),
        ("rnn.python.ops.rnn_cell.LayerNormBasicLSTMCell", "rnn.LayerNormBasicLSTMCell"),
        ("seq2seq.python.ops.attention_wrapper.AttentionWrapperState", "seq2seq.AttentionWrapperState"),
        ("seq2seq.python.ops.beam_search_decoder.BeamSearchDecoder", "seq2seq.BeamSearchDecoder"),
        ("legacy_seq2seq.python.ops.seq2seq.rnn_decoder", "legacy_seq2seq.rnn_decoder"),
        ("crf.python.ops.crf.crf_log_likelihood", "crf.crf_log_likelihood"),
    ],
)
def test_paths_lead_to_public_objects(path, public):
    found = tf.contrib
    for part in public.split("."):
        found = getattr(found, part)
    assert INTERNAL[f"contrib.{path}"] is found


def test_paths_of_the_core_lead_to_what_the_cells_use():
    cells = importlib.import_module("tfcompat.rnn.cell")
    assert INTERNAL["python.ops.rnn_cell_impl.assert_like_rnncell"] is cells.assert_like_cell
