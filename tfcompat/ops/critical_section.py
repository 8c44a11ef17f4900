"""`tf.CriticalSection`: functions of which one at a time runs."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.default import control_dependencies, get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import identity

CRITICAL_SECTIONS = "critical_sections"
CRITICAL_SECTION_EXECUTIONS = "critical_section_executions"

_Execution = collections.namedtuple("_Execution", ["handle", "resources", "exclusive"])

shape_of("MutexV2", "MutexLock")(scalar)
shape_of("ConsumeMutexLock")(no_outputs)
not_differentiable("MutexV2", "MutexLock", "ConsumeMutexLock")


@tf_export("CriticalSection")
class CriticalSection:
    """Functions executed by it do not overlap, in one run or in several.

    Args:
        name: name of the operation that stands for it.
        shared_name: critical sections of one shared name are one; the name by default.
        critical_section_def: not supported.
        import_scope: not supported.

    Raises:
        ValueError: `critical_section_def` or `import_scope` is given.
    """

    def __init__(
        self,
        name: str | None = None,
        shared_name: str | None = None,
        critical_section_def: Any = None,
        import_scope: Any = None,
    ):
        if critical_section_def is not None:
            raise ValueError("Argument `critical_section_def` is not supported.")
        if import_scope is not None:
            raise ValueError("Argument `import_scope` is not supported.")
        with name_scope(name, "CriticalSection", []) as scope:
            shared_name = scope[:-1] if shared_name is None else shared_name
            self._handle: Tensor = raw_ops.MutexV2(shared_name=shared_name, container="", name=scope)
            self._shared_name = shared_name
        get_default_graph().add_to_collections([CRITICAL_SECTIONS], self)

    @property
    def name(self) -> str:
        """The name of the operation that stands for it."""
        return self._handle.op.name

    def execute(self, fn: Callable[[], Any], exclusive_resource_access: bool = True, name: str | None = None) -> Any:
        """What `fn` returns, computed while no other function of this critical section runs.

        Args:
            fn: called without arguments; returns tensors, operations or structures of them.
            exclusive_resource_access: whether variables and other resources that `fn` uses must not be used by
                functions of other critical sections.
            name: name scope.

        Raises:
            ValueError: `fn` executes in this critical section itself, or a resource is not its own.
        """
        with name_scope(name, "critical_section_execute", []):
            lock = raw_ops.MutexLock(mutex=self._handle)
            graph = get_default_graph()
            before = len(graph._ops)
            running = graph.__dict__.setdefault("_critical_sections_running", [])
            self._check_outer(graph)
            running.append(self._shared_name)
            try:
                with control_dependencies([lock]):
                    result = fn()
            finally:
                running.pop()
            created = graph._ops[before:]
            self._check_direct(created)
            resources = self._resources(created)
            self._check_exclusive(resources, exclusive_resource_access)
            leaves = [v for v in nest.flatten(result, expand_composites=True) if isinstance(v, (Tensor, Operation))]
            ends = [op for op in created if not any(t.consumers() for t in op.outputs)]
            with control_dependencies([*leaves, *ends]):
                consumed = raw_ops.ConsumeMutexLock(mutex_lock=lock)
            with control_dependencies([consumed]):
                result = _behind(result)
            graph.add_to_collections(
                [CRITICAL_SECTION_EXECUTIONS], _Execution(self._handle, resources, exclusive_resource_access)
            )
            return result

    def _check_outer(self, graph: Any) -> None:
        while graph is not None:
            if self._shared_name in graph.__dict__.get("_critical_sections_running", ()):
                raise ValueError(self._direct())
            graph = getattr(graph, "outer_graph", None)

    def _direct(self) -> str:
        return (
            f"Attempting to lock a CriticalSection (shared_name={self._shared_name}) in which we are already "
            "running: the function attempts to directly access the CriticalSection in which it would be running. "
            "This is illegal and would cause deadlocks."
        )

    def _check_direct(self, created: list[Operation]) -> None:
        own = self._handle.op.get_attr("shared_name")
        if any(op.type == "MutexLock" and op.inputs[0].op.get_attr("shared_name") == own for op in created):
            raise ValueError(self._direct())

    def _resources(self, created: list[Operation]) -> frozenset[Tensor]:
        """The resources from outside that the operations use."""
        own = set(created)
        return frozenset(
            t
            for op in created
            for t in op.inputs
            if t.dtype.base_dtype.name == "resource" and t.op not in own and t is not self._handle
        )

    def _check_exclusive(self, resources: frozenset[Tensor], exclusive: bool) -> None:
        for other in get_default_graph().get_collection(CRITICAL_SECTION_EXECUTIONS):
            if other.handle is self._handle or not (exclusive or other.exclusive):
                continue
            shared = resources & other.resources
            if shared:
                names = [t.name for t in shared]
                raise ValueError(
                    f"This execution would access resources: {names}. Either this lock (CriticalSection: "
                    f"{self._handle}) or lock '{other.handle.name}' (CriticalSection: {other.handle}) requested "
                    "exclusive resource access of this resource. Did you mean to call execute with keyword argument "
                    "exclusive_resource_access=False?"
                )


def _behind(result: Any) -> Any:
    """`result` once the operations that the caller depends on have run."""

    def leaf(value: Any) -> Any:
        if isinstance(value, Operation):
            return group(value)
        return identity(value) if isinstance(value, Tensor) or hasattr(value, "component_tensors") else value

    return nest.map_structure(leaf, result) if nest.is_nested(result) else leaf(result)
