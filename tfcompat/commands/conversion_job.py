"""One conversion from a path to a file, with what is printed on the way."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.commands import DIFFERENT, FAILED, OK, USAGE, note
from tfcompat.conversion import ends as parts
from tfcompat.conversion.problems import problem_lines, problems_of
from tfcompat.conversion.progress import Progress
from tfcompat.conversion.source import Source, UnreadableSource, load_source
from tfcompat.graph.errors import OpError
from tfcompat.graph.tensor import Tensor

_EXPLAINED = (OpError, ValueError, OSError, KeyError, TypeError, RuntimeError, NotImplementedError, MemoryError)


class Job:
    """A conversion.

    Args:
        path: the model.
        args: the options of `tfcompat convert`.
    """

    def __init__(self, path: str, args: argparse.Namespace):
        self._path = path
        self._args = args
        self._report: dict[str, Any] = {"input": path, "output": args.output}
        self._progress = Progress(enabled=not (args.quiet or args.json))

    def run(self) -> int:
        """Converts; returns the exit code."""
        began = time.perf_counter()
        try:
            code = self._run()
        except UnreadableSource as error:
            code = self._fail(str(error), USAGE)
        except _EXPLAINED as error:
            if self._args.verbose:
                raise
            code = self._explained(error)
        finally:
            self._progress.close()
        self._report["seconds"] = round(time.perf_counter() - began, 3)
        self._report["exit_code"] = code
        if self._args.json:
            print(json.dumps(self._report, indent=1))
        elif code in (OK, DIFFERENT) and not self._args.quiet:
            self._print_summary()
        return code

    def _run(self) -> int:
        args, progress = self._args, self._progress
        progress.phase("reading")
        source = load_source(self._path, args.tag, args.signature_def, args.dequantize)
        ends = parts.ends_of(
            source, args.inputs, args.outputs, args.use_graph_names, [n for n in args.ignore_default.split(",") if n]
        )
        inputs = parts.renamed(ends.inputs, args.rename_inputs, "inputs")
        outputs = parts.renamed(ends.outputs, args.rename_outputs, "outputs")
        self._describe(source, ends, inputs, outputs)
        model = self._export(source, ends, inputs, outputs)
        self._count(model)
        self._report["state"] = [i.name for i in model.graph.input if i.name not in inputs]
        if args.verify is None:
            return OK
        progress.phase("verifying")
        return self._verify(source, ends, inputs, outputs)

    # ---------------------------------------------------------------- steps

    def _export(self, source: Source, ends: parts.Ends, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> Any:
        from tfcompat import onnx
        from tfcompat.conversion.layout import make_inputs_channels_first, make_outputs_channels_first

        self._progress.phase("translating", sum(1 for _ in source.graph.get_operations()))
        nchw = self._nchw("inputs", ends.inputs, inputs), self._nchw("outputs", ends.outputs, outputs)
        finish: Callable[[Any], None] | None = None
        if any(nchw):

            def finish(model: Any) -> None:
                make_inputs_channels_first(model, sorted(nchw[0]))
                make_outputs_channels_first(model, sorted(nchw[1]))

        return onnx.export(
            outputs,
            inputs,
            source.session,
            self._args.output,
            opset=self._args.opset,
            shapes=ends.shapes,
            external_data=self._args.large_model,
            strict=self._args.strict,
            progress=self._progress.at,
            finish=finish,
        )

    def _nchw(self, what: str, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> set[str]:
        """The names in the file of the inputs or outputs whose channels come first."""
        new_names = dict(zip(before, after, strict=True))
        found = set()
        for name in (n for n in getattr(self._args, f"{what}_as_nchw").split(",") if n):
            key = next((k for k in (name, f"{name}:0") if k in new_names or k in after), None)
            if key is None:
                raise UnreadableSource(f"--{what}-as-nchw: {name} is not among the {what}: {', '.join(after)}")
            found.add(new_names.get(key, key))
        return found

    def _verify(self, source: Source, ends: parts.Ends, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> int:
        from tfcompat.conversion.verification import generated_feeds, load_feeds, verify

        feeds = load_feeds(self._args.verify, inputs) if self._args.verify else generated_feeds(inputs, ends.shapes)
        nchw = self._nchw("inputs", ends.inputs, inputs), self._nchw("outputs", ends.outputs, outputs)
        state = {n: source.value_of_variable(n) for n in self._report["state"]}
        result = verify(source.session, inputs, outputs, self._args.output, feeds, self._args.tolerance, nchw, state)
        self._report["verify"] = {
            "ok": result.ok,
            "tolerance": self._args.tolerance,
            "outputs": [d.as_dict() for d in result.differences],
            "session_seconds": round(result.session_seconds, 4),
            "onnxruntime_seconds": round(result.onnx_seconds, 4),
        }
        return OK if result.ok else DIFFERENT

    # ---------------------------------------------------------------- reports

    def _describe(
        self, source: Source, ends: parts.Ends, inputs: dict[str, Tensor], outputs: dict[str, Tensor]
    ) -> None:
        self._report["kind"] = source.kind
        self._report["signature"] = source.signature
        self._report["guessed"] = ends.guessed
        for what, found in (("inputs", inputs), ("outputs", outputs)):
            self._report[what] = [
                {
                    "name": name,
                    "tensor": t.name,
                    "dtype": t.dtype.base_dtype.name,
                    "shape": _dims(ends.shapes.get(t, t.shape)),
                }
                for name, t in found.items()
            ]
        if ends.guessed and not self._args.quiet and not self._args.json:
            self._progress.close()
            for what in ends.guessed:
                options = ",".join(e["tensor"] for e in self._report[what])
                note(f"guessed {what}: {options or 'none'}  (--{what} names others)")

    def _count(self, model: Any) -> None:
        from tfcompat.conversion.counting import file_bytes, operators

        counted = operators(model)
        self._report["nodes"] = sum(counted.values())
        self._report["operators"] = counted
        self._report["opset"] = next(o.version for o in model.opset_import if not o.domain)
        self._report["bytes"] = file_bytes(self._args.output)

    def _explained(self, error: BaseException) -> int:
        from tfcompat.onnx import NotExportable

        if isinstance(error, NotExportable):
            self._report["unsupported"] = problems_of(error)
            return self._fail("\n".join(problem_lines(self._path, error)), FAILED)
        text = str(error) or type(error).__name__
        if isinstance(error, MemoryError):
            text = f"out of memory: {text}"
        if "uninitialized" in text or "Could not find variable" in text:
            text += (
                "\nThe graph has variables without values: convert the checkpoint (its .meta file), or a frozen graph."
            )
        return self._fail(f"{self._path}: {text}", FAILED)

    def _fail(self, message: str, code: int) -> int:
        self._progress.close()
        self._report["error"] = message
        if not self._args.json:
            note(f"tfcompat convert: {message}")
        return code

    def _print_summary(self) -> None:
        report = self._report
        signature = f", signature {report['signature']}" if report["signature"] else ""
        print(f"{report['input']} ({report['kind']}{signature}) -> {report['output']}")
        for what in ("inputs", "outputs"):
            for entry in report[what]:
                renamed = f"  = {entry['tensor']}" if entry["tensor"] != entry["name"] else ""
                print(f"  {what[:-1]:6s} {entry['name']}  {entry['dtype']}{_bracketed(entry['shape'])}{renamed}")
        for name in report["state"]:
            print(f"  state  {name}  (goes in under this name, comes out as {name}/next)")
        counted = sorted(report["operators"].items(), key=lambda item: (-item[1], item[0]))
        print("  " + ", ".join(f"{name} {count}" for name, count in counted))
        megabytes = report["bytes"] / 1e6
        print(f"  {report['nodes']} nodes, {megabytes:.2f} MB, opset {report['opset']}, {report['seconds']:.2f} s")
        if "verify" in report:
            self._print_verification(report["verify"])

    @staticmethod
    def _print_verification(verification: dict[str, Any]) -> None:
        for entry in verification["outputs"]:
            said = entry["note"] or f"largest difference {entry['largest']:.3g}, largest value {entry['scale']:.3g}"
            print(f"  {'same' if entry['ok'] else 'DIFFERENT'}: {entry['output']}: {said}")


def _dims(shape: Any) -> list[int | None] | None:
    return None if shape.rank is None else shape.as_list()


def _bracketed(dims: list[int | None] | None) -> str:
    return "[unknown rank]" if dims is None else f"[{','.join('?' if d is None else str(d) for d in dims)}]"
