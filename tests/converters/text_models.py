"""What tests of exported models with texts share."""

import numpy as np
import onnxruntime

from tfcompat import onnx as tfonnx


def texts(values):
    """An array of texts."""
    out = np.empty(np.shape(values), object)
    out[...] = values
    return out


def run_model(session, outputs, inputs, feeds):
    """What the exported model gives in plain ONNX Runtime for `feeds`, in the order of `inputs`."""
    model = tfonnx.export(outputs, inputs, session)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    runner = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return runner.run(None, dict(zip([t.name for t in inputs], feeds, strict=True)))


def assert_same(session, outputs, inputs, feeds):
    """Runs a session and the exported model on the same feeds; strings go in as text and are compared as bytes."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    found = run_model(session, outputs, inputs, feeds)
    given = dict(zip([t.name for t in inputs], feeds, strict=True))
    for got, want in zip(found, session.run(outputs, given), strict=True):
        want = np.asarray(want)
        if want.dtype.kind in "OS":
            got = np.asarray(got, object)
            got = np.vectorize(str.encode, otypes=[object])(got) if got.size else got
            want = want.astype(object)
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        assert got.tolist() == want.tolist()
