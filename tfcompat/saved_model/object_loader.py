"""`tf.saved_model.load_v2` for models of TensorFlow 2: the objects that were saved, with their functions."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Iterator, Mapping
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import add_to_collection, device, get_default_graph
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.io.checkpoint.reader import new_checkpoint_reader
from tfcompat.ops import raw_ops
from tfcompat.ops.grouping import group
from tfcompat.protos import tensor_proto
from tfcompat.saved_model import files
from tfcompat.saved_model.function_library import renamed_functions
from tfcompat.saved_model.restored_functions import RestoredConcreteFunction, RestoredFunction
from tfcompat.saved_model.restored_objects import Asset, RestoredResource, UninitializedVariable
from tfcompat.saved_model.structures import UnknownSpecError, decoded
from tfcompat.training.object_checkpoints import object_graph
from tfcompat.training.tracking import AutoTrackable

_CONTAINERS = {"trackable_list_wrapper": list, "trackable_dict_wrapper": dict, "trackable_tuple_wrapper": list}


class SignatureMap(Mapping[str, Any]):
    """The signatures of a model by name; each takes tensors by name and gives a dictionary of tensors."""

    def __init__(self, signatures: Mapping[str, Any] | None = None):
        self._signatures = dict(signatures or {})

    def __getitem__(self, key: str) -> Any:
        return self._signatures[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signatures)

    def __len__(self) -> int:
        return len(self._signatures)

    def __repr__(self) -> str:
        return f"_SignatureMap({self._signatures})"


class ObjectLoader:
    """Makes the objects of a model anew in the default graph.

    Args:
        export_dir: the directory of the SavedModel.
        meta: its only meta graph.

    Raises:
        ValueError: the message is inconsistent.
    """

    def __init__(self, export_dir: str | os.PathLike[str], meta: Any):
        self._export_dir = os.fsdecode(export_dir)
        self._meta = meta
        self._nodes = list(meta.object_graph_def.nodes)
        self._check_references()
        self._objects: dict[int, Any] = {}
        self._handles: dict[int, Tensor] = {}
        self._making: list[int] = []
        self._traced: dict[str, RestoredConcreteFunction] = {}
        graph = get_default_graph()
        self._library, self._names = renamed_functions(meta.graph_def.library, graph._library())
        self._constants = {n.name: n for n in meta.graph_def.node if n.op == "Const"}

    def _check_references(self) -> None:
        count = len(self._nodes)
        concrete = self._meta.object_graph_def.concrete_functions
        ids = [c.node_id for n in self._nodes for c in n.children]
        ids += [i for c in concrete.values() for i in c.bound_inputs]
        saved = [f for n in self._nodes for f in n.saveable_objects.values()]
        ids += [i for f in saved for i in (f.save_function, f.restore_function)]
        if not count or not all(0 <= i < count for i in ids):
            raise ValueError(f"{self._export_dir}: the graph of objects refers to nodes that it does not have.")

    def load(self) -> Any:
        """The root object."""
        with init_scope():
            for i, node in enumerate(self._nodes):
                self._make_simple(i, node)
            for i, node in enumerate(self._nodes):
                self._make_function(i, node)
            for i, node in enumerate(self._nodes):
                self._add_children(i, node)
            self._restore()
            self._initialize_resources()
        root = self._objects[0]
        if not isinstance(root, (list, dict)):
            _set(root, "signatures", getattr(root, "signatures", None) or SignatureMap())
            _set(root, "tensorflow_version", self._meta.meta_info_def.tensorflow_version)
            _set(root, "tensorflow_git_version", self._meta.meta_info_def.tensorflow_git_version)
            _set(root, "graph_debug_info", None)
        return root

    # ---------------------------------------------------------------- objects

    def _make_simple(self, index: int, node: Any) -> None:
        """Makes an object that needs no function."""
        kind = node.WhichOneof("kind")
        if kind == "variable":
            v = node.variable
            made: Any = UninitializedVariable(v.trainable, v.shape, v.dtype, v.name or "Variable", v.device)
            self._handles[index] = made.handle
        elif kind == "asset":
            made = Asset(self._asset_path(node.asset.asset_file_def_index))
            self._handles[index] = made.asset_path
        elif kind == "constant":
            made = self._handles[index] = self._constant(node.constant.operation)
        elif kind == "resource":
            made = RestoredResource(node.resource.device)
        elif kind == "user_object":
            made = self._user_object(node.user_object.identifier)
        elif kind is None:
            made = AutoTrackable()
        else:
            return
        self._objects[index] = made

    def _user_object(self, identifier: str) -> Any:
        if identifier == "signature_map":
            return SignatureMap()
        container = _CONTAINERS.get(identifier)
        if container is not None:
            return container()
        return type("_UserObject", (AutoTrackable,), {"__module__": __name__})()

    def _asset_path(self, index: int) -> str:
        assets = self._meta.asset_file_def
        if not 0 <= index < len(assets):
            raise ValueError(f"{self._export_dir}: an object refers to the asset {index} of {len(assets)}.")
        return files.asset_path(self._export_dir, assets[index].filename)

    def _constant(self, name: str) -> Tensor:
        node = self._constants.get(name)
        if node is None:
            raise ValueError(f"{self._export_dir}: an object refers to the constant {name!r}, which is not there.")
        return constant(tensor_proto.tensor_proto_to_array(node.attr["value"].tensor))

    def _handle(self, index: int) -> Tensor:
        """The tensor by which functions take an object."""
        if index not in self._handles:
            node = self._nodes[index]
            if node.WhichOneof("kind") != "resource" or index in self._making:
                raise ValueError(
                    f"{self._export_dir}: functions take the object {index}, which is of a kind that none can take "
                    f"({node.WhichOneof('kind')})."
                )
            children = {c.local_name: c.node_id for c in node.children}
            if "_create_resource" not in children or len(self._making) > 100:
                raise ValueError(f"{self._export_dir}: the resource {index} has no function that makes it.")
            self._making.append(index)
            with device(node.resource.device or None):
                made = self._any_traced(children["_create_resource"])()
            self._making.pop()
            if not isinstance(made, Tensor):
                raise ValueError(f"{self._export_dir}: what makes the resource {index} gives no handle.")
            self._handles[index] = made
            object.__setattr__(self._objects[index], "_resource_handle", made)
        return self._handles[index]

    # ---------------------------------------------------------------- functions

    def _any_traced(self, index: int) -> RestoredConcreteFunction:
        """The traced function, or the only one, behind a node."""
        node = self._nodes[index]
        if node.WhichOneof("kind") == "bare_concrete_function":
            return self._concrete(node.bare_concrete_function.concrete_function_name)
        if node.WhichOneof("kind") != "function" or not node.function.concrete_functions:
            raise ValueError(f"{self._export_dir}: the object {index} is no function.")
        return self._concrete(node.function.concrete_functions[0])

    def _concrete(self, name: str, bare: Any = None) -> RestoredConcreteFunction:
        if bare is None and name in self._traced:
            return self._traced[name]
        message = self._meta.object_graph_def.concrete_functions.get(name)
        function = self._library.get(self._names.get(name, name))
        if message is None or function is None:
            raise ValueError(f"{self._export_dir}: the function {name!r} is not there.")
        structure = decoded(message.canonicalized_input_signature)
        if not (isinstance(structure, tuple) and len(structure) == 2 and isinstance(structure[1], dict)):
            raise ValueError(f"{self._export_dir}: the arguments of the function {name!r} are damaged.")
        made = RestoredConcreteFunction(
            function,
            self._library,
            get_default_graph(),
            [self._handle(i) for i in message.bound_inputs],
            structure,
            decoded(message.output_signature) if message.HasField("output_signature") else None,
            self._variables(),
            list(bare.argument_keywords) if bare is not None else (),
            bare.allowed_positional_arguments if bare is not None else 0,
        )
        made.check()
        if bare is None:
            self._traced[name] = made
        return made

    def _variables(self) -> list[Any]:
        return [o for o in self._objects.values() if isinstance(o, UninitializedVariable)]

    def _make_function(self, index: int, node: Any) -> None:
        kind = node.WhichOneof("kind")
        if kind == "resource":
            self._handle(index)
        elif kind == "bare_concrete_function":
            bare = node.bare_concrete_function
            with contextlib.suppress(UnknownSpecError):
                self._objects[index] = self._concrete(bare.concrete_function_name, bare)
        elif kind == "function":
            self._objects[index] = self._function(node.function)
        elif kind == "captured_tensor":
            raise ValueError(
                f"{self._export_dir}: a function captures {node.captured_tensor.name!r} of another function "
                f"({node.captured_tensor.concrete_function!r}), which load_v2 does not support; "
                "tf.saved_model.load(session, tags, export_dir) runs the signatures of such models."
            )

    def _function(self, message: Any) -> RestoredFunction:
        """A `tf.function` with those of its traced functions whose arguments can exist here."""
        traced, absent = [], []
        for name in message.concrete_functions:
            try:
                traced.append(self._concrete(name))
            except UnknownSpecError as error:
                absent.append(str(error))
        signature, own = _python_signature(message.function_spec)
        return RestoredFunction("restored_function_body", traced, signature, own, absent)

    # ---------------------------------------------------------------- children, values

    def _add_children(self, index: int, node: Any) -> None:
        owner = self._objects.get(index)
        kind = node.WhichOneof("kind")
        if kind not in ("user_object", "resource", None):
            return
        found = [(c.local_name, self._objects[c.node_id]) for c in node.children if c.node_id in self._objects]
        if isinstance(owner, SignatureMap):
            owner._signatures.update(found)
        elif isinstance(owner, dict):
            owner.update(found)
        elif isinstance(owner, list):
            owner.extend(v for _, v in sorted(((n, v) for n, v in found if n.isdecimal()), key=lambda p: int(p[0])))
        else:
            for name, value in found:
                if kind == "resource" and name.startswith("_") and not isinstance(value, AutoTrackable):
                    object.__setattr__(owner, name, value)
                else:
                    _set(owner, name, value)
            if any(n == "__call__" for n, _ in found):
                type(owner).__call__ = _call_attribute  # type: ignore[method-assign]

    def _restore(self) -> None:
        """Gives variables initializers that read the checkpoint, and notes what fills tables from it."""
        holders = [i for i, n in enumerate(self._nodes) if i in self._handles and n.WhichOneof("kind") == "variable"]
        tables = [i for i, n in enumerate(self._nodes) if n.saveable_objects and n.WhichOneof("kind") == "resource"]
        if not holders and not tables:
            return
        prefix = files.variables_prefix(self._export_dir)
        reader = new_checkpoint_reader(prefix)
        saved = object_graph(reader, prefix)
        if saved is None:
            raise ValueError(f"{prefix}: the checkpoint of the SavedModel has no graph of objects.")
        places = _matched(self._nodes, saved.nodes)
        keys: list[tuple[int, str]] = []
        for i in holders:
            key = _key(saved, places.get(i), "VARIABLE_VALUE")
            if key is None:
                raise ValueError(f"{prefix}: the variable {self._objects[i].name} is not in the checkpoint.")
            keys.append((i, key))
        for i in tables:
            keys += self._table_keys(i, saved, places, prefix)
        self._add_restores(prefix, reader, keys)

    def _table_keys(self, index: int, saved: Any, places: Mapping[int, int], prefix: str) -> list[tuple[int, str]]:
        names = list(self._nodes[index].saveable_objects)
        key = _key(saved, places.get(index), "table")
        if names == ["table"]:
            functions = self._nodes[index].saveable_objects["table"]
            pair = self._any_traced(functions.save_function), self._any_traced(functions.restore_function)
            object.__setattr__(self._objects[index], "_saveable_functions", pair)
        if names != ["table"] or key is None:
            raise ValueError(f"{prefix}: a resource keeps {names} in the checkpoint; only tables can be restored.")
        return [(index, key + "-keys"), (index, key + "-values")]

    def _add_restores(self, prefix: str, reader: Any, keys: list[tuple[int, str]]) -> None:
        types = reader.get_variable_to_dtype_map()
        missing = [k for _, k in keys if k not in types]
        if missing:
            raise AssertionError(f"{prefix}: not in the checkpoint: {missing}")
        values = raw_ops.RestoreV2(
            prefix=constant(prefix),
            tensor_names=[k for _, k in keys],
            shape_and_slices=[""] * len(keys),
            dtypes=[types[k] for _, k in keys],
        )
        pending: dict[int, list[Tensor]] = {}
        for (index, _), value in zip(keys, values, strict=True):
            made = self._objects[index]
            value = raw_ops.Identity(input=value)
            if isinstance(made, UninitializedVariable):
                made._initializer_op = raw_ops.AssignVariableOp(resource=made.handle, value=value)
            else:
                pending.setdefault(index, []).append(value)
        for index, parts in pending.items():
            _note_initializer(self._objects[index]._saveable_functions[1].call(parts))

    def _initialize_resources(self) -> None:
        for node in self._nodes:
            if node.WhichOneof("kind") == "resource":
                children = {c.local_name: c.node_id for c in node.children}
                if "_initialize" in children:
                    _note_initializer(self._any_traced(children["_initialize"]).call([]))


def _note_initializer(result: Any) -> None:
    op = result if isinstance(result, Operation) else getattr(result, "op", None)
    add_to_collection(GraphKeys.TABLE_INITIALIZERS, op if op is not None else group(*(t.op for t in result)))


def _call_attribute(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls the function that was saved as `__call__`; TypeError when there is none."""
    function = vars(self).get("__call__")
    if function is None:
        raise TypeError(f"{type(self).__name__!r} object is not callable")
    return function(*args, **kwargs)


def _set(owner: Any, name: str, value: Any) -> None:
    try:
        setattr(owner, name, value)
    except AttributeError:
        raise ValueError(f"An object of a SavedModel cannot have an attribute {name!r}.") from None


def _matched(nodes: list[Any], saved: Any) -> dict[int, int]:
    """Index of an object of the model -> index of the object of the checkpoint that has the same path."""
    found = {0: 0}
    order = [0]
    for at in order:  # grows while it is walked
        names = {c.local_name: c.node_id for c in saved[found[at]].children}
        for child in nodes[at].children:
            if child.local_name in names and child.node_id not in found:
                found[child.node_id] = names[child.local_name]
                order.append(child.node_id)
    back = {there: here for here, there in found.items()}
    for here, there in list(found.items()):
        slots = {
            (back.get(s.original_variable_node_id), s.slot_name): s.slot_variable_node_id
            for s in saved[there].slot_variables
        }
        for slot in nodes[here].slot_variables:
            place = slots.get((slot.original_variable_node_id, slot.slot_name))
            if place is not None:
                found.setdefault(slot.slot_variable_node_id, place)
    return found


def _key(saved: Any, place: int | None, name: str) -> str | None:
    """The key of an attribute of an object of a checkpoint."""
    if place is None:
        return None
    return next((a.checkpoint_key for a in saved.nodes[place].attributes if a.name == name), None)


def _python_signature(spec: Any) -> tuple[inspect.Signature, Any]:
    """The Python signature of a function, without `self`, and its `input_signature`."""
    full = decoded(spec.fullargspec) if spec.HasField("fullargspec") else None
    own = None
    with contextlib.suppress(UnknownSpecError):
        own = decoded(spec.input_signature) if spec.HasField("input_signature") else None
    if full is None or not hasattr(full, "args"):
        raise ValueError("A function of a SavedModel has no description of its arguments.")
    kind = inspect.Parameter
    try:
        args, defaults = list(full.args), list(full.defaults or ())
        if spec.is_method and args:
            args = args[1:]
        parameters = [kind(n, kind.POSITIONAL_OR_KEYWORD) for n in args]
        for i, value in enumerate(
            defaults[-len(args) :] if args else [], start=len(args) - min(len(defaults), len(args))
        ):
            parameters[i] = parameters[i].replace(default=value)
        if full.varargs:
            parameters.append(kind(full.varargs, kind.VAR_POSITIONAL))
        for name in full.kwonlyargs or ():
            default = (full.kwonlydefaults or {}).get(name, kind.empty)
            parameters.append(kind(name, kind.KEYWORD_ONLY, default=default))
        if full.varkw:
            parameters.append(kind(full.varkw, kind.VAR_KEYWORD))
        return inspect.Signature(parameters), own
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"The arguments of a function of a SavedModel are damaged: {error}") from None
