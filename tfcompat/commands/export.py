"""`tfcompat export`: runs a program, then writes some of its tensors as an ONNX model."""

from __future__ import annotations

import argparse
import os
from typing import Any

from tfcompat.commands import FAILED, OK, fail
from tfcompat.commands.program import execute

HELP = "run a program, then write some of its tensors as an ONNX model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument(
        "what",
        metavar="SCRIPT:OUTPUTS",
        help="the program, and outputs (names of tensors or of variables of the script), separated by commas",
    )
    parser.add_argument("arguments", nargs="*", metavar="ARGS", help="arguments of the program (after --)")
    parser.add_argument("--inputs", default="", help="inputs, separated by commas; default: the placeholders needed")
    parser.add_argument("-o", "--output", default="model.onnx", help="file to write (default: %(default)s)")
    parser.add_argument("--opset", type=int, default=None, help="ONNX opset of the file")
    parser.add_argument(
        "--random-streams", action="store_true", help="keep the exact random numbers, through inputs with counters"
    )
    parser.add_argument("--strict", action="store_true", help="keep checks, NaN and long sums as sessions have them")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing on success")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    script, _, outputs = args.what.rpartition(":")
    if not script or not outputs:
        fail("say SCRIPT:OUTPUTS, such as train.py:logits")
    if not os.path.exists(script):
        fail(f"no such file: {script}")
    from tfcompat import onnx
    from tfcompat.session.session import BaseSession

    BaseSession.keeps_variables = True
    names = execute(script, args.arguments)
    sessions = [v for v in names.values() if isinstance(v, BaseSession)]
    if not sessions:
        fail(f"{script} leaves no tf.Session in a global variable", FAILED)
    model = onnx.export(
        [_resolve(names, n) for n in outputs.split(",")],
        [_resolve(names, n) for n in args.inputs.split(",")] if args.inputs else None,
        sessions[-1],
        args.output,
        opset=args.opset,
        random_streams=args.random_streams,
        strict=args.strict,
    )
    if not args.quiet:
        described = [f"{v.name}" for v in model.graph.input], [f"{v.name}" for v in model.graph.output]
        print(
            f"{args.output}: {len(model.graph.node)} nodes, inputs {', '.join(described[0])}, "
            f"outputs {', '.join(described[1])}"
        )
    return OK


def _resolve(names: dict[str, Any], name: str) -> Any:
    """A global variable of the script that is a graph element, else the name itself."""
    value = names.get(name)
    return name if value is None or not hasattr(value, "graph") else value
