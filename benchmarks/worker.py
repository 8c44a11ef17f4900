"""One library in one process: answers the harness's requests, a line of JSON each.

    python worker.py tfcompat | tensorflow | onnxruntime

Requests are objects with a "do": "prepare" (build a workload, or load its exported model, and run it three times),
"export" (write the model of a prepared workload), "time" (call it for some time), "construct" (build graphs) and
"memory". The answer has the result's keys, or "error".
"""

import importlib
import json
import os
import statistics
import sys
import time
import warnings

import numpy as np
import workloads

NAMESPACES = {"tfcompat": "tfcompat.compat.v1", "tensorflow": "tensorflow.compat.v1"}
COMPARED_CALLS = 3


class GraphWorker:
    """A library with `Session.run`: tfcompat or TensorFlow."""

    def __init__(self, library):
        self.tf = importlib.import_module(NAMESPACES[library])
        self.tf.disable_v2_behavior()
        self.call = self.session = self.program = None

    def prepare(self, workload, **_):
        tf = self.tf
        if self.session is not None:
            self.session.close()
        row = workloads.WORKLOADS[workload]
        with tf.Graph().as_default() as graph:
            self.program = row.build(tf)
            initialize = tf.global_variables_initializer()
        self.session = tf.Session(graph=graph)
        self.session.run(initialize)
        self.call = self._make_call(row.callable)
        return compared_values(self.call)

    def _make_call(self, as_callable):
        fetches, feeds, calls = self.program.fetches, self.program.feeds, self.program.calls
        if not as_callable:
            run = self.session.run
            if calls > 1:
                return lambda: [run(fetches, feeds) for _ in range(calls)][-1]
            return lambda: run(fetches, feeds)
        function, arrays = self.session.make_callable(fetches, list(feeds)), list(feeds.values())
        return lambda: function(*arrays)

    def export(self, path, **_):
        onnx = importlib.import_module("tfcompat.onnx")
        onnx.export(self.program.fetches, list(self.program.feeds), self.session, path)
        return {"feeds": [array.tolist() for array in self.program.feeds.values()]}

    def construct(self, repeats, **_):
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            operations = workloads.construction(self.tf)
            times.append((time.perf_counter() - started) / operations)
        return {"seconds": statistics.median(times), "operations": operations}


class ModelWorker:
    """Plain ONNX Runtime with its default options on an exported model."""

    def __init__(self):
        self.runtime = importlib.import_module("onnxruntime")
        self.call = None

    def prepare(self, path, feeds, **_):
        session = self.runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        dtypes = {
            "tensor(float)": np.float32,
            "tensor(double)": np.float64,
            "tensor(int64)": np.int64,
            "tensor(int32)": np.int32,
        }
        arrays = {
            value.name: np.array(feed, dtypes[value.type])
            for value, feed in zip(session.get_inputs(), feeds, strict=True)
        }
        run = session.run
        self.call = lambda: run(None, arrays)
        return compared_values(self.call)


def compared_values(call):
    """What the first calls compute, a number each: the mean square of their last result."""
    return {"values": [float(np.mean(np.square(call()[-1], dtype=np.float64))) for _ in range(COMPARED_CALLS)]}


def time_calls(call, seconds):
    """Times of a call, from as many as fit into `seconds` (at least five) after a tenth of that to warm up.

    "seconds" is the median of wall time, "best" its minimum, "processor" what all threads of the process used, by
    call: on a machine that others use too, the last two say more. The time of threads is not booked at once, so that
    it says nothing of a single call.
    """
    clock = time.perf_counter
    until = clock() + seconds / 10
    while clock() < until:
        call()
    times = []
    until, before = clock() + seconds, time.process_time()
    while clock() < until or len(times) < 5:
        started = clock()
        call()
        times.append(clock() - started)
    used = (time.process_time() - before) / len(times)
    return {"seconds": statistics.median(times), "best": min(times), "processor": used, "calls": len(times)}


def peak_memory():
    """The most memory that this process has held at once, in bytes."""
    try:
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    except FileNotFoundError:
        import resource

        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def answer(worker, request):
    """The result of one request as a dict."""
    action = request.pop("do")
    if action == "time":
        return time_calls(worker.call, request["seconds"])
    if action == "memory":
        return {"bytes": peak_memory()}
    return getattr(worker, action)(**request)


def main():
    # Libraries print to standard output as they like: the answers keep the real one for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    library = sys.argv[1]
    worker = None
    for line in sys.stdin:
        try:
            if worker is None:
                worker = ModelWorker() if library == "onnxruntime" else GraphWorker(library)
            result = answer(worker, json.loads(line))
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), file=answers)


if __name__ == "__main__":
    main()
