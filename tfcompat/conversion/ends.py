"""Inputs and outputs of a model: as the user names them, or guessed from the graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tfcompat.conversion.source import Source, UnreadableSource
from tfcompat.graph.function_def import BODIES
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.frames import Frames
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.upstream import model_inputs

_FED = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "IteratorGetNext", "QueueDequeueManyV2"})
_ITEM = re.compile(r"\s*([^,\[\]\s]+)\s*(\[[^\]]*\])?\s*(?:,|$)")
_NO_OUTPUTS = frozenset({
    "Assert", "Const", "IteratorV2", "MergeSummary", "NoOp", "Placeholder",
    "PlaceholderV2", "PlaceholderWithDefault", "Print", "RestoreV2", "SaveV2", "ShardedFilename", "VarHandleOp",
    "Variable", "VariableV2", "VarIsInitializedOp", "IsVariableInitialized", "ReadVariableOp", "ControlTrigger",
    "StackPushV2", "PrintV2",
})  # fmt: skip
_FLOW = frozenset({"Enter", "LoopCond", "Merge", "NextIteration", "Switch"})
"""What hands values on inside loops and conditions, and is no result itself."""
_WRITER = re.compile(r"(Resource)?(Sparse)?(Apply|Assign|Scatter(Nd)?(Add|Div|Max|Min|Mul|Sub|Update))")
"""What variables become is no result either."""
_SIZES = frozenset({"Rank", "Shape", "ShapeN", "Size"})
"""What follows from their results alone is about sizes, and no result."""
_TRAINING = re.compile(r"(^|/)(gradients|save|init|report_uninitialized\w*)(_\d+)?(/|$)")
_NUMBERED = re.compile(r"(.*?)(\d+):0")
_LOSS = re.compile(r"(CrossEntropyWithLogits|Loss)")
_LIKELY = re.compile(r"(logits|softmax|prob|predict|output|final|classes|scores|boxes|detection)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """An input as the command line spells it: a name, and a shape where one is given."""

    name: str
    shape: tuple[int | None, ...] | None = None


def parse_inputs(text: str) -> list[Named]:
    """`x:0,y[1,224,224,3],z[?,10]` as names and shapes.

    Raises:
        ValueError: it is written otherwise.
    """
    found = []
    position = 0
    text = text.strip().rstrip(",")
    while position < len(text):
        match = _ITEM.match(text, position)
        if match is None:
            raise UnreadableSource(f"{text!r}: expected names separated by commas, with shapes such as x[1,224,224,3]")
        found.append(Named(match[1], None if match[2] is None else _shape(match[2][1:-1], text)))
        position = match.end()
    return found


def _shape(text: str, whole: str) -> tuple[int | None, ...]:
    dims: list[int | None] = []
    for part in text.replace(" ", ",").split(","):
        if not part:
            continue
        if part in ("?", "None", "-1"):
            dims.append(None)
        elif part.isdigit():
            dims.append(int(part))
        else:
            raise UnreadableSource(f"{whole!r}: {part!r} is no dimension; use numbers, and ? for unknown ones")
    return tuple(dims)


def find_tensor(source: Source, name: str, known: Mapping[str, Tensor]) -> tuple[str, Tensor]:
    """(name in the model, tensor) for a name of the signature, a tensor or an operation.

    Raises:
        UnreadableSource: there is nothing of that name; the text has similar ones.
    """
    if name in known:
        return name, known[name]
    graph = source.graph
    candidate = name if ":" in name else f"{name}:0"
    try:
        return candidate, graph.as_graph_element(candidate, allow_operation=False)
    except (KeyError, ValueError):
        pass
    import difflib

    names = [*known, *(op.name for op in graph.get_operations() if op.outputs)]
    close = difflib.get_close_matches(name.partition(":")[0], names, n=4, cutoff=0.5)
    hint = f" Similar names: {', '.join(close)}." if close else ""
    there = f" The signature has {', '.join(known)}." if known else ""
    raise UnreadableSource(f"There is no tensor {name!r} in {source.path}.{there}{hint}")


def guess_outputs(graph: Graph) -> list[Tensor]:
    """The tensors that look like results: nothing for inference goes on from them, and they depend on what is fed.

    Operations that train, measure the loss, save or initialise do not count.
    """
    ops = [op for op in graph.get_operations() if not _TRAINING.search(op.name) and not _LOSS.search(op.type)]
    fed = {op for op in ops if op.type in _FED}
    passing = {op for op in ops if not _ends_there(op)}
    reached, used, pending = set(fed), set(), list(fed)
    while pending:
        op = pending.pop()
        following = {c for t in op.outputs for c in t.consumers() if c in passing}
        if following:
            used.add(op)
        pending += following - reached
        reached |= following
    frames = Frames(graph.get_operations(), ())
    last = [op for op in ops if op in reached - fed - used and frames.of(op) is None]
    leaves = [t for op in last if _is_result(op) for t in op.outputs]
    choices = (
        [t for t in leaves if _LIKELY.search(t.op.name.rpartition("/")[2])],
        [t for t in leaves if t.shape.rank != 0 and not _leaves_body(t.op)],
        leaves,
    )
    chosen = next((c for c in choices if c), [])
    numbered = [_NUMBERED.fullmatch(t.name) for t in chosen]
    if len({m and m[1] for m in numbered}) == 1 and numbered[0]:
        chosen.sort(key=lambda t: int(_NUMBERED.fullmatch(t.name)[2]))  # type: ignore[index]
    return chosen


def _leaves_body(op: Operation) -> bool:
    """Whether `op` is nothing but what a loop variable ended as, or what a branch gave."""
    return op.type == "Exit" or op.type == "Identity" and op.inputs[0].op.type in BODIES


def _ends_there(op: Operation) -> bool:
    """Whether nothing of what `op` takes is in what it gives."""
    return op.type in _NO_OUTPUTS | _SIZES or _WRITER.match(op.type) is not None


def _is_result(op: Operation) -> bool:
    if _ends_there(op) or op.type in _FLOW or op.type.endswith("Summary"):
        return False
    if any(_WRITER.match(c.type) for t in op.outputs for c in t.consumers()):
        return False
    return all(t.dtype.base_dtype.name not in ("resource", "variant") for t in op.outputs)


def guess_inputs(outputs: Iterable[Tensor]) -> list[Tensor]:
    """The placeholders that `outputs` need, and what they take from datasets and queues."""
    return model_inputs(outputs)


@dataclass
class Ends:
    """Inputs and outputs, name in the model -> tensor, and how the shapes of inputs are known better.

    Attributes:
        inputs: what is fed.
        outputs: what is computed.
        shapes: input -> shape.
        guessed: which of "inputs" and "outputs" were guessed.
    """

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    shapes: dict[Tensor, TensorShape]
    guessed: list[str]


def ends_of(
    source: Source,
    inputs: str | None,
    outputs: str | None,
    use_graph_names: bool = False,
    fed_anyway: Sequence[str] = (),
) -> Ends:
    """Inputs and outputs of a model.

    Args:
        source: the model.
        inputs: as `parse_inputs` takes them; None for those of the signature, or the placeholders that are needed.
        outputs: names separated by commas; None for those of the signature, or what looks like results.
        use_graph_names: whether names in the model are those of tensors even where a signature has others.
        fed_anyway: names of placeholders with defaults that are inputs all the same.

    Raises:
        UnreadableSource: a name means nothing, or no outputs can be guessed.
        ValueError: an argument is written wrongly, or a shape contradicts the graph.
    """
    guessed: list[str] = []
    if outputs is not None:
        found = dict(find_tensor(source, n.name, source.outputs) for n in parse_inputs(outputs))
    elif source.outputs:
        found = dict(source.outputs)
    else:
        found = {t.name: t for t in guess_outputs(source.graph)}
        guessed.append("outputs")
        if not found:
            raise UnreadableSource(f"No outputs can be guessed for {source.path}: name them with --outputs.")
    given = parse_inputs(inputs) if inputs is not None else []
    if given and (inputs is not None and not all(n.name in source.inputs and n.shape is not None for n in given)):
        fed = dict(find_tensor(source, n.name, source.inputs) for n in given)
    elif source.inputs:
        fed = dict(source.inputs)
    else:
        fed = {t.name: t for t in guess_inputs(found.values())}
        guessed.append("inputs")
    shapes = {find_tensor(source, n.name, source.inputs)[1]: _refined(source, n) for n in given if n.shape is not None}
    for name in fed_anyway:
        key, tensor = find_tensor(source, name, source.inputs)
        fed.setdefault(key, tensor)
    if use_graph_names:
        fed = {t.name: t for t in fed.values()}
        found = {t.name: t for t in found.values()}
    both = fed.keys() & found.keys()
    found = {f"{k}_output" if k in both and fed[k] is not v else k: v for k, v in found.items()}
    return Ends(fed, found, shapes, guessed)


def _refined(source: Source, named: Named) -> TensorShape:
    tensor = find_tensor(source, named.name, source.inputs)[1]
    assert named.shape is not None
    given = TensorShape(list(named.shape))
    if not tensor.shape.is_compatible_with(given):
        raise ValueError(f"{named.name}: the shape {given} contradicts the graph, which has {tensor.shape}")
    return tensor.shape.merge_with(given)


def renamed(ends: Mapping[str, Tensor], names: str | None, what: str) -> dict[str, Tensor]:
    """`ends` under the new names, in order.

    Raises:
        UnreadableSource: their numbers differ, or a name comes twice.
    """
    if not names:
        return dict(ends)
    new = [n.strip() for n in names.split(",")]
    if len(new) != len(ends) or len(set(new)) != len(new):
        raise UnreadableSource(f"--rename-{what} has {len(new)} names for {len(ends)} {what}: {', '.join(ends)}")
    return dict(zip(new, ends.values(), strict=True))
