"""`tf.train.warm_start`: a model that begins with the weights of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.io.checkpoint.reader import checkpoint_prefix
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variable_store import PartitionInfo
from tfcompat.training.checkpoint_utils import init_from_checkpoint, replace_initializer
from tfcompat.training.object_checkpoints import names_by_variable
from tfcompat.training.remapped_matrices import load_and_remap_matrix_initializer


class _VocabInfo(NamedTuple):
    new_vocab: Any
    new_vocab_size: int
    num_oov_buckets: int
    old_vocab: Any
    old_vocab_size: int = -1
    backup_initializer: Any = None
    axis: int = 0


@tf_export("train.VocabInfo")
class VocabInfo(_VocabInfo):
    """The vocabularies of a variable that is warm-started.

    Args:
        new_vocab: path of the vocabulary now, a word a line.
        new_vocab_size: how many of its words count.
        num_oov_buckets: number of buckets for other words.
        old_vocab: path of the vocabulary of the checkpoint.
        old_vocab_size: how many of its words count; all when -1.
        backup_initializer: for words that are new; zeros when None.
        axis: the dimension that the vocabulary belongs to, 0 or 1.

    Raises:
        ValueError: `axis` is neither.
    """

    def __new__(
        cls,
        new_vocab: Any,
        new_vocab_size: int,
        num_oov_buckets: int,
        old_vocab: Any,
        old_vocab_size: int = -1,
        backup_initializer: Any = None,
        axis: int = 0,
    ) -> VocabInfo:
        """The fields, checked."""
        if axis not in (0, 1):
            raise ValueError(f"The only supported values for the axis argument are 0 and 1. Provided axis: {axis}")
        return super().__new__(
            cls, new_vocab, new_vocab_size, num_oov_buckets, old_vocab, old_vocab_size, backup_initializer, axis
        )


@tf_export("train.warm_start")
def warm_start(
    ckpt_to_initialize_from: Any,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Mapping[str, VocabInfo] | None = None,
    var_name_to_prev_var_name: Mapping[str, str] | None = None,
) -> None:
    """Makes the initializers of variables give the values of a checkpoint.

    Args:
        ckpt_to_initialize_from: prefix of the checkpoint, or a directory, whose latest one it is.
        vars_to_warm_start: which variables: a regular expression for names of trainable variables, a list of those for
            names of global variables, a list of variables, or None for those with vocabularies only.
        var_name_to_vocab_info: by name, the vocabularies of variables whose words have changed their order.
        var_name_to_prev_var_name: by name, the names of variables in the checkpoint, where they differ.

    Raises:
        ValueError: the arguments do not fit, a variable is not in the checkpoint, or an entry of the maps is not used.
    """
    vocabularies, previous = dict(var_name_to_vocab_info or {}), dict(var_name_to_prev_var_name or {})
    path = checkpoint_prefix(ckpt_to_initialize_from)
    stored = names_by_variable(path)
    plain: dict[str, Any] = {}
    used: set[str] = set()
    for name, variable in _grouped(vars_to_warm_start).items():
        used.add(name)
        old_name = previous.get(name) or stored.get(name, name)
        info = vocabularies.get(name)
        if info is not None:
            _start_with_vocabulary(variable, path, old_name, info)
        elif vars_to_warm_start:
            plain[old_name] = variable
    if plain:
        init_from_checkpoint(ckpt_to_initialize_from, plain)
    for what, given in (("var_name_to_prev_var_name", previous), ("var_name_to_vocab_info", vocabularies)):
        unused = set(given) - used
        if unused:
            raise ValueError(
                f"You provided the following variables in {what} that were not used: {unused}.  Perhaps you misspelled "
                f"them?  Here is the list of viable variable names: {sorted(used)}"
            )


def _grouped(wanted: Any) -> dict[str, Any]:
    """Name -> variable or list of slices, of those that `vars_to_warm_start` means."""
    graph = get_default_graph()
    if isinstance(wanted, str) or wanted is None:
        variables = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=wanted)
    elif not isinstance(wanted, list):
        raise ValueError("`vars_to_warm_start must be a `list` or `str`.  Given type: " + str(type(wanted)))
    elif all(isinstance(v, str) for v in wanted):
        variables = [v for scope in wanted for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)]
    elif all(isinstance(v, (Variable, PartitionedVariable, list)) for v in wanted):
        variables = wanted
    else:
        raise ValueError(
            "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are "
            f"{[type(v) for v in wanted]}"
        )
    groups: dict[str, Any] = {}
    for variable in variables:
        parts = list(variable) if isinstance(variable, (PartitionedVariable, list)) else [variable]
        for part in parts:
            info = part._get_save_slice_info()
            if info is None:
                groups[part.op.name] = part
            else:
                group = groups.setdefault(info.full_name, [])
                if not any(part is p for p in group):
                    group.append(part)
    return groups


def _start_with_vocabulary(variable: Any, path: str, old_name: str, info: VocabInfo) -> None:
    """Replaces the initializers of a variable, or of its slices, by loads of the remapped matrix."""
    if not (info.new_vocab and info.new_vocab_size and info.old_vocab):
        raise ValueError(
            "Invalid args: Must provide all of [current_vocab_path, current_vocab_size, prev_ckpt, prev_vocab_path}."
        )
    parts: Sequence[Any] = variable if isinstance(variable, list) else [variable]
    rows = sum(p.shape.as_list()[0] for p in parts)
    for part in parts:
        shape = part.shape.as_list()
        place = part._get_save_slice_info()
        where = None if place is None else PartitionInfo(place.full_shape, place.var_offset)
        if info.axis == 0:
            sizes: dict[str, Any] = {
                "new_row_vocab_size": info.new_vocab_size,
                "new_col_vocab_size": shape[1],
                "old_row_vocab_size": info.old_vocab_size,
                "old_row_vocab_file": info.old_vocab,
                "new_row_vocab_file": info.new_vocab,
                "num_row_oov_buckets": info.num_oov_buckets,
            }
        else:
            sizes = {
                "new_row_vocab_size": rows,
                "new_col_vocab_size": info.new_vocab_size,
                "old_col_vocab_file": info.old_vocab,
                "new_col_vocab_file": info.new_vocab,
                "num_col_oov_buckets": info.num_oov_buckets,
            }
        load = load_and_remap_matrix_initializer(
            ckpt_path=path, old_tensor_name=old_name, initializer=info.backup_initializer, **sizes
        )
        replace_initializer(part, convert_to_tensor(load(shape, partition_info=where), part.dtype.base_dtype))


export_internal("python.training.warm_starting_util.VocabInfo", VocabInfo)
export_internal("python.training.warm_starting_util.warm_start", warm_start)
