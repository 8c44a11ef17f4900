"""The test of all programs of some modules."""

from collections.abc import Callable
from typing import Any

import pytest

import tfcompat.compat.v1 as tf
from tests.steps import observed


def steps_of(*modules: str) -> Callable[[Any], None]:
    """A test that compares each program of tests/steps/<module>.py with what the reference computed."""
    programs = [program for module in modules for program in observed.programs(module)]

    @pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in programs])
    def test(program: Any) -> None:
        problems = observed.differences(tf, program)
        if problems:
            pytest.fail("\n".join([program.__name__, *problems]), pytrace=False)

    return test
