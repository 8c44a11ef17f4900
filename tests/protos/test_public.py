"""Public names of messages, and the stand-ins for the generated modules."""

import pytest

from tfcompat import protos
from tfcompat.protos import pb2, pool, public


@pytest.mark.parametrize("name", sorted(public.PUBLIC_PROTOS))
def test_public_names_are_messages(name):
    full_name = public.PUBLIC_PROTOS[name]
    assert pool.message_class(full_name).DESCRIPTOR.full_name == full_name
    assert full_name.endswith("." + name.rpartition(".")[2])


def test_public_names_hold_what_programs_use():
    expected = {"GraphDef", "ConfigProto", "GPUOptions", "RunOptions", "Summary", "train.Example", "summary.Event"}
    assert expected <= set(public.PUBLIC_PROTOS)
    assert len(public.PUBLIC_PROTOS) == 44


@pytest.mark.parametrize("name", pb2.pb2_names())
def test_every_attribute_of_a_module_resolves(name):
    module = pb2.pb2_module(name)
    declared = [attribute for attribute in dir(module) if not attribute.startswith("__")]
    assert len(declared) > 1
    for attribute in declared:
        value = getattr(module, attribute)
        assert isinstance(value, int) or hasattr(value, "DESCRIPTOR") or value is module.DESCRIPTOR


def test_modules_show_messages_enums_and_values():
    types = pb2.pb2_module("tensorflow.core.framework.types_pb2")
    assert types.DT_FLOAT == 1
    assert types.DataType.Name(types.DT_HALF) == "DT_HALF"
    assert types.DESCRIPTOR.name == "tensorflow/core/framework/types.proto"
    assert pb2.pb2_module("tensorflow.core.framework.graph_pb2").GraphDef is protos.GraphDef
    assert pb2.pb2_module("tensorflow.core.framework.summary_pb2").HistogramProto is protos.HistogramProto
    assert pb2.pb2_module("tensorflow.core.lib.core.error_codes_pb2").OUT_OF_RANGE == 11


def test_what_a_module_lacks():
    with pytest.raises(AttributeError, match=r"graph_pb2.*Summary"):
        _ = pb2.pb2_module("tensorflow.core.framework.graph_pb2").Summary
    with pytest.raises(ModuleNotFoundError, match="no_such_pb2"):
        pb2.pb2_module("tensorflow.core.framework.no_such_pb2")
