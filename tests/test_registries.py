"""The registries are complete: what runs has a shape function and says whether it has a gradient."""

import pytest

import tfcompat.compat.v1  # noqa: F401  # importing fills the registries
from converters import registry as converters
from tfcompat.graph import op_def, registry

converters.load_families()
RUNNING = sorted({*converters.converts, *converters.converts_state, *registry.kernel, *registry.state_kernel,
                  *registry.decomposes})  # fmt: skip


@pytest.mark.parametrize("op_type", RUNNING)
def test_op_types_that_run_are_defined_and_have_a_shape_function(op_type):
    assert op_def.is_defined(op_type)
    definition = op_def.op_def(op_type)
    assert op_type in registry.shape_of or not definition.outputs


# What is registered before any test runs: programs may register gradients under names of their own.
REGISTERED = {"gradients": list(registry.gradient_of), "shape functions": list(registry.shape_of)}


@pytest.mark.parametrize("table", list(REGISTERED))
def test_what_is_registered_belongs_to_defined_op_types(table):
    names = [t for t in REGISTERED[table] if not t.endswith("OfTests")]  # the names that other test files register
    assert [t for t in names if not op_def.is_defined(t)] == []
