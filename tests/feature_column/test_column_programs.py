"""Programs of feature columns record the reference's graphs, variables and collections, and answer what it does.

Recorded by `python scripts/record_golden.py tests/feature_column/test_column_programs.py`.
"""

from __future__ import annotations

from tests.feature_column import programs
from tests.parity import harness
from tests.parity.test_parity import differences

PROGRAMS = [
    value
    for name, value in vars(programs).items()
    if callable(value) and getattr(value, "__module__", "") == programs.__name__ and not name.startswith("_")
]


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
    def test_program(program: harness.Program) -> None:
        problems = differences(program, "column_programs")
        if problems:
            pytest.fail(f"{program.__name__}\n" + "\n".join(problems), pytrace=False)
