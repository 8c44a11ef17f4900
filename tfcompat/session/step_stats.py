"""Timings of a run as the messages of `RunMetadata`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.runtime.devices import CPU, DevicePolicy
from tfcompat.runtime.trace import Timing, Trace

_ELEMENT_TYPES = {"float": dtypes.float32, "double": dtypes.float64, "float16": dtypes.float16}


def _all_timings(trace: Trace, order: Iterable[Operation]) -> list[Timing]:
    """The timings, with those of no duration for operations whose results were known or are part of others."""
    timed = {timing.op for timing in trace.timings}
    known = [Timing(op.name, op, "", trace.start, trace.start) for op in order if op not in timed]
    return sorted([*known, *trace.timings], key=lambda timing: timing.start)


def _device_name(timing: Timing, policy: DevicePolicy) -> str:
    if timing.op is not None and timing.kind != CPU:
        return policy.placed_name(timing.op)
    if timing.op is not None and policy.kind_of(timing.op) == CPU:
        return policy.placed_name(timing.op)
    return next((d.name for d in policy.devices() if d.kind == timing.kind), policy.devices()[0].name)


def step_stats(trace: Trace, order: Sequence[Operation], policy: DevicePolicy) -> Any:
    """A StepStats message.

    Args:
        trace: what was measured.
        order: all operations of the run.
        policy: names their devices.
    """
    message = protos.StepStats()
    by_device: dict[str, Any] = {}
    for timing in _all_timings(trace, order):
        device = _device_name(timing, policy)
        if device not in by_device:
            by_device[device] = message.dev_stats.add(device=device)
        _fill_node(by_device[device].node_stats.add(), timing, device)
    for device, stats in list(by_device.items()):
        if ":GPU:" in device:
            stream = message.dev_stats.add(device=f"/device:GPU:{device.rpartition(':')[2]}/stream:all")
            stream.node_stats.extend(n for n in stats.node_stats if n.all_end_rel_nanos)
    return message


def _fill_node(node: Any, timing: Timing, device: str) -> None:
    micros, nanos = timing.start // 1000, timing.end - timing.start
    node.node_name = timing.name
    node.all_start_micros = node.scheduled_micros = micros
    node.all_start_nanos = node.scheduled_nanos = timing.start
    node.op_end_rel_micros = node.all_end_rel_micros = -(-nanos // 1000)
    node.op_end_rel_nanos = node.all_end_rel_nanos = nanos
    node.timeline_label = _label(timing)
    allocator = "GPU_0_bfc" if ":GPU:" in device else "cpu"
    if timing.bytes:
        memory = node.memory.add(
            allocator_name=allocator, total_bytes=timing.bytes, peak_bytes=timing.bytes, live_bytes=timing.bytes
        )
        memory.allocation_records.add(alloc_micros=micros, alloc_bytes=timing.bytes)
    for slot, (element, shape) in enumerate(timing.outputs):
        _fill_tensor(node.output.add(slot=slot).tensor_description, element, shape, allocator)


def _label(timing: Timing) -> str:
    if timing.op is None:
        return timing.name
    inputs = [t.op.name if t.value_index == 0 else t.name for t in timing.op._inputs]
    return f"{timing.name} = {timing.op.type}({', '.join(inputs)})"


def _fill_tensor(tensor: Any, element: str, shape: tuple[int, ...], allocator: str) -> None:
    dtype = _dtype_of(element)
    count = dtype.size if dtype is not None else 0
    for size in shape:
        tensor.shape.dim.add(size=size)
        count *= size
    tensor.shape.SetInParent()
    if dtype is not None:
        tensor.dtype = dtype.as_datatype_enum
    tensor.allocation_description.allocator_name = allocator
    tensor.allocation_description.requested_bytes = tensor.allocation_description.allocated_bytes = max(0, count)


def _dtype_of(element: str) -> dtypes.DType | None:
    """The type that ONNX Runtime's profile, or a host call, names."""
    try:
        return _ELEMENT_TYPES.get(element) or dtypes.as_dtype(element)
    except TypeError:
        return None


def cost_graph(trace: Trace, order: Sequence[Operation], policy: DevicePolicy) -> Any:
    """A CostGraphDef message: the operations with what they took, in microseconds and bytes."""
    message = protos.CostGraphDef()
    timings = {timing.op: timing for timing in trace.timings if timing.op is not None}
    numbers = {op: i for i, op in enumerate(order)}
    for op in order:
        node = message.node.add(name=op.name, id=numbers[op], device=policy.placed_name(op))
        for tensor in op._inputs:
            if tensor.op in numbers:
                node.input_info.add(preceding_node=numbers[tensor.op], preceding_port=tensor.value_index)
        node.control_input.extend(numbers[c] for c in op._control_inputs if c in numbers)
        timing = timings.get(op)
        if timing is not None:
            node.compute_cost = node.compute_time = -(-(timing.end - timing.start) // 1000)
        for index, tensor in enumerate(op._outputs):
            info = node.output_info.add(alias_input_port=-1, dtype=tensor.dtype.base_dtype.as_datatype_enum)
            if timing is not None and index < len(timing.outputs):
                _fill_shape(info, timing.outputs[index])
    return message


def _fill_shape(info: Any, output: tuple[str, tuple[int, ...]]) -> None:
    element, shape = output
    dtype = _dtype_of(element)
    info.size = dtype.size if dtype is not None else 0
    for size in shape:
        info.shape.dim.add(size=size)
        info.size *= size


def partition_graphs(order: Sequence[Operation], policy: DevicePolicy) -> list[Any]:
    """The operations of a run as one GraphDef per device."""
    graphs: dict[str, Any] = {}
    for op in order:
        device = policy.placed_name(op)
        node = graphs.setdefault(device, protos.GraphDef()).node.add()
        node.CopyFrom(op.node_def)
        node.device = device
    return list(graphs.values())
