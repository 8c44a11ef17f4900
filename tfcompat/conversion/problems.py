"""What a model has that ONNX cannot express, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_SHOWN = 6

_FAMILIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("PyFunc", "EagerPyFunc", "PyFuncStateless"), "Python code is not in the file; end the model before it."),
    (("Iterator", "Dataset", "OneShotIterator", "MakeIterator"), "start after the input pipeline"),
    (("Queue", "FIFOQueue", "Reader", "TextLineReader", "TFRecordReader"), "start after the input pipeline"),
    (("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif", "DecodeRaw"), "feed the decoded pixels"),
    (("ParseExample", "ParseSingleExample", "DecodeCSV", "DecodeProto"), "feed the parsed features"),
    (
        ("HashTable", "LookupTable", "MutableHashTable", "String", "Regex", "StaticRegex", "Unicode"),
        "feed what it gives",
    ),
    (("CTCBeamSearchDecoder", "CTCLoss"), "end the model at its logits, or decode with ctc_greedy_decoder"),
    (("SampleDistortedBoundingBox", "StatelessSampleDistortedBoundingBox"), "feed the windows"),
    (("ReadFile", "MatchingFiles", "WriteFile", "SaveV2", "RestoreV2"), "files are not read by ONNX models"),
)


def problems_of(error: Any) -> list[dict[str, Any]]:
    """The unsupported operations by type and reason: plain data.

    Args:
        error: a `NotExportable`.
    """
    groups: dict[tuple[str, str], list[Any]] = {}
    for op, reason in error.problems:
        groups.setdefault((op.type, reason), []).append(op)
    return [
        {
            "op": op_type,
            "reason": reason,
            "count": len(ops),
            "nodes": [op.name for op in ops],
            "help": _help(op_type, reason, ops),
        }
        for (op_type, reason), ops in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))
    ]


def problem_lines(path: str, error: Any) -> Iterator[str]:
    """The same as lines of text."""
    problems = problems_of(error)
    total = sum(p["count"] for p in problems)
    yield f"{path}: {total} operation(s) of {len({p['op'] for p in problems})} type(s) cannot be expressed in ONNX:"
    for problem in problems:
        why = f": {problem['reason']}" if problem["reason"] else ""
        yield f"  {problem['op']} ({problem['count']}){why}"
        names = ", ".join(problem["nodes"][:_SHOWN])
        more = f" and {problem['count'] - _SHOWN} more" if problem["count"] > _SHOWN else ""
        yield f"    nodes: {names}{more}"
        yield f"    what helps: {problem['help']}"


def _help(op_type: str, reason: str, ops: list[Any]) -> str:
    if "dimension" in reason or "shape" in reason or "rank" in reason:
        return "give the inputs' shapes, such as --inputs x[1,224,224,3]"
    outputs = [t.name for op in ops[:1] for t in op.outputs]
    inputs = [t.name for op in ops[:1] for t in op.inputs]
    inside = any(hasattr(op.graph, "outer_graph") for op in ops[:1])
    start = f"start after it: --inputs {outputs[0]}" if outputs and not inside else ""
    stop = f"stop before it: --outputs {inputs[0]}" if inputs and not inside else ""
    for beginnings, hint in _FAMILIES:
        if op_type.startswith(beginnings):
            return "; ".join(filter(None, (hint, start)))
    return "; ".join(filter(None, (start, stop))) or "leave out the outputs that need it"
