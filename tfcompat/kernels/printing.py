"""Host kernels that print, format and assert."""

from __future__ import annotations

import logging
import sys

import numpy as np

from tfcompat.graph.confinement import check_path
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.tensor_text import bracketed, summary


@kernel("Assert")
def _assert(k: KernelContext, condition: np.ndarray, *data: np.ndarray) -> tuple[np.ndarray, ...]:
    if condition.ndim:
        raise InvalidArgumentError(None, k.op, f"In[0] should be a scalar: {list(condition.shape)}")
    if not condition:
        parts = " ".join(f"[{summary(x, k.attr('summarize'))}]" for x in data)
        raise InvalidArgumentError(None, k.op, f"assertion failed: {parts}")
    return ()


@kernel("Print")
def _print(k: KernelContext, x: np.ndarray, *data: np.ndarray) -> np.ndarray:
    first = k.attr("first_n")
    if first >= 0:
        memory = k.state.memory_of(k.op)
        printed = memory.get("printed", 0)
        if printed >= first:
            return x
        memory["printed"] = printed + 1
    text = k.attr("message").decode(errors="replace") + "".join(f"[{summary(d, k.attr('summarize'))}]" for d in data)
    print(text, file=sys.stderr, flush=True)
    return x


@kernel("StringFormat")
def _string_format(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    pieces = k.attr("template").decode().split(k.attr("placeholder").decode())
    texts = [bracketed(x, k.attr("summarize")) for x in inputs]
    found = np.empty((), object)
    found[()] = "".join(p + t for p, t in zip(pieces, [*texts, ""], strict=True)).encode()
    return found


@kernel("PrintV2")
def _print_v2(k: KernelContext, text: np.ndarray) -> tuple[np.ndarray, ...]:
    if text.ndim:
        raise InvalidArgumentError(
            None, k.op, f"Input is expected to be scalar, but got [{','.join(map(str, text.shape))}]"
        )
    words: bytes = text.item()
    line = words.decode(errors="replace") + k.attr("end").decode()
    stream = k.attr("output_stream").decode()
    if stream.startswith("file://"):
        check_path(stream[len("file://") :])
        with open(stream[len("file://") :], "a", encoding="utf-8") as file:
            file.write(line)
    elif stream.startswith("log("):
        level = {"log(info)": logging.INFO, "log(warning)": logging.WARNING, "log(error)": logging.ERROR}[stream]
        logging.getLogger("tensorflow").log(level, line.rstrip("\n"))
    else:
        target = sys.stdout if stream == "stdout" else sys.stderr
        target.write(line)
        target.flush()
    return ()
