"""`tf.train.Saver`: writes variables to checkpoints and restores them, keeping a few of the latest."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.constant import constant
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.errors import AlreadyExistsError, FailedPreconditionError, InvalidArgumentError, NotFoundError
from tfcompat.graph.export import tf_export
from tfcompat.io.checkpoint import state
from tfcompat.io.local_path import local_path
from tfcompat.ops import raw_ops
from tfcompat.ops.variables import all_saveable_objects
from tfcompat.platform import logging
from tfcompat.training import saveables as parts
from tfcompat.training.scoped_graph import strip_scope


@tf_export("train.Saver")
class Saver:
    """Saves and restores variables.

    Args:
        var_list: variables, or a dict from names in the checkpoint to variables; all saveable ones by default.
        reshape: whether a restored value of another shape is reshaped to the variable's.
        sharded: whether each device writes a shard of its own that is merged afterwards.
        max_to_keep: how many of the latest checkpoints stay; None or 0 keeps all.
        keep_checkpoint_every_n_hours: one checkpoint that would be removed is kept every so many hours.
        name: name scope of the operations.
        restore_sequentially: accepted; all values are read by one operation.
        saver_def: a `SaverDef` message that names operations which are there already, below `name` if given.
        builder: accepted, not used.
        defer_build: whether to make the operations at the first use.
        allow_empty: whether no variables are an error.
        write_version: `SaverDef.V2`, or `SaverDef.V1` for one file (if `sharded`, one a device) without an index.
        pad_step_number: whether step numbers have eight digits.
        save_relative_paths: whether the state file has relative paths.
        filename: default of the file name tensor.

    Raises:
        ValueError: there is nothing to save, two variables have one name, or `saver_def` names no operations.
        RuntimeError: there is no such version.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = 2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ):
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set defer_build=False or "
                "var_list=None."
            )
        self._var_list = var_list
        self._reshape, self._sharded = reshape, sharded
        self._max_to_keep = max_to_keep
        self._keep_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._allow_empty = allow_empty
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._relative_paths = save_relative_paths
        self._filename = filename
        self._is_empty = False
        self._object_saver: Saver | None = None
        self.saver_def: Any = None if saver_def is None else _below(_checked(saver_def), name)
        self._last_checkpoints: list[tuple[str, float]] = []
        self._next_checkpoint_time = time.time() + keep_checkpoint_every_n_hours * 3600
        if saver_def is not None:
            self._max_to_keep = saver_def.max_to_keep
            self._keep_hours = saver_def.keep_checkpoint_every_n_hours
        elif not defer_build:
            self.build()

    # ---------------------------------------------------------------- operations

    def build(self) -> None:
        """Makes the operations, unless they are there."""
        if self.saver_def is not None:
            return
        variables = self._var_list
        if variables is None:
            variables = all_saveable_objects()
        self._is_empty = not variables
        if self._is_empty:
            if not self._allow_empty:
                raise ValueError("No variables to save")
            return
        found = parts.saveables_of(variables)
        with name_scope(self._name, "save", [s.variable for s in found if hasattr(s.variable, "graph")]):
            default = constant(self._filename or "model", name="filename/input")
            named = raw_ops.PlaceholderWithDefault(input=default, shape=[], name="filename")
            filename = raw_ops.PlaceholderWithDefault(input=named, shape=[], name="Const")
            saved = self._add_save_ops(filename, found)
            restore = parts.add_restore_all(filename, found, self._reshape, self._sharded)
        self.saver_def = protos.SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=saved.name,
            restore_op_name=restore.name,
            max_to_keep=self._max_to_keep or 0,
            sharded=self._sharded,
            keep_checkpoint_every_n_hours=self._keep_hours,
            version=self._write_version,
        )

    def _add_save_ops(self, filename: Any, found: Any) -> Any:
        if self._write_version not in (protos.SaverDef.V1, protos.SaverDef.V2):
            raise RuntimeError(f"Unexpected write_version: {self._write_version}")
        if not self._sharded:
            return parts.add_save_ops(filename, found, self._write_version)
        if self._write_version == protos.SaverDef.V1:
            return parts.add_sharded_save_ops_of_version_1(filename, found)
        return parts.add_sharded_save_ops(filename, found)

    def as_saver_def(self) -> Any:
        """The `SaverDef` message."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The `SaverDef` with names relative to `export_scope`; None when they lie outside."""
        if export_scope is None:
            return self.saver_def
        message = protos.SaverDef.FromString(self.saver_def.SerializeToString())
        for field in _NAME_FIELDS:
            if not getattr(message, field).startswith(export_scope):
                return None
            setattr(message, field, strip_scope(getattr(message, field), export_scope))
        return message

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The saver whose operations `saver_def` names, below `import_scope`."""
        return Saver(saver_def=saver_def, name=import_scope)

    # ---------------------------------------------------------------- saving

    def save(
        self,
        sess: Any,
        save_path: str,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Writes a checkpoint.

        Args:
            sess: the session whose variables are written.
            save_path: prefix of the files.
            global_step: number (or tensor, or variable) appended to the prefix.
            latest_filename: name of the state file.
            meta_graph_suffix: ending of the file with the graph.
            write_meta_graph: whether to write that file.
            write_state: whether to write the state file and remove old checkpoints.
            strip_default_attrs: whether attributes at their defaults are left out of the graph file.
            save_debug_info: whether a file with the lines that made each operation is written beside the graph file.

        Returns:
            The prefix of the checkpoint; None when there is nothing to save.

        Raises:
            TypeError: `sess` is no session.
            ValueError: `save_path` cannot be a prefix.
            OpError: a file cannot be written.
        """
        if not hasattr(sess, "run") or not hasattr(sess, "graph"):
            raise TypeError(f"'sess' must be a Session; {sess}")
        if self.saver_def is None and not self._is_empty:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = latest_filename or "checkpoint"
        save_path = os.fspath(save_path)
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        path = self._checkpoint_path(sess, save_path, global_step, latest_filename)
        folder = os.path.dirname(save_path)
        graph_options = meta_graph_suffix, write_meta_graph, strip_default_attrs, save_debug_info
        if self._is_empty:
            self._write_graph(sess, path, *graph_options)
            return None
        if self.saver_def.version == protos.SaverDef.V1:
            logging.warning(
                "TensorFlow's V1 checkpoint format has been deprecated. Consider switching to the more efficient V2 "
                "format: `tf.train.Saver(write_version=tf.train.SaverDef.V2)`, now on by default."
            )
        try:
            written = sess.run(self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: path})
        except (AlreadyExistsError, FailedPreconditionError, NotFoundError) as error:
            if os.path.isdir(local_path(folder or ".")):
                raise
            raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.") from error
        prefix: str = written.decode()
        if write_state:
            superseded = self._record(prefix)
            state.write_state(folder or ".", prefix, self.last_checkpoints, latest_filename, self._relative_paths)
            for one in superseded:
                state.remove_checkpoint(one, self.saver_def.version, meta_graph_suffix)
        self._write_graph(sess, prefix, *graph_options)
        return prefix

    def _write_graph(
        self, sess: Any, prefix: str, suffix: str, wanted: bool, strip_default_attrs: bool, save_debug_info: bool
    ) -> None:
        if wanted:
            with sess.graph.as_default():
                self.export_meta_graph(
                    state.meta_graph_path(prefix, suffix),
                    strip_default_attrs=strip_default_attrs,
                    save_debug_info=save_debug_info,
                )

    def _checkpoint_path(self, sess: Any, save_path: str, global_step: Any, latest_filename: str) -> str:
        if global_step is None:
            if os.path.basename(save_path) == latest_filename and not self._sharded:
                raise ValueError(f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{save_path}'")
            return save_path
        if not isinstance(global_step, (int, np.integer)):
            global_step = sess.run(global_step)
        number = int(np.asarray(global_step).item())
        return f"{save_path}-{number:08d}" if self._pad_step_number else f"{save_path}-{number}"

    def _record(self, prefix: str) -> list[str]:
        """Makes `prefix` the latest checkpoint; the result are those that are not kept any more."""
        if not self._max_to_keep:
            return []
        self._last_checkpoints = [(p, t) for p, t in self._last_checkpoints if p != prefix]
        self._last_checkpoints.append((prefix, time.time()))
        if len(self._last_checkpoints) <= self._max_to_keep:
            return []
        oldest, written = self._last_checkpoints.pop(0)
        if written > self._next_checkpoint_time:
            self._next_checkpoint_time += self._keep_hours * 3600
            return []
        return [oldest]

    @property
    def last_checkpoints(self) -> list[str]:
        """The prefixes of the checkpoints that are kept, oldest first."""
        return [p for p, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: Sequence[str]) -> None:
        """Replaces the list of kept checkpoints; AssertionError when it is no list."""
        _check_list(last_checkpoints)
        self._last_checkpoints = [(p, time.time()) for p in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Sequence[tuple[str, float]]) -> None:
        """Replaces the list of kept checkpoints and the times they were written; AssertionError when it is no list."""
        _check_list(last_checkpoints_with_time)
        self._last_checkpoints = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """Takes over checkpoints of an earlier run, those that exist."""
        self._last_checkpoints = [(p, t) for p in checkpoint_paths for t in state.get_checkpoint_mtimes([p])]

    # ---------------------------------------------------------------- restoring

    def restore(self, sess: Any, save_path: str) -> None:
        """Gives the variables the values of a checkpoint.

        Raises:
            ValueError: `save_path` is None or names no checkpoint.
            NotFoundError: a variable is not in the checkpoint.
            InvalidArgumentError: a variable has another shape or type there.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        save_path = os.fspath(save_path)
        if not state.checkpoint_exists(save_path):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {save_path}")
        self.build()
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: save_path})
        except NotFoundError as error:
            if self._restore_objects(sess, save_path):
                return
            raise NotFoundError(
                error.node_def,
                error.op,
                "Restoring from checkpoint failed. This is most likely due to a "
                "Variable name or other graph key that is missing from the checkpoint. Please ensure that "
                f"you have not altered the graph expected based on the checkpoint. Original error:\n\n"
                f"{error.message}",
            ) from None
        except InvalidArgumentError as error:
            raise InvalidArgumentError(
                error.node_def,
                error.op,
                "Restoring from checkpoint failed. This is most likely due "
                "to a mismatch between the current graph and the graph from the checkpoint. Please "
                "ensure that you have not altered the graph expected based on the checkpoint. "
                f"Original error:\n\n{error.message}",
            ) from None

    def _restore_objects(self, sess: Any, save_path: str) -> bool:
        """Restores from a checkpoint of objects by the names that its variables had; False when it is none."""
        from tfcompat.training.object_checkpoints import names_by_variable

        keys = names_by_variable(save_path)
        if not keys:
            return False
        found = parts.saveables_of(all_saveable_objects() if self._var_list is None else self._var_list)
        missing = sorted({s.name for s in found} - keys.keys())
        if missing:
            raise ValueError(
                "Existing variables not in the checkpoint (if you intended to restore by object, use "
                f"tf.train.Checkpoint): {', '.join(missing)}"
            )
        logging.warning(
            "Restoring an object-based checkpoint using a name-based saver. This may be somewhat fragile, and will "
            "re-build the Saver. Instead, consider loading object-based checkpoints using tf.train.Checkpoint()."
        )
        if self._object_saver is None:
            self._object_saver = Saver({keys[s.name]: s.variable for s in found})
        self._object_saver.restore(sess, save_path)
        return True

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """Writes the graph, its collections and this saver as a `MetaGraphDef`; see `tf.train.export_meta_graph`."""
        from tfcompat.training.meta_graph import export_meta_graph

        return export_meta_graph(
            filename=filename,
            graph=get_default_graph(),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )


_NAME_FIELDS = ("filename_tensor_name", "save_tensor_name", "restore_op_name")


def _checked(saver_def: Any) -> Any:
    """A copy of a `SaverDef`; ValueError when it is none, or does not say what to run."""
    if type(saver_def).__name__ != "SaverDef":
        raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {saver_def}")
    for field in ("save_tensor_name", "restore_op_name"):
        if not getattr(saver_def, field):
            raise ValueError(f"saver_def must specify the {field}: {saver_def}")
    return protos.SaverDef.FromString(saver_def.SerializeToString())


def _below(saver_def: Any, scope: str | None) -> Any:
    """Puts the names in a `SaverDef` below a scope."""
    for field in _NAME_FIELDS if scope else ():
        setattr(saver_def, field, f"{str(scope).rstrip('/')}/{getattr(saver_def, field)}")
    return saver_def


def _check_list(value: Any) -> None:
    if not isinstance(value, list):
        raise AssertionError(f"a list of checkpoints is expected, not a {type(value).__name__}")
