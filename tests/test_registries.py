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


def ours(table):
    """The op types that the package itself registers; other tests register some of their own."""
    entries = {t: table.get(t) for t in table}
    return [t for t, f in entries.items() if getattr(f, "__module__", "tfcompat").startswith("tfcompat")]


def test_gradients_belong_to_defined_op_types():
    assert [t for t in ours(registry.gradient_of) if not op_def.is_defined(t)] == []


def test_shape_functions_belong_to_defined_op_types():
    assert [t for t in ours(registry.shape_of) if not op_def.is_defined(t)] == []
