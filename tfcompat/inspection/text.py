"""A description as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MOST_OPS, _MOST_VARIABLES, _MOST_FUNCTIONS = 40, 60, 20


def lines_of(about: dict[str, Any]) -> Iterator[str]:
    """The lines that `tfcompat inspect` prints."""
    yield f"{about['path']}: {about['kind']}, {sized(about['bytes'])}"
    if "opset" in about:
        yield "opset: " + ", ".join(f"{d} {v}" for d, v in about["opset"].items())
    for graph in about.get("graphs", ()):
        yield from _graph(graph)
    if about.get("assets"):
        yield f"assets: {', '.join(about['assets'])}"
    if "variables" in about:
        yield from _variables(about["variables"])


def _graph(graph: dict[str, Any]) -> Iterator[str]:
    if "tags" in graph:
        written = f", written by TensorFlow {graph['tensorflow']}" if graph["tensorflow"] else ""
        yield f"graph with the tags {','.join(graph['tags']) or '(none)'}{written}"
    for name, signature in graph.get("signatures", {}).items():
        method = f" ({signature['method']})" if signature.get("method") else ""
        yield f"  signature {name}{method}" if name else "  signature"
        for what in ("inputs", "outputs"):
            for key, entry in signature[what].items():
                tensor = f"  = {entry['tensor']}" if entry["tensor"] != key else ""
                yield f"    {what[:-1]:6s} {key}  {entry['dtype']}{bracketed(entry['shape'])}{tensor}"
    if graph.get("placeholders") and not graph.get("signatures"):
        for entry in graph["placeholders"]:
            yield f"  placeholder {entry['name']}  {entry['dtype']}{bracketed(entry['shape'])}"
    ops = list(graph["ops"].items())
    rest = f", and {len(ops) - _MOST_OPS} more types" if len(ops) > _MOST_OPS else ""
    yield f"  {graph['nodes']} nodes: {', '.join(f'{n} {c}' for n, c in ops[:_MOST_OPS])}{rest}"
    if graph.get("constant_bytes"):
        yield f"  constants: {sized(graph['constant_bytes'])}"
    if graph.get("functions"):
        functions = sorted(graph["functions"].items(), key=lambda item: -item[1])
        rest = f", and {len(functions) - _MOST_FUNCTIONS} more" if len(functions) > _MOST_FUNCTIONS else ""
        yield f"  {len(functions)} functions: {', '.join(f'{n} ({c})' for n, c in functions[:_MOST_FUNCTIONS])}{rest}"
    if graph.get("collections"):
        yield f"  collections: {', '.join(f'{n} ({c})' for n, c in graph['collections'].items())}"
    if graph.get("unsupported"):
        yield f"  cannot be run here: {', '.join(graph['unsupported'])}"


def _variables(variables: list[dict[str, Any]]) -> Iterator[str]:
    total = sum(v["bytes"] or 0 for v in variables)
    yield f"{len(variables)} variables, {sized(total)}"
    shown = sorted(variables, key=lambda v: -(v["bytes"] or 0))[:_MOST_VARIABLES]
    shown.sort(key=lambda v: v["name"])
    width = max((len(v["name"]) for v in shown), default=0)
    for variable in shown:
        size = "" if variable["bytes"] is None else f"  {sized(variable['bytes'])}"
        yield f"  {variable['name']:{width}s}  {variable['dtype']}{bracketed(variable['shape'])}{size}"
    if len(variables) > len(shown):
        yield f"  and {len(variables) - len(shown)} smaller ones"


def sized(count: int) -> str:
    """A number of bytes for people."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


def bracketed(dims: list[int | None] | None) -> str:
    """Dimensions in brackets."""
    return "[unknown rank]" if dims is None else f"[{','.join('?' if d is None else str(d) for d in dims)}]"
