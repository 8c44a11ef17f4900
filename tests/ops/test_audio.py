"""Rows of sounds: WAV files, spectrograms, cepstral coefficients."""

import io
import wave

import numpy as np

from tests.cases import Case, Const, arr, expr, f32, i32
from tests.runner import run_cases

OFF = {"unknown_rank": False, "grad": False}
SOUND = arr(np.sin(np.arange(600) ** 1.3 / 7).reshape(300, 2) * np.linspace(0, 1, 300)[:, None])


def wav(samples: np.ndarray, rate: int = 8000, width: int = 2) -> Const:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(samples.shape[1])
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(samples.astype(f"<i{width}").tobytes())
    return Const(np.array(file.getvalue(), object))


STEPS = np.arange(-5, 5).reshape(5, 2) * 4000
STEREO, DAMAGED = wav(STEPS), Const(wav(STEPS).value.item()[:50])

CASES = [
    *[Case("raw_ops.AudioSpectrogram", input=SOUND, window_size=size, stride=stride, magnitude_squared=squared, **OFF)
      for size, stride in ((64, 32), (50, 20), (301, 3)) for squared in (False, True)],
    Case("raw_ops.AudioSpectrogram", input=f32(40, 1) * 1e-4, window_size=16, stride=5, label="quiet", **OFF),
    *[expr(f"tf.raw_ops.Mfcc(spectrogram=tf.raw_ops.AudioSpectrogram(input=x, window_size=64, stride=32, "
           f"magnitude_squared=True), sample_rate=r{options})", x=SOUND, r=rate, label=label, **OFF)
      for options in ("", ", filterbank_channel_count=8, dct_coefficient_count=8",
                      ", lower_frequency_limit=0, upper_frequency_limit=9000")
      for label, rate in (("fed rate", i32(lo=8000, hi=8001)), ("constant rate", Const(np.array(16000, np.int32))))],
    Case("raw_ops.Mfcc", spectrogram=f32(1, 2, 9, lo=0, hi=2), sample_rate=np.int32(8000), dct_coefficient_count=50,
         raises="InvalidArgumentError", **OFF),
    Case("audio.decode_wav", STEREO, **OFF),
    *[Case("audio.decode_wav", STEREO, desired_channels=channels, desired_samples=count, **OFF)
      for channels, count in ((1, -1), (3, 7), (2, 2), (-1, 0))],
    Case("audio.decode_wav", wav(np.zeros((0, 1))), label="empty", **OFF),
    Case("audio.decode_wav", wav(STEPS, width=4), raises=("InvalidArgumentError", "Can only read 16-bit"), **OFF),
    Case("audio.decode_wav", Const(np.array(b"RIFX1234WAVE", object)), raises=("InvalidArgumentError", "Header mismat"),
         **OFF),
    Case("audio.decode_wav", DAMAGED, raises=("InvalidArgumentError", "Data too short"), **OFF),
    Case("audio.encode_wav", arr([[0.0, 1.0], [-1.0, 2.0], [0.3, -2.0], [1e-5, 2e-5]]), 44100, **OFF),
    expr("tf.audio.decode_wav(tf.audio.encode_wav(x, 8000))", x=SOUND, **OFF),
]  # fmt: skip

test_rows = run_cases("audio", CASES)


def test_programs_find_the_functions_under_their_old_modules():
    import tfcompat.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        from tfcompat.graph.export import INTERNAL

        spectrogram = INTERNAL["contrib.framework.python.ops.audio_ops.audio_spectrogram"](SOUND, 64, 32)
        assert session.run(spectrogram).shape == (2, 8, 33)
