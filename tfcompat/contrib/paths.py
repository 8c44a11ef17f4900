"""Paths of modules inside tf.contrib from which programs import recurrent networks."""

from __future__ import annotations

from tfcompat.contrib import crf
from tfcompat.contrib.legacy_seq2seq import decoders as legacy_decoders
from tfcompat.contrib.legacy_seq2seq import losses, models
from tfcompat.contrib.rnn import block, conv_lstm, fused, gated, lstm_variants, names, projections
from tfcompat.contrib.seq2seq import attention_wrapper, beam_search, decoders, helpers, loss, scheduled
from tfcompat.graph.export import PUBLIC, export_internal

_LOADED = (crf, legacy_decoders, losses, models, block, conv_lstm, fused, gated, lstm_variants, names, projections,
           attention_wrapper, beam_search, decoders, helpers, loss, scheduled)  # fmt: skip
_MODULES = {
    "crf": ("crf",),
    "legacy_seq2seq": ("seq2seq",),
    "rnn": ("core_rnn_cell", "fused_rnn_cell", "gru_ops", "lstm_ops", "rnn", "rnn_cell"),
    "seq2seq": ("attention_wrapper", "basic_decoder", "beam_search_decoder", "beam_search_ops", "decoder", "helper",
                "loss"),
}  # fmt: skip

for _family, _modules in _MODULES.items():
    for _name in list(PUBLIC):
        if _name.startswith(f"contrib.{_family}."):
            for _module in _modules:
                export_internal(f"contrib.{_family}.python.ops.{_module}.{_name.rpartition('.')[2]}", PUBLIC[_name])
