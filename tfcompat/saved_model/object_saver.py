"""`tf.saved_model.save`: objects with their variables and functions as SavedModels of TensorFlow 2."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from typing import Any

from tfcompat import protos
from tfcompat.gradients.function import ConcreteFunction, Function
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.function_def import LibraryFunction, function_graphs
from tfcompat.graph.graph import Graph
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import placeholder
from tfcompat.ops.lookup import LookupInterface
from tfcompat.ops.variable_base import Variable
from tfcompat.saved_model import constants, files
from tfcompat.saved_model.options import SaveOptions, VariablePolicy
from tfcompat.saved_model.restored_objects import Asset, TrackableResource, UninitializedVariable
from tfcompat.saved_model.saved_functions import (
    argument_names_message,
    argument_specs,
    body_message,
    called_functions,
    checked_signatures,
    concrete_message,
    default_signature,
    function_spec_message,
    functions_of,
    signature_wrapper,
    tensor_names,
    traced_functions,
)
from tfcompat.saved_model.saved_objects import FixedFunction, SavedConstant, SavedView, Signatures, handle_of
from tfcompat.saved_model.signatures import build_signature_def, build_tensor_info
from tfcompat.saved_model.structures import NotEncodableError
from tfcompat.training import saveables as parts
from tfcompat.training.checkpoint import save_operation, session_for
from tfcompat.training.meta_graph import export_meta_graph
from tfcompat.training.object_checkpoints import OBJECT_GRAPH_KEY, TABLE, VALUE, has_entries, mark_values
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.tracking import TrackedObject, is_trackable, slot_variables


@tf_export("saved_model.save", "saved_model.experimental.save")
def save(
    obj: Any, export_dir: str | os.PathLike[str], signatures: Any = None, options: SaveOptions | None = None
) -> None:
    """Writes an object, the objects that it leads to, and their functions, as TensorFlow 2 does.

    Variables are written with the values that they have in the default session; they have to be resource variables.
    Functions (`tf.function`) are written with the traces that they have in the default graph. What functions use has
    to belong to the object: its variables, tables, assets; constants are written with their values.

    Args:
        obj: a `tf.Module`, `tf.train.Checkpoint` or another object whose attributes are tracked.
        export_dir: the directory, which is made.
        signatures: a `tf.function` with an `input_signature`, a traced function, or a dictionary of them by name; by
            default the only function of `obj` whose arguments are known.
        options: a `SaveOptions`.

    Raises:
        AssertionError: a function uses a variable or table that does not belong to the object.
        FailedPreconditionError: a variable has no value.
        RuntimeError: there is no default session.
        TypeError: a variable is of the ref kind.
        ValueError: `obj` is no such object, a signature returns something else than tensors, or a function uses a
            tensor of the graph that is no constant.
    """
    if not is_trackable(obj):
        raise ValueError(
            "Expected an object of type `Trackable`, such as `tf.Module` or a subclass of the `Trackable` class, for "
            f"export. Got {obj} with type {type(obj)}."
        )
    given = {} if signatures is None else checked_signatures(signatures)
    if signatures is None:
        chosen = default_signature(functions_of(obj)) if hasattr(obj, "__dict__") else None
        given = {} if chosen is None else {constants.DEFAULT_SIGNATURE: chosen}
    for name in (constants.INIT_OP_SIGNATURE, constants.TRAIN_OP_SIGNATURE):
        if name in given:
            raise KeyError(f'SignatureDef map key "{name}" is reserved. Please use a different key.')
    wrapped = {name: signature_wrapper(name, concrete) for name, concrete in given.items()}
    _Exporter(obj, wrapped, os.fsdecode(export_dir), options or SaveOptions()).run()


class _Exporter:
    def __init__(self, root: Any, signatures: Mapping[str, ConcreteFunction], export_dir: str, options: SaveOptions):
        self._view = SavedView(root, signatures)
        self._signatures = signatures
        self._folder = export_dir
        self._options = options
        self._graph = Graph()
        self._messages: dict[str, Any] = {}
        self._inside: dict[int, Tensor] = {}
        self._objects = protos.SavedObjectGraph()
        self._asset_indices: dict[int, int] = {}

    def run(self) -> None:
        """Writes the model: first variables and assets, then the main file."""
        values = self._values()
        self._collect_functions()
        meta = self._meta_graph()
        os.makedirs(os.path.join(self._folder, constants.ASSETS_DIRECTORY), exist_ok=True)
        self._write_values(values)
        self._copy_assets(meta)
        model = protos.SavedModel(saved_model_schema_version=constants.SCHEMA_VERSION, meta_graphs=[meta])
        path = os.path.join(self._folder, constants.FILENAME_PB)
        temporary = f"{path}.tmp{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(model.SerializeToString(deterministic=True))
        os.replace(temporary, path)

    # ---------------------------------------------------------------- values

    def _paths(self) -> dict[int, str]:
        """The path of names to each object."""
        found = {0: ""}
        order = [0]
        for at in order:  # grows while it is walked
            for name, child in self._view.children[at]:
                if child not in found:
                    local = name.replace(".", "..").replace("/", ".S")
                    found[child] = f"{found[at]}/{local}" if found[at] else local
                    order.append(child)
        return found

    def _slots(self) -> list[tuple[int, int, str, Any]]:
        tracked = [TrackedObject("", o) for o in self._view.objects if isinstance(o, (Variable, Optimizer))]
        places = [i for i, o in enumerate(self._view.objects) if isinstance(o, (Variable, Optimizer))]
        return [(places[at], places[of], name, slot) for at, of, name, slot in slot_variables(tracked)]

    def _values(self) -> dict[str, Any]:
        """Key in the checkpoint -> variable or table; makes its graph of objects on the way."""
        view = self._view
        graph = self._checkpoint_graph = protos.TrackableObjectGraph()
        values: dict[str, Any] = {}
        paths = self._paths()
        slots = self._slots()
        for _, _, _, slot in slots:
            view._add(slot)
        owners = {view._ids[id(slot)]: (at, of, name) for at, of, name, slot in slots}
        for i, value in enumerate(view.objects):
            node = graph.nodes.add()
            for name, child in view.children[i]:
                node.children.add(node_id=child, local_name=name)
            path = paths.get(i)
            if path is None and i in owners:
                at, of, name = owners[i]
                path = f"{paths[of]}/.OPTIMIZER_SLOT/{paths[at]}/{name}"
            attribute = VALUE if isinstance(value, Variable) else TABLE if has_entries(value) else None
            if attribute is not None and path is not None:
                key = f"{path}/.ATTRIBUTES/{attribute}" if path else f".ATTRIBUTES/{attribute}"
                full_name = value.name.partition(":")[0] if attribute == VALUE else ""
                node.attributes.add(name=attribute, full_name=full_name, checkpoint_key=key)
                values[key] = value
        for at, of, name, slot in slots:
            graph.nodes[at].slot_variables.add(
                original_variable_node_id=of, slot_name=name, slot_variable_node_id=view._ids[id(slot)]
            )
        mark_values(graph)
        return values

    def _write_values(self, values: Mapping[str, Any]) -> None:
        prefix = files.variables_prefix(self._folder)
        os.makedirs(os.path.dirname(prefix), exist_ok=True)
        saved, path, texts = save_operation(dict(values))
        feeds = {path: prefix, texts[OBJECT_GRAPH_KEY]: self._checkpoint_graph.SerializeToString()}
        session_for(None).run(saved.op, feeds)

    # ---------------------------------------------------------------- functions

    def _collect_functions(self) -> None:
        """The messages of all functions that the objects have, and of those that these call."""
        library = get_default_graph()._library()
        pending = []
        for name, (concrete, bound) in self._view.concrete.items():
            try:
                self._objects.concrete_functions[name].CopyFrom(concrete_message(concrete, bound))
            except NotEncodableError:
                del self._objects.concrete_functions[name]
                continue
            self._messages[name] = body_message(concrete)
            pending.append(name)
        while pending:
            for name in called_functions(self._messages[pending.pop()], library):
                if name not in self._messages:
                    self._messages[name] = library[name].function_def()
                    pending.append(name)
        own = self._graph._library()
        for name, message in self._messages.items():
            own[name] = LibraryFunction(message)

    def _call(self, name: str, given: list[Tensor]) -> Operation:
        """Records a call of a function in the graph that is written."""
        concrete, bound = self._view.concrete[name]
        inputs = given + [self._inside[i] for i in bound]
        types = [t.dtype.base_dtype for t in concrete.outputs]
        definition = op_def("StatefulPartitionedCall")
        attrs = {
            **{key: value.default for key, value in definition.attrs.items() if value.has_default},
            "Tin": [t.dtype.base_dtype for t in inputs],
            "Tout": types,
            "f": FuncRef(name),
        }
        op = self._graph.add_op(definition, inputs, attrs, types, definition.name)
        for tensor, inner in zip(op.outputs, function_graphs(op)[0].outputs, strict=True):
            tensor._shape = inner.shape
        return op

    # ---------------------------------------------------------------- the graph

    def _meta_graph(self) -> Any:
        with self._graph.as_default():
            self._add_objects()
            signatures = {name: self._add_signature(name, f) for name, f in self._signatures.items()}
            init = self._add_initialization()
            saver = None if self._options.experimental_skip_saver else self._add_saver()
            for i in range(len(self._view.objects)):
                self._add_object_message(i)
            meta = export_meta_graph(graph=self._graph, saver_def=saver, collection_list=[])
            info = build_tensor_info_of(init)
            meta.signature_def[constants.INIT_OP_SIGNATURE].outputs[constants.INIT_OP_SIGNATURE].CopyFrom(info)
        for name, signature in signatures.items():
            meta.signature_def[name].CopyFrom(signature)
        meta.collection_def[constants.MAIN_OP_KEY].node_list.value.append(init.name)
        meta.meta_info_def.tags.append(constants.SERVING)
        meta.object_graph_def.CopyFrom(self._objects)
        return self._with_aliases(meta)

    def _with_aliases(self, meta: Any) -> Any:
        for alias, function in self._options.function_aliases.items():
            for concrete in traced_functions(function) if isinstance(function, Function) else [function]:
                meta.meta_info_def.function_aliases[concrete.name.decode()] = alias
        return meta

    def _add_objects(self) -> None:
        """Makes what functions capture anew in the graph that is written."""
        for i, value in enumerate(self._view.objects):
            if isinstance(value, Variable):
                made = UninitializedVariable(
                    value.trainable,
                    value.shape,
                    value.dtype.base_dtype,
                    value.name.partition(":")[0].rpartition("/")[2],
                )
                self._inside[i] = made.handle
                self._objects_variable(i, made)
            elif isinstance(value, Asset):
                self._inside[i] = constant(os.path.basename(value._path), name="asset_path_initializer")
            elif isinstance(value, SavedConstant):
                self._inside[i] = constant(value.value)
        pending = [i for i, o in enumerate(self._view.objects) if i not in self._inside and handle_of(o) is not None]
        for i in pending:
            maker = dict(self._view.children[i]).get("_create_resource")
            if maker is None:
                raise ValueError(f"The resource {self._view.objects[i]} has no function that makes it.")
            self._inside[i] = self._call(self._only_name(maker), []).outputs[0]

    def _objects_variable(self, index: int, made: Any) -> None:
        self.__dict__.setdefault("_made", {})[index] = made

    def _only_name(self, index: int) -> str:
        return self._trace_names(index)[0]

    def _trace_names(self, index: int) -> list[str]:
        """The names of the traces of a function."""
        traces = [self._view.objects[c] for name, c in self._view.children[index] if name.startswith("trace_")]
        return [t.name.decode() for t in traces]

    def _add_signature(self, name: str, concrete: ConcreteFunction) -> Any:
        named = argument_specs(concrete)[1]
        inputs = {
            key: placeholder(named[key].dtype, named[key].shape, name=f"{name}_{key}".strip("_"))
            for key in sorted(named)
        }
        call = self._call(concrete.name.decode(), list(inputs.values()))
        outputs = dict(zip(sorted(concrete.structured_outputs), call.outputs, strict=False))
        return build_signature_def(
            {k: build_tensor_info(t) for k, t in inputs.items()},
            {k: build_tensor_info(t) for k, t in outputs.items()},
            constants.PREDICT_METHOD,
        )

    def _add_initialization(self) -> Operation:
        calls = []
        for i in self._inside:
            filler = dict(self._view.children[i]).get("_initialize")
            if filler is not None:
                calls.append(self._call(self._only_name(filler), []))
        return group(*calls, name="NoOp")  # type: ignore[no-any-return]

    def _add_saver(self) -> Any:
        """The operations that save and restore, for loaders of TensorFlow 1."""
        made: dict[int, Any] = self.__dict__.get("_made", {})
        found = [
            parts.Saveable(a.checkpoint_key, made[i], "")
            for i, node in enumerate(self._checkpoint_graph.nodes)
            for a in node.attributes
            if a.name == VALUE
        ]
        filename = placeholder(dtypes.string, [], name="saver_filename")
        tables = [
            (a.checkpoint_key, i)
            for i, node in enumerate(self._checkpoint_graph.nodes)
            for a in node.attributes
            if a.name == TABLE
        ]
        if not found and not tables:
            return None
        saved = parts.add_sharded_save_ops(filename, found, parts.cpu_of) if found else filename
        restores = list(parts.add_restore_ops(filename, found, reshape=False)) if found else []
        for key, index in tables:
            restores.append(self._restore_table(filename, key, index))
        restored = group(*restores, name="restore_all")
        return protos.SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            version=protos.SaverDef.CheckpointFormatVersion.Value("V2"),
        )

    def _restore_table(self, filename: Tensor, key: str, index: int) -> Operation:
        from tfcompat.ops import raw_ops

        restore = self._view.saveables[index][1]
        types = [s.dtype for s in argument_specs(restore)[0]]
        values = raw_ops.RestoreV2(
            prefix=filename, tensor_names=[f"{key}-keys", f"{key}-values"], shape_and_slices=["", ""], dtypes=types
        )
        return self._call(restore.name.decode(), list(values))

    # ---------------------------------------------------------------- messages of objects

    def _add_object_message(self, index: int) -> None:
        value = self._view.objects[index]
        node = self._objects.nodes.add()
        for name, child in self._view.children[index]:
            node.children.add(node_id=child, local_name=name)
        node.slot_variables.extend(
            protos.TrackableObjectGraph.TrackableObject.SlotVariableReference.FromString(s.SerializeToString())
            for s in self._checkpoint_graph.nodes[index].slot_variables
        )
        for kinds, write in _WRITERS:
            if isinstance(value, kinds):
                write(self, node, value, index)
                return
        _user_object(node, "_generic_user_object")

    def _variable(self, node: Any, value: Any, index: int) -> None:
        message = node.variable
        message.dtype = value.dtype.base_dtype.as_datatype_enum
        message.shape.CopyFrom(value.shape.as_proto())
        message.trainable = value.trainable
        message.synchronization = value.synchronization.value
        message.aggregation = value.aggregation.value
        message.name = value.name.partition(":")[0]
        if self._options.experimental_variable_policy is not VariablePolicy.NONE:
            message.device = value.device

    def _asset(self, node: Any, value: Asset, index: int) -> None:
        self._asset_indices.setdefault(index, len(self._asset_indices))
        node.asset.asset_file_def_index = self._asset_indices[index]

    def _constant(self, node: Any, value: Any, index: int) -> None:
        node.constant.operation = self._inside[index].op.name

    def _function(self, node: Any, value: Function, index: int) -> None:
        names = self._trace_names(index)
        node.function.concrete_functions.extend(n for n in names if n in self._messages)
        node.function.function_spec.CopyFrom(function_spec_message(value))

    def _fixed_function(self, node: Any, value: FixedFunction, index: int) -> None:
        node.function.concrete_functions.append(value.concrete.name.decode())
        function = Function(lambda: None, "function")
        node.function.function_spec.CopyFrom(function_spec_message(function))

    def _concrete(self, node: Any, value: ConcreteFunction, index: int) -> None:
        bare = node.bare_concrete_function
        bare.concrete_function_name = value.name.decode()
        names = tensor_names(value)
        bare.argument_keywords.extend(names)
        is_signature = any(value is s for s in self._signatures.values())
        bare.allowed_positional_arguments = 1 if is_signature and len(names) == 1 else 0 if is_signature else len(names)
        owner = self._owners().get(index)
        if owner is None:
            bare.function_spec.CopyFrom(argument_names_message(names, is_signature))
        else:
            bare.function_spec.CopyFrom(function_spec_message(owner))
            bare.function_spec.input_signature.none_value.SetInParent()

    def _owners(self) -> dict[int, Function]:
        """The `tf.function` that a trace is of, by the index of the trace."""
        view = self._view
        functions = ((o, view.children[i]) for i, o in enumerate(view.objects) if isinstance(o, Function))
        return {child: function for function, traces in functions for _, child in traces}

    def _resource(self, node: Any, value: Any, index: int) -> None:
        if handle_of(value) is None:
            _user_object(node, "_generic_user_object")
            return
        node.resource.device = getattr(value, "_resource_device", "")
        if index in self._view.saveables:
            save_fn, restore_fn = self._view.saveables[index]
            node.saveable_objects[TABLE].save_function = self._extra(save_fn)
            node.saveable_objects[TABLE].restore_function = self._extra(restore_fn)

    def _extra(self, concrete: ConcreteFunction) -> int:
        return self._view._ids[id(concrete)]

    # ---------------------------------------------------------------- assets

    def _copy_assets(self, meta: Any) -> None:
        names: dict[str, str] = {}
        for index in self._asset_indices:
            source = self._view.objects[index]._path
            base = name = os.path.basename(source)
            count = 1
            while name in names and not filecmp.cmp(names[name], source, shallow=False):
                name, count = f"{base}_{count}", count + 1
            names[name] = source
            definition = meta.asset_file_def.add(filename=name)
            definition.tensor_info.name = self._inside[index].name
            shutil.copyfile(source, os.path.join(self._folder, constants.ASSETS_DIRECTORY, name))


def build_tensor_info_of(op: Operation) -> Any:
    """What signatures say of an operation."""
    info = protos.TensorInfo(name=op.name)
    info.tensor_shape.unknown_rank = True
    return info


def _user_object(node: Any, identifier: str) -> None:
    node.user_object.identifier = identifier
    node.user_object.version.producer = 1
    node.user_object.version.min_consumer = 1


def _container(identifier: str) -> Any:
    return lambda exporter, node, value, index: _user_object(node, identifier)


_WRITERS: tuple[tuple[Any, Any], ...] = (
    (Variable, _Exporter._variable),
    (Asset, _Exporter._asset),
    (SavedConstant, _Exporter._constant),
    (FixedFunction, _Exporter._fixed_function),
    (ConcreteFunction, _Exporter._concrete),
    (Function, _Exporter._function),
    ((LookupInterface, TrackableResource), _Exporter._resource),
    (Signatures, _container("signature_map")),
    (dict, _container("trackable_dict_wrapper")),
    (list, _container("trackable_list_wrapper")),
    (tuple, _container("trackable_tuple_wrapper")),
    (Optimizer, _container("optimizer")),
)
