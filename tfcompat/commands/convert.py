"""`tfcompat convert`: a model in TensorFlow's files as an ONNX file.

    tfcompat convert frozen.pb --output model.onnx
    tfcompat convert saved_model_directory --signature_def serving_default --verify
    tfcompat convert model.ckpt.meta --inputs x:0[1,224,224,3] --outputs logits:0

What kind of file it is follows from the path: a frozen GraphDef (.pb, .pbtxt), the directory of a SavedModel, a
checkpoint with its .meta file. Inputs and outputs are those of the signature; without one they are guessed and shown.

Exit codes: 0 done, 1 the model cannot be converted, 2 wrong usage or unreadable input, 3 the file's results differ.
"""

from __future__ import annotations

import argparse
import os

from tfcompat.commands import check_target, fail

HELP = "convert a frozen graph, SavedModel or checkpoint to an ONNX file"

_NOT_TAKEN = {
    "keras": "Keras files are not read: load the model with tf.keras.models.load_model and export its outputs, or save "
    "it as a SavedModel.",
    "tflite": "TensorFlow Lite files are not read: convert the model they were made from.",
    "tfjs": "Files of TensorFlow.js are not read: convert the model they were made from.",
    "concrete_function": "Choose a function by the name of its signature, --signature_def; those without one are not "
    "reachable in a graph of TensorFlow 1.",
    "custom_ops": "Custom operators are not written: name an earlier output with --outputs.",
    "load_op_libraries": "Libraries of operators are never loaded.",
    "extra_opset": "Models use the standard operators only.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="file or directory")
    source = parser.add_argument_group("the model, as tf2onnx spells it")
    source.add_argument("--graphdef", "--input", dest="graphdef", metavar="FILE", help="same as MODEL")
    source.add_argument("--saved-model", dest="saved_model", metavar="DIRECTORY", help="same as MODEL")
    source.add_argument("--checkpoint", metavar="FILE", help="same as MODEL: checkpoint or its .meta file")
    add("--tag", help="tags of a SavedModel's meta graph, separated by commas (default: serve, or the only one)")
    add("--signature_def", "--signature-def", metavar="NAME", help="signature to convert (default: serving_default)")
    add("--inputs", metavar="NAMES", help="inputs, separated by commas, with shapes where wanted: x:0[1,224,224,3]")
    add("--outputs", metavar="NAMES", help="outputs, separated by commas")
    add("--output", "-o", metavar="FILE", help="file to write (default: MODEL's name with .onnx)")
    add("--opset", type=int, metavar="N", help="ONNX opset of the file (default: the one with the most kernels)")
    add("--rename-inputs", metavar="NAMES", help="new names of the inputs, in their order")
    add("--rename-outputs", metavar="NAMES", help="new names of the outputs, in their order")
    add("--use-graph-names", action="store_true", help="name inputs and outputs like tensors, not as in the signature")
    add("--inputs-as-nchw", metavar="NAMES", default="", help="inputs that the file takes with channels first")
    add("--outputs-as-nchw", metavar="NAMES", default="", help="outputs that the file gives with channels first")
    add("--ignore_default", metavar="NAMES", default="", help="placeholders with defaults that become inputs")
    add("--use_default", metavar="NAMES", default="", help="accepted: placeholders with defaults have these")
    add("--large_model", action="store_true", help="keep the weights in a file beside the model")
    add("--dequantize", action="store_true", help="leave out simulated quantization")
    add("--strict", action="store_true", help="keep checks, NaN and long sums as sessions have them, for more nodes")
    add("--verify", nargs="?", const="", metavar="NPZ",
        help="compare with the source, on the arrays of a file or on generated ones")  # fmt: skip
    add("--tolerance", type=float, default=1e-4, metavar="X",
        help="what --verify lets pass, as a share of the largest value (default: %(default)s)")  # fmt: skip
    add("--quiet", "-q", action="store_true", help="print nothing but errors")
    add("--json", action="store_true", help="print a JSON object instead of text")
    add("--verbose", "-v", action="count", default=0, help="show where a failure comes from")
    for name in ("fold_const", "debug", "continue_on_error"):
        add(f"--{name}", action="store_true", help=argparse.SUPPRESS)
    add("--target", help=argparse.SUPPRESS)
    for name in _NOT_TAKEN:
        add(f"--{name}", f"--{name.replace('_', '-')}", nargs="?", const="", dest=f"no_{name}", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    for name, why in _NOT_TAKEN.items():
        if getattr(args, f"no_{name}") is not None:
            fail(f"--{name.replace('_', '-')}: {why}")
    given = [p for p in (args.model, args.graphdef, args.saved_model, args.checkpoint) if p is not None]
    if len(given) != 1:
        fail("name one model" if not given else f"name one model, not {' and '.join(given)}")
    path = given[0]
    if args.output is None:
        args.output = default_output(path)
    check_target(args.output)
    from tfcompat.commands.conversion_job import Job

    return Job(path, args).run()


def default_output(path: str) -> str:
    """The file that a model is written to when none is named."""
    name = os.path.basename(os.path.abspath(path).rstrip(os.sep))
    for ending in (".pb", ".pbtxt", ".meta", ".index"):
        name = name.removesuffix(ending)
    if name == "saved_model":
        name = os.path.basename(os.path.dirname(os.path.abspath(path))) or name
    return f"{name}.onnx"
