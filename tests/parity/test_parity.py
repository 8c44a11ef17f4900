"""Parity of recorded graphs, variables, collections and results with the reference's, program by program.

The reference's answers are recorded by `python scripts/record_golden.py tests/parity/test_parity.py`.
"""

from __future__ import annotations

import numpy as np

from tests import compare
from tests.golden_store import golden
from tests.observe import Failure, attempt, module_under_test
from tests.parity import (
    harness,
    programs,
    programs_graph,
    programs_seeds,
    programs_training,
    programs_variables,
)

PROGRAMS = [
    value
    for module in (programs, programs_graph, programs_seeds, programs_training, programs_variables)
    for value in vars(module).values()
    if callable(value) and getattr(value, "__module__", "") == module.__name__ and not value.__name__.startswith("_")
]


def differences(program: harness.Program, family: str = "parity") -> list[str]:
    """Everything in which a program differs from what the reference recorded."""
    store = golden(family)
    row = store.rows.get(harness.key(program))
    if row is None:
        return [f"not recorded: run scripts/record_golden.py tests/parity/test_{family}.py with the reference's Python"]
    seen = attempt("build", lambda: harness.observe(module_under_test(), program))
    if isinstance(seen, Failure):
        return [str(seen)]
    lines = compare.graph_differences(seen["nodes"], store.nodes(row["nodes"]), limit=12)
    for what in ("variables", "collections"):
        if seen[what] != row[what]:
            lines.append(f"{what}: got {seen[what]}\n    expected {row[what]}")
    if isinstance(seen["values"], Failure):
        return [*lines, str(seen["values"])]
    if len(seen["values"]) != len(row["values"]):
        return [*lines, f"{len(seen['values'])} results, expected {len(row['values'])}"]
    for index, (value, ref) in enumerate(zip(seen["values"], row["values"], strict=True)):
        tolerance = compare.tolerance(ref[0], None, 4.0)
        found = compare.array_differences(np.asarray(value), store.array(ref), *tolerance)
        lines += [f"result {index}: {line}" for line in found]
    return lines


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
    def test_program(program: harness.Program) -> None:
        problems = differences(program)
        if problems:
            pytest.fail(f"{program.__name__}\n" + "\n".join(problems), pytrace=False)


if __name__ == "__main__":
    for each in PROGRAMS:
        print(each.__name__, *(differences(each) or ["same"]), sep="\n    ")
