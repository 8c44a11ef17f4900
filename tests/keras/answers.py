"""What programs of tf.keras' models tell: plain numbers, printed lines, refusals; and values to begin with.

It keeps to the syntax of Python 3.7.
"""

import contextlib
import io
import re

import numpy as np

from tests.keras.observed import numbers


def plain(value):
    """`value` in the types of JSON; numbers with six digits."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}")
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.as_list() if hasattr(value, "as_list") else str(value)


def placed(model):
    """`model`, with values that depend on the places and shapes of its variables alone."""
    model.set_weights([numbers(*w.shape.as_list(), salt=i) for i, w in enumerate(model.weights)])
    return model


def sums(model):
    """A number for each variable of `model`."""
    return [float(np.sum(w * np.cos(np.arange(w.size)).reshape(w.shape))) for w in model.get_weights()]


@contextlib.contextmanager
def printed():
    """A list that has, after the block, the lines that were printed in it, with times taken out."""
    lines, stream = [], io.StringIO()
    with contextlib.redirect_stdout(stream):
        yield lines
    text = stream.getvalue().replace("\x08", "").replace("\r", "\n")
    text = re.sub(r"\d+(us|ms|s)(/sample|/step)?", "TIME", text)
    lines += [line.rstrip() for line in text.split("\n") if line.strip()]


def refusal(function):
    """The class and the beginning of the message of the error that `function` raises."""
    try:
        function()
    except Exception as error:
        return [type(error).__name__, str(error)[:40]]
    return None
