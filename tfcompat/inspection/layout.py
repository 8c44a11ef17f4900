"""Boxes and arrows of a graph: which nodes share a box, and where the boxes stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MOST_BOXES = 240
_WIDTH_OF_LETTER, _HEIGHT, _GAP, _ROW = 7.0, 26.0, 18.0, 58.0
_SWEEPS = 6
_MOST_WIDTH = 2400.0


@dataclass(slots=True)
class DrawnNode:
    """A node to draw: name, op type, names of the nodes it takes, and a line about it."""

    name: str
    op: str
    sources: list[str]
    about: str = ""


@dataclass(slots=True)
class Box:
    """A node, or all nodes of a scope.

    Attributes:
        title: what stands in it.
        kind: op type, or "scope".
        members: the nodes inside.
        x, y, width: where it stands: middle, top, and how wide it is.
    """

    title: str
    kind: str
    members: list[DrawnNode] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = _HEIGHT


@dataclass(slots=True)
class Drawing:
    """Boxes, arrows between them (from, to, number of edges), and the size of all."""

    boxes: list[Box]
    arrows: list[tuple[Box, Box, int]]
    width: float
    height: float
    left_out: int = 0


def laid_out(nodes: Sequence[DrawnNode]) -> Drawing:
    """The drawing of a graph. Constants are left out; scopes become one box where there would be too many."""
    shown = [n for n in nodes if n.op not in ("Const", "NoOp")] or list(nodes)
    boxes, place = _grouped(shown)
    weights: dict[tuple[int, int], int] = defaultdict(int)
    for node in shown:
        for source in node.sources:
            pair = place.get(source), place[node.name]
            if pair[0] is not None and pair[0] != pair[1]:
                weights[pair] += 1  # type: ignore[index]
    rows = _rows(len(boxes), weights)
    width, height = _place(boxes, rows, weights)
    arrows = [(boxes[a], boxes[b], count) for (a, b), count in weights.items()]
    return Drawing(boxes, arrows, width, height, len(nodes) - len(shown))


def _grouped(nodes: Sequence[DrawnNode]) -> tuple[list[Box], dict[str, int]]:
    """The boxes, and which one each node is in: scopes are opened while there is room."""
    depth = max((n.name.count("/") for n in nodes), default=0)
    keys = {n.name: n.name for n in nodes}
    while len(set(keys.values())) > MOST_BOXES and depth > 0:
        keys = {n.name: "/".join(n.name.split("/")[:depth]) for n in nodes}
        depth -= 1
    order = {k: i for i, k in enumerate(dict.fromkeys(keys.values()))}
    if len(order) > MOST_BOXES:
        order = {k: i * MOST_BOXES // len(order) for k, i in order.items()}
    boxes = [Box("", "") for _ in range(max(order.values(), default=-1) + 1)]
    for node in nodes:
        box = boxes[order[keys[node.name]]]
        box.members.append(node)
        box.title = box.title or keys[node.name]
    for box in boxes:
        if len(box.members) == 1:
            box.title, box.kind = box.members[0].name, box.members[0].op
        else:
            box.kind = "scope"
            box.title = f"{box.title} ({len(box.members)})"
    return boxes, {name: order[key] for name, key in keys.items()}


def _rows(count: int, weights: Mapping[tuple[int, int], int]) -> list[list[int]]:
    """Boxes by row: each below what it takes from; edges that close a circle do not count."""
    after: dict[int, list[int]] = defaultdict(list)
    for a, b in weights:
        after[a].append(b)
    finished, on_path, order = set[int](), set[int](), list[int]()
    back: set[tuple[int, int]] = set()
    for root in range(count):
        stack = [(root, iter(after[root]))] if root not in finished else []
        on_path.update([root] if stack else [])
        while stack:
            node, children = stack[-1]
            child = next((c for c in children if c not in finished), None)
            if child is None:
                stack.pop()
                on_path.discard(node)
                if node not in finished:
                    finished.add(node)
                    order.append(node)
            elif child in on_path:
                back.add((node, child))
            else:
                on_path.add(child)
                stack.append((child, iter(after[child])))
    level = [0] * count
    for node in reversed(order):
        for child in after[node]:
            if (node, child) not in back:
                level[child] = max(level[child], level[node] + 1)
    taken = {b for _, b in weights}
    for node in range(count):
        followers = [level[c] for c in after[node] if (node, c) not in back]
        if node not in taken and followers:
            level[node] = min(followers) - 1
    rows: list[list[int]] = [[] for _ in range(max(level, default=-1) + 1)]
    for node in range(count):
        rows[level[node]].append(node)
    return rows


def _place(boxes: Sequence[Box], rows: list[list[int]], weights: Mapping[tuple[int, int], int]) -> tuple[float, float]:
    """Gives the boxes their places; returns width and height of the drawing."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in weights:
        near[a].append(b)
        near[b].append(a)
    for box in boxes:
        box.width = max(60.0, _WIDTH_OF_LETTER * max(len(short(box.title)), len(box.kind)) + 16)
    rows = [piece for row in rows for piece in _wrapped(row, boxes)]
    widest = max((sum(boxes[i].width + _GAP for i in row) for row in rows), default=0.0)
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = {i: _middle([boxes[n].x for n in near[i]], boxes[i].x) for i in row}
            if sweep:
                row.sort(key=lambda i: wish[i])
            total = sum(boxes[i].width + _GAP for i in row)
            left = (widest - total) / 2
            for i in row:
                boxes[i].x = left + boxes[i].width / 2
                left += boxes[i].width + _GAP
    for number, row in enumerate(rows):
        for i in row:
            boxes[i].y = _GAP + number * _ROW
    return widest + 2 * _GAP, len(rows) * _ROW + _GAP


def _wrapped(row: Sequence[int], boxes: Sequence[Box]) -> Iterator[list[int]]:
    """`row` in pieces that are not too wide."""
    piece: list[int] = []
    width = 0.0
    for i in row:
        if piece and width + boxes[i].width > _MOST_WIDTH:
            yield piece
            piece, width = [], 0.0
        piece.append(i)
        width += boxes[i].width + _GAP
    yield piece


def _middle(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def short(title: str) -> str:
    """The end of a long name."""
    return title if len(title) <= 34 else "…" + title[-33:]
