"""Loop variables that nobody needs: what only counts on beside the loop, or only makes its own next value."""

from __future__ import annotations

from converters.model import live_nodes
from converters.passes.loops.parts import Loop
from converters.passes.substitution import used_names


def without_unused(loop: Loop) -> None:
    """Drops stacks and loop variables that are used neither after the loop nor for what is, and their nodes."""
    loop.stacks = [s for s in loop.stacks if s.stacked.name in loop.used]
    needed = [s for s in loop.states if s.final.name in loop.used]
    while True:
        wanted = {loop.again.name, *(s.item.name for s in loop.stacks), *(s.next.name for s in needed)}
        nodes = live_nodes(loop.nodes, wanted)
        read = wanted | {name for node in nodes for name in used_names(node)}
        more = [s for s in loop.states if s not in needed and s.inside.name in read]
        if not more:
            break
        needed += more
    loop.states = [s for s in loop.states if s in needed]
    loop.nodes = nodes
