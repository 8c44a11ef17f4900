"""Loading a SavedModel into a session."""

from __future__ import annotations

import os
from typing import Any

from tfcompat import protos
from tfcompat.graph import nest
from tfcompat.graph.confinement import confined_to
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.saved_model import constants, files
from tfcompat.training.meta_graph import import_meta_graph

tf_export("saved_model.contains_saved_model", "saved_model.loader.maybe_saved_model_directory",
          "saved_model.maybe_saved_model_directory")(files.contains_saved_model)  # fmt: skip


@tf_export("saved_model.load", "saved_model.loader.load")
def load(
    sess: Any,
    tags: Any,
    export_dir: str | os.PathLike[str],
    import_scope: str | None = None,
    **saver_kwargs: Any,
) -> Any:
    """Adds a model to the session's graph, restores its variables and runs its initialization.

    Models of TensorFlow 1 and of TensorFlow 2 load alike; what they compute is named by the signatures of the result.
    Nothing outside `export_dir` is opened.

    Args:
        sess: the session.
        tags: the tags of the meta graph to load; they must be all of its tags.
        export_dir: the directory of the SavedModel.
        import_scope: name scope to put everything below; signatures keep the names without it.
        saver_kwargs: go to `import_meta_graph` (`clear_devices`, `input_map`).

    Returns:
        The `MetaGraphDef`.

    Raises:
        OSError: the directory holds no SavedModel, or a damaged one.
        RuntimeError: no meta graph has these tags.
    """
    return SavedModelLoader(export_dir).load(sess, tags, import_scope, **saver_kwargs)


@tf_export("saved_model.load_v2")
def load_v2(export_dir: str | os.PathLike[str], tags: Any = None, options: Any = None) -> Any:
    """Makes the objects of a model anew in the default graph.

    Variables get their values from the model by their initializers (`tf.global_variables_initializer()`), tables and
    other resources by `tf.tables_initializer()`.

    Args:
        export_dir: the directory of the SavedModel.
        tags: the tags of the meta graph; they may be left out when there is one only.
        options: a `LoadOptions`; accepted.

    Returns:
        For models of TensorFlow 2: the object that was saved, with its attributes (variables, lists, dictionaries,
        assets, tables, functions). For models of TensorFlow 1: an object with `variables`, `graph`, `prune`,
        `asset_paths`, `initializer` and `restore`. Both have `signatures`: functions of tensors by name.

    Raises:
        OSError: the directory holds no SavedModel, or a damaged one.
        ValueError: the model has other tags, or is inconsistent.
    """
    from tfcompat.saved_model.object_loader import ObjectLoader
    from tfcompat.saved_model.version1_objects import load_version1

    saved_model = files.read_saved_model(export_dir)
    metas = saved_model.meta_graphs
    wanted = None if tags is None else sorted(nest.flatten(tags))
    if len(metas) != 1 or not metas[0].HasField("object_graph_def"):
        return load_version1(export_dir, saved_model, wanted)
    present = list(metas[0].meta_info_def.tags)
    if wanted is not None and set(wanted) != set(present):
        raise ValueError(
            f"Got an incompatible argument to `tags`: {tags}. The SavedModel at {os.fsdecode(export_dir)} has one "
            f"MetaGraph with tags {present}. You may omit the argument, pass 'None', or pass matching tags."
        )
    return ObjectLoader(export_dir, metas[0]).load()


class SavedModelLoader:
    """Loads meta graphs of one SavedModel.

    Args:
        export_dir: its directory.
    """

    def __init__(self, export_dir: str | os.PathLike[str]):
        self._export_dir = export_dir
        self._saved_model = files.read_saved_model(export_dir)

    @property
    def export_dir(self) -> str | os.PathLike[str]:
        """The directory."""
        return self._export_dir

    @property
    def variables_path(self) -> str:
        """The prefix of the checkpoint inside."""
        return files.variables_prefix(self._export_dir)

    @property
    def saved_model_proto(self) -> Any:
        """The `SavedModel` message."""
        return self._saved_model

    def get_meta_graph_def_from_tags(self, tags: Any) -> Any:
        """The `MetaGraphDef` with exactly these tags; RuntimeError when there is none."""
        return files.meta_graph_of(self._saved_model, tags)

    def load_graph(self, graph: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
        """Adds the nodes of a meta graph to `graph`.

        Returns:
            Its saver (None without variables), and what `return_elements` asked for.
        """
        meta = self.get_meta_graph_def_from_tags(tags)
        elements = saver_kwargs.pop("return_elements", None)
        with graph.as_default():
            saver, found = import_meta_graph(
                meta, import_scope=import_scope, return_elements=elements or [], **saver_kwargs
            )
        return saver, None if elements is None else found

    def restore_variables(self, sess: Any, saver: Any, import_scope: str | None = None) -> None:
        """Gives the variables the values in the model.

        Raises:
            ValueError: `saver` is None although there are variables.
        """
        from tfcompat.ops.variables import all_saveable_objects

        with sess.graph.as_default():
            if saver is not None:
                with confined_to(os.fsdecode(self._export_dir)):
                    saver.restore(sess, self.variables_path)
            elif all_saveable_objects(scope=import_scope):
                raise ValueError("No tf.train.Saver was passed to the loader although the graph has variables.")

    def run_init_ops(self, sess: Any, tags: Any, import_scope: str | None = None) -> None:
        """Runs the initialization of a meta graph, with the paths of its assets."""
        meta = self.get_meta_graph_def_from_tags(tags)
        with sess.graph.as_default():
            init_op = init_op_of(meta, import_scope)
            if init_op is not None:
                with confined_to(os.fsdecode(self._export_dir)):
                    sess.run([init_op], assets_of(self._export_dir, meta, import_scope))

    def load(self, sess: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
        """See `tf.saved_model.load`."""
        saver, _ = self.load_graph(sess.graph, tags, import_scope, **saver_kwargs)
        self.restore_variables(sess, saver, import_scope)
        self.run_init_ops(sess, tags, import_scope)
        return self.get_meta_graph_def_from_tags(tags)


export_internal("python.saved_model.loader_impl.SavedModelLoader", SavedModelLoader)


def init_op_of(meta: Any, import_scope: str | None = None) -> Any:
    """What initializes a meta graph that was imported into the default graph, or None."""
    graph = get_default_graph()
    prefix = f"{import_scope}/" if import_scope else ""
    if constants.INIT_OP_SIGNATURE in meta.signature_def:
        outputs = meta.signature_def[constants.INIT_OP_SIGNATURE].outputs
        if constants.INIT_OP_SIGNATURE in outputs:
            return graph.as_graph_element(prefix + outputs[constants.INIT_OP_SIGNATURE].name)
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in meta.collection_def:
            names = meta.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(f"Expected exactly one SavedModel init op. Found {len(names)}: {list(names)}.")
            return graph.as_graph_element(prefix + names[0])
    return None


def asset_files(meta: Any) -> list[Any]:
    """The `AssetFileDef` messages of a meta graph."""
    if meta.asset_file_def:
        return list(meta.asset_file_def)
    found = []
    if constants.ASSETS_KEY in meta.collection_def:
        for packed in meta.collection_def[constants.ASSETS_KEY].any_list.value:
            found.append(protos.AssetFileDef.FromString(packed.value))
    return found


def assets_of(export_dir: str | os.PathLike[str], meta: Any, import_scope: str | None = None) -> dict[str, str]:
    """Name of a tensor -> path of the asset that it stands for.

    Raises:
        InvalidArgumentError: an asset lies outside the model's directory.
    """
    prefix = f"{import_scope}/" if import_scope else ""
    return {prefix + a.tensor_info.name: files.asset_path(export_dir, a.filename) for a in asset_files(meta)}
