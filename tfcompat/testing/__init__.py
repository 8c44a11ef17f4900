"""`tf.test`: test cases for programs that build graphs. Everything here is imported when it is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import export_lazy

_WHERE = {
    "benchmark": "Benchmark benchmark_config",
    "case": "TestCase",
    "cluster": "create_local_cluster",
    "gradient_checker": "compute_gradient compute_gradient_error",
    "program": "get_temp_dir gpu_device_name is_built_with_cuda is_built_with_gpu_support is_built_with_rocm "
               "is_built_with_xla is_gpu_available main test_src_dir_path",
    "stubs": "StubOutForTesting",
    "tools": "assert_equal_graph_def disable_with_predicate with_eager_op_as_function",
}  # fmt: skip


def _maker(module: str, name: str) -> Callable[[], Any]:
    return lambda: getattr(importlib.import_module(f"tfcompat.testing.{module}"), name)


for _module, _names in _WHERE.items():
    for _name in _names.split():
        export_lazy(f"test.{_name}", _maker(_module, _name))
export_lazy("test.mock", lambda: importlib.import_module("unittest.mock"))
