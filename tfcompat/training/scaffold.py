"""`tf.train.Scaffold`: the operations that a training session needs besides the model's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.dtypes import string
from tfcompat.graph.export import tf_export
from tfcompat.ops.concat import concat
from tfcompat.ops.grouping import group, no_op
from tfcompat.ops.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)
from tfcompat.platform import logging
from tfcompat.summary.summary import merge_all
from tfcompat.training.saver import Saver


def _no_resources() -> Any:
    with name_scope("report_uninitialized_resources"), get_default_graph().device("/cpu:0"):
        return constant([], dtype=string)


def _tables_initializer() -> Any:
    found = get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*found, name="init_all_tables") if found else no_op(name="init_all_tables")


def saver_or_default() -> Saver:
    """The one saver of the collection, or a new one in it; RuntimeError when there are several."""
    graph = get_default_graph()
    savers = graph.get_collection(GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError(
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use "
            "by passing "
            "it to the constructor."
        )
    if savers:
        return savers[0]  # type: ignore[no-any-return]
    saver = Saver(sharded=True, allow_empty=True)
    graph.add_to_collection(GraphKeys.SAVERS, saver)
    return saver


@tf_export("train.Scaffold")
class Scaffold:
    """The operations that initialize, check, summarise and save a model; `finalize` makes those that are not given.

    Args:
        init_op: initializes the model.
        init_feed_dict: feeds of its run.
        init_fn: called with (scaffold, session) after it.
        ready_op: gives the names of variables without value.
        ready_for_local_init_op: the same, of what `local_init_op` needs.
        local_init_op: initializes what is not in checkpoints.
        summary_op: all summaries.
        saver: a `Saver`.
        copy_from_scaffold: where arguments that are None come from.
        local_init_feed_dict: feeds of the run of `local_init_op`.

    Raises:
        TypeError: `copy_from_scaffold` is no Scaffold.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Any = None,
        local_init_feed_dict: Any = None,
    ):
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError("copy_from_scaffold is not a Scaffold instance.")
        source = copy_from_scaffold
        given = {
            "init_op": init_op,
            "ready_op": ready_op,
            "ready_for_local_init_op": ready_for_local_init_op,
            "local_init_op": local_init_op,
            "summary_op": summary_op,
            "saver": saver,
            "init_feed_dict": init_feed_dict,
            "local_init_feed_dict": local_init_feed_dict,
        }
        self._saver: Any = None
        for key, value in given.items():
            setattr(self, f"_{key}", getattr(source, f"_{key}") if value is None and source is not None else value)
        self._user_init_fn: Any = init_fn if init_fn or source is None else source._user_init_fn
        self._init_fn = None if self._user_init_fn is None else lambda sess: self._user_init_fn(self, sess)

    def finalize(self) -> Scaffold:
        """Makes what is missing and finalizes the graph."""
        self._init_op = self._or_made(
            "_init_op",
            "init_op",
            GraphKeys.INIT_OP,
            lambda: group(
                global_variables_initializer(),
                no_op(name="init"),
                *get_default_graph().get_collection("saved_model_initializers"),
            ),
        )
        self._ready_op = self._or_made(
            "_ready_op",
            "ready_op",
            GraphKeys.READY_OP,
            lambda: concat([report_uninitialized_variables(), _no_resources()], 0),
        )
        self._ready_for_local_init_op = self._or_made(
            "_ready_for_local_init_op",
            "ready_for_local_init_op",
            GraphKeys.READY_FOR_LOCAL_INIT_OP,
            lambda: concat([report_uninitialized_variables(global_variables()), _no_resources()], 0),
        )
        self._local_init_op = self._or_made(
            "_local_init_op", "local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op
        )
        self._summary_op = self._or_made("_summary_op", "summary_op", GraphKeys.SUMMARY_OP, merge_all)
        if self._saver is None:
            self._saver = saver_or_default()
        self._saver.build()
        get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    def _or_made(self, own: str, name: str, collection: str, make: Callable[[], Any]) -> Any:
        value = getattr(self, own)
        return Scaffold.get_or_default(name, collection, make) if value is None else value

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Callable[[], Any]) -> Any:
        """The one member of a collection, or a new one in it; RuntimeError when there are several."""
        graph = get_default_graph()
        elements = graph.get_collection(collection_key)
        if len(elements) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". Please indicate which '
                "one to use "
                f"by passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)"
            )
        if elements:
            return elements[0]
        made = default_constructor()
        if made is not None:
            graph.add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """Initializes local variables and tables."""
        return group(local_variables_initializer(), _tables_initializer(), no_op(name="init"))

    @property
    def init_fn(self) -> Any:
        """Called with a session after `init_op`."""
        return self._init_fn


def _property(name: str) -> property:
    return property(lambda self: getattr(self, f"_{name}"), doc=f"`{name}` as given, or as `finalize` made it.")


for _key in ("init_op", "init_feed_dict", "ready_op", "ready_for_local_init_op", "local_init_op", "summary_op", "saver",
             "local_init_feed_dict"):  # fmt: skip
    setattr(Scaffold, _key, _property(_key))
