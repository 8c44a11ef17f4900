"""Pixels and samples as files: PNG images and WAV sounds.

Sources: the PNG specification (zlib-compressed rows, each after its filter byte) and the RIFF/WAVE format.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def encode_png(pixels: np.ndarray, compression: int = -1) -> bytes:
    """`pixels`, uint8 or uint16 of shape [height, width, channels] with 1 to 4 channels, as a PNG file."""
    height, width, channels = pixels.shape
    depth = pixels.dtype.itemsize
    rows = np.ascontiguousarray(pixels.astype(f">u{depth}")).view(np.uint8).reshape(height, width * channels * depth)
    filtered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8 * depth, _COLOR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered, compression)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def encode_wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """`samples`, float32 in [-1, 1) of shape [frames, channels], as a WAV file of 16 bits."""
    _, channels = samples.shape
    scaled = samples.astype(np.float32) * np.float32(32768)
    rounded = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    data = np.clip(rounded, -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * channels * 2, channels * 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body
