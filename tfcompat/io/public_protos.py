"""Protocol messages under their public names."""

from __future__ import annotations

from tfcompat.graph.export import export_lazy
from tfcompat.protos.public import PUBLIC_PROTOS


def _maker(full_name: str):  # type: ignore[no-untyped-def]
    def make():  # type: ignore[no-untyped-def]
        from tfcompat.protos.pool import message_class

        return message_class(full_name)

    return make


for _public, _full in PUBLIC_PROTOS.items():
    export_lazy(_public, _maker(_full))
