"""A description as an HTML page that needs nothing else: tables, and the graph drawn as SVG."""

from __future__ import annotations

import html
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

from tfcompat.inspection.layout import Box, Drawing, DrawnNode, laid_out, short
from tfcompat.inspection.text import bracketed, lines_of, sized

_TEMPLATE = pathlib.Path(__file__).with_suffix(".html")
_MOST_DRAWINGS = 8
_COLORS = {
    "scope": "#e8eef7", "Placeholder": "#cfe8cf", "Conv2D": "#f6dfc4", "MatMul": "#f6dfc4", "If": "#ead7f2",
    "While": "#ead7f2", "StatelessIf": "#ead7f2", "StatelessWhile": "#ead7f2", "VariableV2": "#f4d6d6",
    "VarHandleOp": "#f4d6d6", "ReadVariableOp": "#f4d6d6",
}  # fmt: skip


def page(about: dict[str, Any], sections: Iterable[tuple[str, list[DrawnNode]]]) -> str:
    """The page.

    Args:
        about: what `describe` gave.
        sections: titles and nodes of the graphs to draw.
    """
    body = ["<pre>", html.escape("\n".join(lines_of(about))), "</pre>"]
    if about.get("variables"):
        body += [
            "<details><summary>all variables</summary><table>",
            *_variable_rows(about["variables"]),
            "</table></details>",
        ]
    for title, nodes in list(sections)[:_MOST_DRAWINGS]:
        drawing = laid_out(nodes)
        left_out = f", {drawing.left_out} constants left out" if drawing.left_out else ""
        body.append(f"<h2>{html.escape(title)} <small>{len(nodes)} nodes{left_out}</small></h2>")
        body.append(f'<div class="graph">{"".join(svg(drawing))}</div>')
    text = _TEMPLATE.read_text(encoding="utf-8")
    return text.replace("@TITLE@", html.escape(str(about["path"]))).replace("@BODY@", "\n".join(body))


def _variable_rows(variables: Iterable[dict[str, Any]]) -> Iterator[str]:
    for v in variables:
        size = "" if v["bytes"] is None else sized(v["bytes"])
        cells = (v["name"], v["dtype"], bracketed(v["shape"]), size)
        yield "<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in cells) + "</tr>"


def svg(drawing: Drawing) -> Iterator[str]:
    """The pieces of the SVG element of a drawing."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width:.0f}" height="{drawing.height:.0f}" '
        f'viewBox="0 0 {drawing.width:.0f} {drawing.height:.0f}" font-family="sans-serif" font-size="11">'
    )
    for source, target, count in drawing.arrows:
        yield _arrow(source, target, count)
    for box in drawing.boxes:
        yield from _box(box)
    yield "</svg>"


def _arrow(source: Box, target: Box, count: int) -> str:
    y0, y1 = source.y + source.height, target.y
    bend = (y1 - y0) / 2 if y1 > y0 else 40.0
    width = min(1.0 + count / 4, 4.0)
    return (
        f'<path d="M{source.x:.1f} {y0:.1f} C{source.x:.1f} {y0 + bend:.1f} {target.x:.1f} {y1 - bend:.1f} '
        f'{target.x:.1f} {y1:.1f}" fill="none" stroke="#9aa7b5" stroke-width="{width:.1f}"/>'
    )


def _box(box: Box) -> Iterator[str]:
    color = _COLORS.get(box.kind, "#f7f7f2")
    left = box.x - box.width / 2
    facts = [f"{n.name}  {n.op}{'  ' + n.about if n.about else ''}" for n in box.members[:30]]
    if len(box.members) > 30:
        facts.append(f"and {len(box.members) - 30} more")
    said = html.escape("\n".join(facts))
    label = html.escape(short(box.title) if box.kind == "scope" else box.kind)
    yield f'<g class="box" data-name="{html.escape(" ".join(n.name for n in box.members[:200]), quote=True)}">'
    yield f"<title>{said}</title>"
    yield (
        f'<rect x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.0f}" rx="4" '
        f'fill="{color}" stroke="#66727f"/>'
    )
    yield f'<text x="{box.x:.1f}" y="{box.y + 11:.1f}" text-anchor="middle" font-weight="bold">{label}</text>'
    if box.kind != "scope":
        name = html.escape(short(box.title))
        yield f'<text x="{box.x:.1f}" y="{box.y + 22:.1f}" text-anchor="middle" fill="#55606c">{name}</text>'
    yield "</g>"
