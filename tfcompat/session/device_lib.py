"""`tensorflow.python.client.device_lib`: which devices there are."""

from __future__ import annotations

from typing import Any

from tfcompat import protos
from tfcompat.graph.export import export_internal


def list_local_devices(session_config: Any = None) -> list[Any]:
    """A `DeviceAttributes` message for each device that a session with `session_config` could use."""
    from tfcompat.session.session import Session

    with Session(config=session_config) as session:
        return [
            protos.DeviceAttributes(
                name=d.name, device_type=d.device_type, memory_limit=d.memory_limit_bytes, incarnation=d.incarnation
            )
            for d in session.list_devices()
        ]


export_internal("python.client.device_lib.list_local_devices", list_local_devices)
