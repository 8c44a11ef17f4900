"""Converts a model in TensorFlow's files to ONNX; the same as `tfcompat convert`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from tfcompat.cli import main

if __name__ == "__main__":
    sys.exit(main(["convert", *sys.argv[1:]]))
