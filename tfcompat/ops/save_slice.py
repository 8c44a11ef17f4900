"""`SaveSliceInfo`: which slice of a larger variable a variable is, so that files hold the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SaveSliceInfo:
    """The place of a slice.

    Args:
        full_name: name of the whole variable.
        full_shape: its shape.
        var_offset: where the slice begins, one number per dimension.
        var_shape: shape of the slice.
        save_slice_info_def: a `SaveSliceInfoDef` message to read these from instead.
        import_scope: scope that is put before the name in the message.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Sequence[int] | None = None,
        var_offset: Sequence[int] | None = None,
        var_shape: Sequence[int] | None = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ):
        if save_slice_info_def is not None:
            message = save_slice_info_def
            self.full_name: Any = f"{import_scope}/{message.full_name}" if import_scope else message.full_name
            self.full_shape: Any = list(message.full_shape)
            self.var_offset: Any = list(message.var_offset)
            self.var_shape: Any = list(message.var_shape)
        else:
            self.full_name = full_name
            self.full_shape = full_shape
            self.var_offset = var_offset
            self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """The place as checkpoints write it: "full sizes offset,length:offset,length ..."."""
        sizes = " ".join(str(d) for d in self.full_shape)
        places = ":".join(f"{o},{s}" for o, s in zip(self.var_offset, self.var_shape, strict=True))
        return f"{sizes} {places}"

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The place as a `SaveSliceInfoDef` message; None when the name is outside `export_scope`."""
        from tfcompat import protos

        if export_scope and not self.full_name.startswith(export_scope):
            return None
        name = self.full_name
        if export_scope and name.startswith(export_scope + "/"):
            name = name[len(export_scope) + 1 :]
        return protos.SaveSliceInfoDef(
            full_name=name, full_shape=self.full_shape, var_offset=self.var_offset, var_shape=self.var_shape
        )
