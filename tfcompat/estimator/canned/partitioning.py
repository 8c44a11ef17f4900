"""How the variables of given models are cut: into one slice, or one for each parameter server."""

from __future__ import annotations

from typing import Any

from tfcompat.ops.partitioners import min_max_variable_partitioner

_LARGE = 64 << 20


def _servers(config: Any) -> int:
    return config.num_ps_replicas if config else 0


def for_layers(config: Any) -> Any:
    """For the layers of a network."""
    return min_max_variable_partitioner(max_partitions=_servers(config))


def for_columns(config: Any) -> Any:
    """For the variables of columns, which are cut above 64 MB."""
    return min_max_variable_partitioner(max_partitions=_servers(config), min_slice_size=_LARGE)
