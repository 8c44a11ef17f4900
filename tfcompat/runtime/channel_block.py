"""How ONNX Runtime puts the channels of images together on this processor."""

from __future__ import annotations

import functools

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from converters.passes.blocked_biases import DOMAIN

_MOST = 64


@functools.cache
def channel_block() -> int:
    """The number of channels in a block of ONNX Runtime's layout for convolutions; 0 when it has none here.

    Found by putting an image of two points into the layout: there the second point is one block from the first.
    """
    node = helper.make_node("ReorderInput", ["image"], ["blocked"], domain=DOMAIN)
    image, blocked = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, _MOST, 1, 2]) for name in ("image", "blocked")
    )
    graph = helper.make_graph([node], "block", [image], [blocked])
    imports = [helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    points = np.arange(_MOST * 2, dtype=np.float32).reshape(1, _MOST, 1, 2)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found = int(np.argmax(session.run(None, {"image": points})[0].reshape(-1) == 1))
    except Exception:  # ONNX Runtime raises classes of its own for operators that a build lacks
        return 0
    return found if found > 1 else 0
