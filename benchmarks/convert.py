"""Time and peak memory of converting a frozen graph of ResNet-50's shape (25.6 million weights) to ONNX.

    python benchmarks/convert.py                                 tfcompat alone
    python benchmarks/convert.py --peer PYTHON                   against tf2onnx, in a Python that has it
    python benchmarks/convert.py --graph frozen.pb --outputs y:0 on another graph

Each converter runs in a process of its own, in turn; times are the smallest of the rounds, imports included.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))


def write_graph(path: pathlib.Path) -> None:
    """Writes the frozen graph: an image of 224 by 224, convolutions with batch normalization, 1000 class scores."""
    sys.path.insert(0, str(ROOT))
    import tfcompat.compat.v1 as tf

    random = np.random.RandomState(0)

    def conv(x, channels, size, stride=1, relu=True):
        w = random.standard_normal((size, size, int(x.shape[-1]), channels)).astype(np.float32) * 0.05
        x = tf.nn.conv2d(x, w, stride, "SAME")
        scale, offset, mean = (random.uniform(0.5, 1.5, channels).astype(np.float32) for _ in range(3))
        x = tf.nn.fused_batch_norm(x, scale, offset, mean, scale, is_training=False)[0]
        return tf.nn.relu(x) if relu else x

    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 224, 224, 3], name="x")
        y = tf.nn.max_pool(conv(x, 64, 7, 2), 3, 2, "SAME")
        for stage, (channels, count) in enumerate(STAGES):
            for block in range(count):
                stride = 2 if block == 0 and stage else 1
                short = conv(y, 4 * channels, 1, stride, relu=False) if block == 0 else y
                inner = conv(conv(y, channels, 1), channels, 3, stride)
                y = tf.nn.relu(conv(inner, 4 * channels, 1, relu=False) + short)
        w = random.standard_normal((2048, 1000)).astype(np.float32) * 0.02
        tf.nn.softmax(tf.matmul(tf.reduce_mean(y, [1, 2]), w), name="scores")
    path.write_bytes(graph.as_graph_def().SerializeToString())


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """(seconds, megabytes at the peak) of a command; RuntimeError when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output[-2000:]}")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="a Python with tf2onnx and TensorFlow")
    parser.add_argument("--graph", metavar="PB", help="a frozen graph; by default one is made")
    parser.add_argument("--inputs", default="x:0")
    parser.add_argument("--outputs", default="scores:0")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        graph = pathlib.Path(args.graph) if args.graph else pathlib.Path(folder) / "graph.pb"
        if args.graph is None:
            write_graph(graph)
        options = ["--inputs", args.inputs, "--outputs", args.outputs]
        here = [sys.executable, "-m", "tfcompat", "convert", str(graph), "-q", "-o", f"{folder}/a.onnx", *options]
        there = [args.peer, "-m", "tf2onnx.convert", "--graphdef", str(graph), "--output", f"{folder}/b.onnx", *options]
        runs = {"tfcompat": (here, {"PYTHONPATH": str(ROOT)})}
        if args.peer:
            runs["tf2onnx"] = (there, {"PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"})
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(args.rounds):
            for name, (command, environment) in runs.items():
                found[name].append(measured(command, environment))
        print(f"{graph.name}: {graph.stat().st_size / 1e6:.1f} MB, smallest of {args.rounds} rounds")
        best = {name: tuple(map(min, zip(*rounds, strict=True))) for name, rounds in found.items()}
        for name, (seconds, megabytes) in best.items():
            print(f"  {name:9s} {seconds:7.2f} s  {megabytes:7.0f} MB")
        if args.peer:
            ratios = [a / b for a, b in zip(best["tf2onnx"], best["tfcompat"], strict=True)]
            print(f"  {ratios[0]:.2f} times the speed, {ratios[1]:.2f} times less memory")


if __name__ == "__main__":
    main()
