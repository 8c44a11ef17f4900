"""Records the script of every code point, as the reference names it (numbers of ICU's UScriptCode).

    path/to/tensorflow/bin/python scripts/record_unicode_scripts.py

Writes tfcompat/kernels/unicode_scripts.jsonl: a line for each script with its ranges, both ends included.
"""

import argparse
import json
import pathlib

import numpy as np
import tensorflow.compat.v1 as tf

PAGE = pathlib.Path(__file__).parent.parent / "tfcompat" / "kernels" / "unicode_scripts.jsonl"
LAST = 0x10FFFF


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tf.Graph().as_default(), tf.Session() as session:
        scripts = session.run(tf.strings.unicode_script(np.arange(LAST + 1, dtype=np.int32)))
    starts = np.append(0, np.flatnonzero(np.diff(scripts)) + 1)
    ends = np.append(starts[1:] - 1, LAST)
    ranges: dict[int, list[list[int]]] = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        ranges.setdefault(int(scripts[start]), []).append([start, end])
    lines = (
        json.dumps({"script": script, "ranges": ranges[script]}, separators=(",", ":")) for script in sorted(ranges)
    )
    PAGE.write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
