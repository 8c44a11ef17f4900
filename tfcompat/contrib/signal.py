"""`tf.contrib.signal`: older names of `tf.signal`."""

from __future__ import annotations

from tfcompat.graph.export import export
from tfcompat.ops import signal_cosine, signal_frames, signal_windows

_NAMES = {
    signal_cosine: ("linear_to_mel_weight_matrix", "mfccs_from_log_mel_spectrograms"),
    signal_frames: ("frame", "inverse_stft", "inverse_stft_window_fn", "overlap_and_add", "stft"),
    signal_windows: ("hamming_window", "hann_window"),
}

for _module, _functions in _NAMES.items():
    for _name in _functions:
        export(f"contrib.signal.{_name}", getattr(_module, _name))
