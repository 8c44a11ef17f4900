"""The `tfcompat` command: run | export | devices."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence
from typing import Any


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (default: the process's); returns the exit code."""
    args = _parser().parse_args(argv)
    code: int = args.command(args)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tfcompat", description="Runs TensorFlow 1 programs without TensorFlow.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a program in which `import tensorflow` means tfcompat")
    run.add_argument("-m", dest="is_module", action="store_true", help="SCRIPT is a module name, as for python -m")
    run.add_argument("script", metavar="SCRIPT", help="the program")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="its arguments")
    run.set_defaults(command=_run)
    export = commands.add_parser("export", help="run a program, then write some of its tensors as an ONNX model")
    export.add_argument(
        "what",
        metavar="SCRIPT:OUTPUTS",
        help="the program, and outputs (names of tensors or of variables of the script), separated by commas",
    )
    export.add_argument("arguments", nargs="*", metavar="ARGS", help="arguments of the program (after --)")
    export.add_argument("--inputs", default="", help="inputs, separated by commas; default: the placeholders needed")
    export.add_argument("-o", "--output", default="model.onnx", help="file to write (default: %(default)s)")
    export.add_argument("--opset", type=int, default=None, help="ONNX opset of the file")
    export.add_argument("-q", "--quiet", action="store_true", help="print nothing on success")
    export.set_defaults(command=_export)
    devices = commands.add_parser("devices", help="list the devices that sessions can use")
    devices.set_defaults(command=_devices)
    return parser


def _execute(script: str, arguments: Sequence[str], is_module: bool = False) -> dict[str, Any]:
    """Runs a program as `__main__` with the import hook in place; returns its global names."""
    from tfcompat.compat import import_hook

    import_hook.install()
    sys.argv = [script, *arguments]
    if is_module:
        sys.path.insert(0, os.getcwd())
        return runpy.run_module(script, run_name="__main__", alter_sys=True)
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    return runpy.run_path(script, run_name="__main__")


def _run(args: argparse.Namespace) -> int:
    if not args.is_module and not os.path.exists(args.script):
        print(f"tfcompat run: no such file: {args.script}", file=sys.stderr)
        return 2
    arguments = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    _execute(args.script, arguments, args.is_module)
    return 0


def _export(args: argparse.Namespace) -> int:
    script, _, outputs = args.what.rpartition(":")
    if not script or not outputs:
        print("tfcompat export: say SCRIPT:OUTPUTS, such as train.py:logits", file=sys.stderr)
        return 2
    if not os.path.exists(script):
        print(f"tfcompat export: no such file: {script}", file=sys.stderr)
        return 2
    from tfcompat import onnx
    from tfcompat.session.session import BaseSession

    BaseSession.keeps_variables = True
    names = _execute(script, args.arguments)
    session = _session_of(names)
    if session is None:
        print(f"tfcompat export: {script} leaves no tf.Session in a global variable", file=sys.stderr)
        return 1
    model = onnx.export(
        [_resolve(names, n) for n in outputs.split(",")],
        [_resolve(names, n) for n in args.inputs.split(",")] if args.inputs else None,
        session,
        args.output,
        opset=args.opset,
    )
    if not args.quiet:
        described = [f"{v.name}" for v in model.graph.input], [f"{v.name}" for v in model.graph.output]
        print(
            f"{args.output}: {len(model.graph.node)} nodes, inputs {', '.join(described[0])}, "
            f"outputs {', '.join(described[1])}"
        )
    return 0


def _resolve(names: dict[str, Any], name: str) -> Any:
    """A global variable of the script that is a graph element, else the name itself."""
    value = names.get(name)
    return name if value is None or not hasattr(value, "graph") else value


def _session_of(names: dict[str, Any]) -> Any:
    from tfcompat.session.session import BaseSession

    sessions = [v for v in names.values() if isinstance(v, BaseSession)]
    return sessions[-1] if sessions else None


def _devices(args: argparse.Namespace) -> int:
    from tfcompat.runtime.devices import DevicePolicy

    for device in DevicePolicy.from_config(None).devices():
        print(f"{device.name}  {device.type}")
    return 0
