"""`tf.train.Checkpoint`: checkpoints of objects, in graphs."""

from __future__ import annotations

import os
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.default import device, get_default_graph, get_default_session
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.io.checkpoint import state
from tfcompat.io.checkpoint.reader import new_checkpoint_reader
from tfcompat.ops.identity import placeholder
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.state import is_variable_initialized
from tfcompat.ops.variable_base import Variable
from tfcompat.training import saveables as parts
from tfcompat.training.object_checkpoints import OBJECT_GRAPH_KEY, Match, message_of, object_graph
from tfcompat.training.saver import Saver
from tfcompat.training.tracking import (
    AutoTrackable,
    PythonState,
    is_trackable,
    session_sources,
    slot_variables,
    tracked_objects,
)


@tf_export("train.CheckpointOptions")
class CheckpointOptions:
    """Options of `Checkpoint`; accepted, all writing is on this machine and done when the call returns.

    Args:
        experimental_io_device: accepted.
        experimental_enable_async_checkpoint: accepted.
        experimental_write_callbacks: accepted.
        enable_async: accepted.
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: Any = None,
        enable_async: bool = False,
    ):
        self.experimental_io_device = experimental_io_device
        self.enable_async = self.experimental_enable_async_checkpoint = (
            experimental_enable_async_checkpoint or enable_async
        )
        self.experimental_write_callbacks = experimental_write_callbacks


def session_for(session: Any) -> Any:
    """The session to use: the one given, the default one, or Keras' own; RuntimeError when there is none."""
    session = session or get_default_session() or next((source() for source in session_sources), None)
    if session is None:
        raise RuntimeError("There is no default session: pass one, or use `with session.as_default():`.")
    return session


@tf_export("train.Checkpoint")
class Checkpoint(AutoTrackable):
    """Saves and restores what objects depend on: variables by the attributes, keys and indices that lead to them.

    Args:
        kwargs: variables, optimizers, layers, other checkpoints, lists and dicts of these; they become attributes.

    Raises:
        ValueError: an argument holds no state.
    """

    _save_counter: Any = None
    _save_operations: dict[Any, Any]

    def __init__(self, **kwargs: Any):
        super().__init__()
        object.__setattr__(self, "_save_operations", {})
        for name, value in sorted(kwargs.items()):
            value = value() if type(value).__name__ == "weakref" else value
            if not is_trackable(value):
                raise ValueError(
                    f"`Checkpoint` was expecting a trackable object (an object derived from `Trackable`), got {value}. "
                    "If you believe this object should be trackable (i.e. it is part of the TensorFlow Python API and "
                    "manages state), please open an issue."
                )
            setattr(self, name, value)

    @property
    def save_counter(self) -> Any:
        """An int64 variable that counts the calls of `save`."""
        if self._save_counter is None:
            with init_scope(), device("/cpu:0"):
                made = ResourceVariable(0, trainable=False, dtype=dtypes.int64, name="save_counter")
            object.__setattr__(self, "_save_counter", made)
            self._track_trackable(made, "save_counter")
        return self._save_counter

    # ---------------------------------------------------------------- writing

    def write(self, file_prefix: Any, session: Any = None, options: Any = None) -> Any:
        """Writes a checkpoint with just that prefix.

        Args:
            file_prefix: path without endings; its directory is made when it does not exist.
            session: the session with the values; the default one when None.
            options: accepted.

        Returns:
            The prefix. In a `tf.function`, its tensor; each call of the function writes the values of then.
        """
        if isinstance(get_default_graph(), FuncGraph):
            return self._write_operation(file_prefix, *message_of(self))
        return write_objects(self, file_prefix, session_for(session), self._save_operations)

    @staticmethod
    def _write_operation(file_prefix: Any, message: Any, values: dict[str, Any]) -> Any:
        """What writes a checkpoint from inside a function; the result is the prefix."""
        texts = {k: v.serialize() for k, v in values.items() if isinstance(v, PythonState)}
        texts[OBJECT_GRAPH_KEY] = message.SerializeToString()
        given = {**values, **{k: constant(text, dtypes.string) for k, text in texts.items()}}
        found = [s for key, value in given.items() for s in parts.expanded(key, value)]
        prefix = file_prefix if isinstance(file_prefix, Tensor) else constant(os.fspath(file_prefix))
        return parts.add_sharded_save_ops(prefix, found, parts.cpu_of)

    def save(self, file_prefix: Any, session: Any = None, options: Any = None) -> str:
        """Writes the checkpoint `<file_prefix>-<save_counter + 1>` and makes it the latest one of its directory.

        Arguments are those of `write`.

        Returns:
            Its prefix.

        Raises:
            NotImplementedError: this is called in a `tf.function`.
        """
        if isinstance(get_default_graph(), FuncGraph):
            raise NotImplementedError(
                "Calling tf.train.Checkpoint.save() from a function is not supported, as save() modifies saving "
                "metadata in ways not supported by TensorFlow Operations. Consider using tf.train.Checkpoint.write(), "
                "a lower-level API which does not update metadata. tf.train.latest_checkpoint and related APIs will "
                "not see this checkpoint."
            )
        session = session_for(session)
        number = self._count(session)
        path = self.write(f"{os.fspath(file_prefix)}-{number}", session, options)
        state.write_state(os.path.dirname(path) or ".", path, [path], None, save_relative_paths=True)
        return path

    def _count(self, session: Any) -> int:
        """Adds one to the counter, which is initialized when it is not yet."""
        counter = self.save_counter
        operations = self._save_operations
        if counter not in operations:
            with init_scope():
                operations[counter] = counter.assign_add(1, read_value=True), is_variable_initialized(counter)
        add, is_ready = operations[counter]
        if not session.run(is_ready):
            session.run(counter.initializer)
        return int(session.run(add))

    # ---------------------------------------------------------------- reading

    def restore(self, save_path: Any, options: Any = None) -> Any:
        """`read` for what `save` wrote: `save_counter` is among the objects."""
        _ = self.save_counter
        return self.read(save_path, options)

    def read(self, save_path: Any, options: Any = None) -> Any:
        """Matches a checkpoint with the objects by the names of attributes.

        Nothing is restored before the `run_restore_ops(session)` of the result. What is added to the objects until then
        is matched too.

        Args:
            save_path: prefix of a checkpoint, also of one that `tf.train.Saver` wrote; None for none.
            options: accepted.

        Returns:
            A status with `run_restore_ops`, `initialize_or_restore`, `assert_consumed`,
            `assert_existing_objects_matched`, `assert_nontrivial_match` and `expect_partial`.

        Raises:
            NotFoundError: there is no such checkpoint.
        """
        return read_objects(self, save_path)


def write_objects(root: Any, file_prefix: Any, session: Any, operations: dict[Any, Any]) -> str:
    """Writes a checkpoint of what `root` depends on.

    Args:
        root: an object that can be tracked.
        file_prefix: path without endings.
        session: the session with the values.
        operations: those that earlier calls for `root` made, which are used again.

    Returns:
        The prefix.
    """
    message, values = message_of(root)
    path = os.fspath(file_prefix)
    key = get_default_graph(), tuple((k, id(v)) for k, v in values.items())
    if key not in operations:
        operations[key] = save_operation(values)
    saved, prefix, texts = operations[key]
    feeds: dict[Any, Any] = {prefix: path, texts[OBJECT_GRAPH_KEY]: message.SerializeToString()}
    feeds |= {texts[k]: v.serialize() for k, v in values.items() if isinstance(v, PythonState)}
    session.run(saved.op, feeds)
    return path


def save_operation(values: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """What writes a checkpoint, the placeholder of its prefix, and those of strings by key."""
    with init_scope():
        prefix = placeholder(dtypes.string, [], name="file_prefix")
        texts: dict[str, Any] = {}
        found: list[Any] = []
        for key, value in [*values.items(), (OBJECT_GRAPH_KEY, None)]:
            if value is None or isinstance(value, PythonState):
                value = texts[key] = placeholder(dtypes.string, [], name="text")
            found += parts.expanded(key, value)
        return parts.add_sharded_save_ops(prefix, found, parts.cpu_of), prefix, texts


def read_objects(root: Any, save_path: Any) -> Any:
    """Matches a checkpoint with what `root` depends on; see `Checkpoint.read`."""
    if save_path is None:
        return InitializationOnlyStatus(root)
    path = os.fspath(save_path)
    reader = new_checkpoint_reader(path)
    message = object_graph(reader, path)
    if message is None:
        return NameBasedSaverStatus(root, reader, path)
    return CheckpointLoadStatus(root, reader, message, path)


def _initialize(session: Any, variables: list[Any]) -> None:
    """Runs the initializers of those that are not initialized."""
    if variables:
        with init_scope():
            ready = [is_variable_initialized(v) for v in variables]
        flags = session.run(ready)
        session.run([v.initializer for v, flag in zip(variables, flags, strict=True) if not flag])


def _variables_of(root: Any) -> list[Any]:
    objects = tracked_objects(root)
    found = [v for _, v in objects if isinstance(v, Variable)]
    return found + [slot for *_, slot in slot_variables(objects)]


class InitializationOnlyStatus:
    """The result of `restore(None)`."""

    def __init__(self, root: Any):
        self._root = root

    def assert_consumed(self) -> Any:
        """Raises AssertionError: there is no checkpoint."""
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> Any:
        """The status."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Raises AssertionError: there is no checkpoint."""
        raise AssertionError(
            "No checkpoint specified, so no restore ops are available (save_path=None to Saver.restore)."
        )

    def initialize_or_restore(self, session: Any = None) -> None:
        """Initializes the variables that are not yet."""
        _initialize(session_for(session), _variables_of(self._root))


class CheckpointLoadStatus:
    """A checkpoint of objects matched with objects."""

    def __init__(self, root: Any, reader: Any, message: Any, path: str):
        self._root, self._reader, self._message, self._path = root, reader, message, path
        self._assigned: dict[str, Any] = {}
        self._add_operations()

    def _add_operations(self) -> Match:
        """Records the restoring of what has become known since the last call."""
        match = Match(self._root, self._message)
        new = {k: v for k, v in match.values.items() if k not in self._assigned}
        for key in new:
            if isinstance(new[key], PythonState):
                new[key].deserialize(self._reader.get_tensor(key))
                self._assigned[key] = []
        found = [s for k, v in new.items() if not isinstance(v, PythonState) for s in parts.expanded(k, v)]
        if found:
            with init_scope():
                assigns = parts.add_restore_ops(constant(self._path), found, reshape=False)
            for saveable, assign in zip(found, assigns, strict=True):
                self._assigned.setdefault(saveable.name, []).append(assign)
        return match

    def assert_consumed(self) -> Any:
        """Raises AssertionError when an object has no value in the checkpoint, or a value there has no object."""
        self.assert_existing_objects_matched()
        match = self._add_operations()
        for at, node in enumerate(self._message.nodes):
            if node.attributes and at not in match.by_node:
                raise AssertionError(f"Unresolved object in checkpoint {node.attributes[0].checkpoint_key}: {node}")
        return self

    def assert_existing_objects_matched(self) -> Any:
        """Raises AssertionError when an object has no value in the checkpoint."""
        unmatched = self._add_operations().unmatched()
        if unmatched:
            shown = unmatched[:10]
            raise AssertionError(
                f"Found {len(unmatched)} Python objects that were not bound to checkpointed values, likely due to "
                f"changes in the Python program. Showing {len(shown)} of {len(unmatched)} unmatched objects: {shown}"
            )
        return self

    def assert_nontrivial_match(self) -> Any:
        """Raises AssertionError when only the root was matched."""
        match = self._add_operations()
        if len(match.by_node) <= 1:
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. Typically this means that the checkpoint "
                "does not match the Python program. The following objects have no matching checkpointed value: "
                f"{match.unmatched()}"
                if match.unmatched()
                else f"Nothing to load. No dependencies have been added to {self._root} yet."
            )
        return self

    def expect_partial(self) -> Any:
        """The status; what the checkpoint has more is no matter."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Gives the matched variables their values."""
        self._add_operations()
        session_for(session).run([op for operations in self._assigned.values() for op in operations])

    def restore_new(self, session: Any = None) -> None:
        """Gives their values to variables that were not known at the last restoring."""
        known = set(self._assigned)
        self._add_operations()
        session_for(session).run([op for key, ops in self._assigned.items() if key not in known for op in ops])

    def initialize_or_restore(self, session: Any = None) -> None:
        """Gives the matched variables their values, and runs the initializers of the others."""
        session = session_for(session)
        match = self._add_operations()
        restored = {id(v) for v in match.values.values()}
        others = [v.initializer for v in _variables_of(self._root) if id(v) not in restored]
        session.run([others, [op for operations in self._assigned.values() for op in operations]])


class NameBasedSaverStatus:
    """A checkpoint of `tf.train.Saver`, whose values objects get by the names of variables."""

    def __init__(self, root: Any, reader: Any, path: str):
        self._root, self._reader, self._path = root, reader, path

    def assert_consumed(self) -> Any:
        """Raises AssertionError when a variable is not in the checkpoint, or a value there has no variable."""
        self.assert_existing_objects_matched()
        known = {v.op.name for v in self._variables()}
        for name in self._reader.get_variable_to_shape_map():
            if name not in known:
                raise AssertionError(f"Some variables in the checkpoint were not matched: {name}")
        return self

    def assert_existing_objects_matched(self) -> Any:
        """Raises AssertionError when a variable is not in the checkpoint."""
        for variable in self._variables():
            if not self._reader.has_tensor(variable.op.name):
                raise AssertionError(f"Object not found in checkpoint: {variable}")
        return self

    def assert_nontrivial_match(self) -> Any:
        """Raises AssertionError when no variable is in the checkpoint."""
        if not any(self._reader.has_tensor(v.op.name) for v in self._variables()):
            raise AssertionError("None of the variables is in the checkpoint.")
        return self

    def expect_partial(self) -> Any:
        """The status; what the checkpoint has more is no matter."""
        return self

    def _variables(self) -> list[Any]:
        return [v for v in _variables_of(self._root) if v is not getattr(self._root, "_save_counter", None)]

    def run_restore_ops(self, session: Any = None) -> None:
        """Gives the variables their values."""
        Saver(self._variables()).restore(session_for(session), self._path)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Gives the variables that are in the checkpoint their values, and runs the initializers of the others."""
        session = session_for(session)
        found = [v for v in self._variables() if self._reader.has_tensor(v.op.name)]
        _initialize(session, [v for v in _variables_of(self._root) if not any(v is f for f in found)])
        if found:
            Saver(found).restore(session, self._path)


for _class, _name in (
    (Checkpoint, "Checkpoint"),
    (CheckpointLoadStatus, "CheckpointLoadStatus"),
    (InitializationOnlyStatus, "InitializationOnlyStatus"),
    (NameBasedSaverStatus, "NameBasedSaverStatus"),
):
    export_internal(f"python.training.tracking.util.{_name}", _class)
