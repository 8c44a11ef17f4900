"""Writing SavedModels."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.variables import all_saveable_objects
from tfcompat.saved_model import constants, files
from tfcompat.saved_model.signatures import predict_signature_def
from tfcompat.training.saver import Saver


@tf_export("saved_model.Builder", "saved_model.builder.SavedModelBuilder")
class SavedModelBuilder:
    """Puts meta graphs, variables and assets into a directory.

    The variables are written once, with the first meta graph (`add_meta_graph_and_variables`); more meta graphs with
    other tags may follow (`add_meta_graph`). `save` writes the main file.

    Args:
        export_dir: the directory, which is made; it may exist when it is empty.

    Raises:
        AssertionError: the directory has something in it.
    """

    def __init__(self, export_dir: str | os.PathLike[str]):
        self._export_dir = os.fsdecode(export_dir)
        self._saved_model = protos.SavedModel(saved_model_schema_version=constants.SCHEMA_VERSION)
        self._has_saved_variables = False
        if os.path.exists(self._export_dir):
            present = os.listdir(self._export_dir)
            if present:
                raise AssertionError(
                    f"Export directory {self._export_dir} already exists, and isn't empty. Please choose a different "
                    f"export directory, or delete all the contents of the specified directory: {present}"
                )
        else:
            os.makedirs(self._export_dir)

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Iterable[str],
        signature_def_map: Mapping[str, Any] | None = None,
        assets_collection: Iterable[Tensor] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Adds the default graph as the first meta graph and writes the variables of `sess`.

        Args:
            sess: the session whose variables are written.
            tags: the tags of the meta graph.
            signature_def_map: name -> `SignatureDef`.
            assets_collection: constants with the paths of files to copy into the model.
            legacy_init_op: older name of `main_op`.
            clear_devices: whether devices are left out.
            main_op: operation that loading runs after the variables are restored.
            strip_default_attrs: whether attributes at their defaults are left out.
            saver: writes the variables; by default a sharded one for all that can be saved.

        Raises:
            AssertionError: variables were written before, or a signature is incomplete.
            KeyError: a signature has a reserved name.
            TypeError: `main_op` is no operation, or an asset no constant string.
            ValueError: the graph has a main operation already.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` "
                "instead."
            )
        saver = self._prepare(signature_def_map, assets_collection, legacy_init_op, main_op, saver)
        prefix = files.variables_prefix(self._export_dir)
        os.makedirs(os.path.dirname(prefix), exist_ok=True)
        saver.save(sess, prefix, write_meta_graph=False, write_state=False)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def add_meta_graph(
        self,
        tags: Iterable[str],
        signature_def_map: Mapping[str, Any] | None = None,
        assets_collection: Iterable[Tensor] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Adds the default graph as another meta graph, which shares the variables that were written.

        Arguments and errors are those of `add_meta_graph_and_variables`.
        """
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        saver = self._prepare(signature_def_map, assets_collection, legacy_init_op, main_op, saver)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)

    def save(self, as_text: bool = False) -> bytes:
        """Writes the main file, as text when `as_text`; returns its path."""
        os.makedirs(self._export_dir, exist_ok=True)
        path = os.path.join(self._export_dir, constants.FILENAME_PBTXT if as_text else constants.FILENAME_PB)
        if as_text:
            data = protos.to_text(self._saved_model).encode()
        else:
            data = self._saved_model.SerializeToString(deterministic=True)
        temporary = f"{path}.tmp{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
        return os.fsencode(path)

    # ---------------------------------------------------------------- parts

    def _prepare(
        self,
        signatures: Mapping[str, Any] | None,
        assets: Iterable[Tensor] | None,
        legacy_init_op: Operation | None,
        main_op: Operation | None,
        saver: Any,
    ) -> Any:
        """Checks and keeps what belongs to a meta graph besides its nodes; returns its saver."""
        _check_signatures(signatures or {})
        self._copy_assets(assets)
        main_op = main_op if main_op is not None else legacy_init_op
        if main_op is not None:
            _note_main_op(main_op)
        return saver or Saver(all_saveable_objects(), sharded=True, allow_empty=True)

    def _copy_assets(self, assets: Iterable[Tensor] | None) -> None:
        """Copies the files that constants name into the model; the graph remembers under which names."""
        names: dict[str, str] = {}
        for tensor in () if assets is None else assets:
            source = _asset_source(tensor)
            name = _free_name(source, names)
            definition = protos.AssetFileDef(filename=name)
            definition.tensor_info.name = tensor.name
            packed = protos.CollectionDef().any_list.value.add()
            packed.type_url = f"type.googleapis.com/{definition.DESCRIPTOR.full_name}"
            packed.value = definition.SerializeToString()
            get_default_graph().add_to_collection(constants.ASSETS_KEY, packed)
            names[name] = source
        for name, source in names.items():
            target = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if not os.path.exists(target):
                shutil.copyfile(source, target)

    def _add(
        self,
        saver: Any,
        tags: Iterable[str],
        signatures: Mapping[str, Any] | None,
        clear_devices: bool,
        strip_default_attrs: bool,
    ) -> None:
        meta = saver.export_meta_graph(clear_devices=clear_devices, strip_default_attrs=strip_default_attrs)
        assets = get_default_graph().get_collection(constants.ASSETS_KEY)
        if assets:
            collection = meta.collection_def[constants.ASSETS_KEY]
            collection.Clear()
            collection.any_list.value.extend(assets)
        meta.meta_info_def.tags.extend(tags)
        for name, signature in (signatures or {}).items():
            meta.signature_def[name].CopyFrom(signature)
        self._saved_model.meta_graphs.append(meta)


export_internal("python.saved_model.builder_impl._SavedModelBuilder", SavedModelBuilder)


def _check_signatures(signatures: Mapping[str, Any]) -> None:
    for name, signature in signatures.items():
        for info in (*signature.inputs.values(), *signature.outputs.values()):
            if not info.WhichOneof("encoding") or info.WhichOneof("encoding") == "name" and not info.name:
                raise AssertionError(
                    f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have one of "
                    "the `encoding` fields (e.g., name or coo_sparse) set."
                )
            if info.WhichOneof("encoding") != "composite_tensor" and not info.dtype:
                raise AssertionError(
                    f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have the "
                    "`dtype` field set."
                )
        if name in (constants.INIT_OP_SIGNATURE, constants.TRAIN_OP_SIGNATURE):
            what = "initialization" if name == constants.INIT_OP_SIGNATURE else "the train op"
            raise KeyError(f'SignatureDef map key "{name}" is reserved for {what}. Please use a different key.')


def _note_main_op(main_op: Any) -> None:
    if not isinstance(main_op, Operation):
        raise TypeError(f"Expected {main_op} to be an Operation but got type {type(main_op)} instead.")
    graph = get_default_graph()
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if graph.get_collection(key):
            raise ValueError(f"Graph already contains one or more main ops under the collection {key}.")
    graph.add_to_collection(constants.MAIN_OP_KEY, main_op)


def _asset_source(tensor: Any) -> str:
    """The path that an asset's tensor holds."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Asset path tensor {tensor} must be a Tensor.")
    if tensor.op.type != "Const":
        raise TypeError(f"Asset path tensor {tensor} must be of type constant. Has type {tensor.op.type} instead.")
    if tensor.dtype != dtypes.string:
        raise TypeError(f"Asset path tensor {tensor} must be of dtype string. Has type {tensor.dtype} instead.")
    value = tensor.op.attrs["value"]
    if value.size != 1:
        raise TypeError(f"Asset path tensor {tensor} must be a scalar.")
    source: str = value.reshape(())[()].decode()
    if not source:
        raise ValueError(f"Asset filepath tensor {tensor} is invalid.")
    return source


def _free_name(source: str, names: Mapping[str, str]) -> str:
    """The base name of `source`, with a number when a file of other contents has it."""
    base = name = os.path.basename(source)
    count = 1
    while name in names and names[name] != source and not filecmp.cmp(names[name], source, shallow=False):
        name = f"{base}_{count}"
        count += 1
    return name


@tf_export("saved_model.simple_save")
def simple_save(
    session: Any,
    export_dir: str | os.PathLike[str],
    inputs: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    legacy_init_op: Operation | None = None,
) -> None:
    """Writes the graph of `session` for serving, with one signature from `inputs` to `outputs`.

    Args:
        session: whose variables are written.
        export_dir: the directory, which must not exist or be empty.
        inputs: name -> tensor.
        outputs: name -> tensor.
        legacy_init_op: operation that loading runs after the variables are restored.
    """
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session,
        tags=[constants.SERVING],
        signature_def_map={constants.DEFAULT_SIGNATURE: predict_signature_def(inputs, outputs)},
        assets_collection=get_default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()


@tf_export("saved_model.signature_def_utils.MethodNameUpdater")
class MethodNameUpdater:
    """Changes the method names of signatures of a SavedModel that exists.

    Args:
        export_dir: its directory.
    """

    def __init__(self, export_dir: str | os.PathLike[str]):
        self._export_dir = os.fsdecode(export_dir)
        self._saved_model = files.read_saved_model(export_dir)

    def replace_method_name(self, signature_key: str, method_name: str, tags: Any = None) -> None:
        """Gives a signature another method name.

        Args:
            signature_key: its name.
            method_name: the method name.
            tags: the tags of the meta graphs to change; all of them when None.

        Raises:
            ValueError: an argument is empty, or no meta graph has the tags or the signature.
        """
        if not signature_key:
            raise ValueError("`signature_key` must be defined.")
        if not method_name:
            raise ValueError("`method_name` must be defined.")
        wanted = None if tags is None else {tags} if isinstance(tags, str) else set(tags)
        chosen = [m for m in self._saved_model.meta_graphs if wanted in (None, set(m.meta_info_def.tags))]
        if not chosen:
            raise ValueError(f"MetaGraphDef associated with tags {tags} could not be found in SavedModel.")
        found = [m for m in chosen if signature_key in m.signature_def]
        if not found:
            raise ValueError(f"MetaGraphDef associated with tags {tags} has no signature {signature_key!r}.")
        for meta in found:
            meta.signature_def[signature_key].method_name = method_name

    def save(self, new_export_dir: str | os.PathLike[str] | None = None) -> None:
        """Writes the main file back, or into `new_export_dir`."""
        folder = os.fsdecode(new_export_dir or self._export_dir)
        os.makedirs(folder, exist_ok=True)
        is_text = not os.path.exists(os.path.join(self._export_dir, constants.FILENAME_PB))
        name = constants.FILENAME_PBTXT if is_text else constants.FILENAME_PB
        data = protos.to_text(self._saved_model).encode() if is_text else self._saved_model.SerializeToString()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
