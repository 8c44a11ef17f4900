"""What tf2onnx 1.17 converts into operators of ONNX has a form here too, or a reason why not."""

import pathlib

import pytest

import tfcompat.compat.v1  # noqa: F401  # fills the registries
from converters import registry
from tfcompat.graph.function_def import BODIES
from tfcompat.graph.op_def import is_defined
from tfcompat.graph.registry import decomposes
from tfcompat.graph.upstream import MODEL_SOURCES
from tfcompat.kernels.tables import TABLE_MAKERS

OP_TYPES = (pathlib.Path(__file__).parents[1] / "data" / "tf2onnx_op_types.txt").read_text().split()
# of queues and datasets, the outputs are inputs of the file; what makes them stays outside
OUTSIDE = {"FIFOQueueV2", "IteratorV2"}
NOT_CONVERTED = {
    "CudnnRNN": "the reference has no CPU kernel to compare with, and its weights are one opaque vector",
    "RaggedTensorFromVariant": "ONNX has no tensors of lists",
    "RaggedTensorToVariant": "ONNX has no tensors of lists",
    "SampleDistortedBoundingBox": "ONNX has no such random windows; tf2onnx takes the whole image",
    "SampleDistortedBoundingBoxV2": "ONNX has no such random windows; tf2onnx takes the whole image",
}


def is_converted(op_type):
    tables = (registry.converts, registry.converts_state, registry.converts_lists, registry.converts_complex)
    planned = {"Const", "NoOp", *BODIES, *TABLE_MAKERS, *MODEL_SOURCES, *OUTSIDE}
    return op_type in planned or op_type in decomposes or any(op_type in t for t in tables)


@pytest.mark.parametrize("op_type", OP_TYPES)
def test_op_type(op_type):
    registry.load_families()
    if is_defined(op_type):  # tf2onnx makes up names of its own, such as Conv1D
        assert is_converted(op_type) is (op_type not in NOT_CONVERTED)
