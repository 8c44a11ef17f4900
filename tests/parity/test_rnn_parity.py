"""Parity of recurrent networks with the reference: graphs outside of loops, variables, results and gradients.

Recorded by `python scripts/record_golden.py tests/parity/test_rnn_parity.py`.
"""

from __future__ import annotations

from tests.parity import harness, programs_rnn
from tests.parity.test_parity import differences

PROGRAMS = [
    value
    for name, value in vars(programs_rnn).items()
    if callable(value) and getattr(value, "__module__", "") == programs_rnn.__name__ and not name.startswith("_")
]


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
    def test_program(program: harness.Program) -> None:
        problems = differences(program, "rnn_parity")
        if problems:
            pytest.fail(f"{program.__name__}\n" + "\n".join(problems), pytrace=False)
