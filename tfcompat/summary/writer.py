"""`tf.summary.FileWriter`: summaries and graphs in event files."""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
import weakref
from typing import Any

from tfcompat import protos
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph
from tfcompat.io.event_file import EventsWriter
from tfcompat.io.meta_graph_message import meta_graph_message

_open_writers: weakref.WeakSet[FileWriter] = weakref.WeakSet()
_writers_of_sessions: weakref.WeakKeyDictionary[Any, dict[tuple[str, str], EventsWriter]] = weakref.WeakKeyDictionary()


@tf_export("summary.FileWriter")
class FileWriter:
    """Writes events to a file in `logdir`, which it makes.

    Args:
        logdir: the directory.
        graph: a graph to write first.
        max_queue: how many events may wait to be written.
        flush_secs: after how many seconds those that wait are written.
        graph_def: deprecated; a `GraphDef` to write first.
        filename_suffix: end of the file's name.
        session: writers of one directory with one session write to one file, which stays open as long as the session
            is there.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ):
        self._logdir = os.fspath(logdir)
        os.makedirs(self._logdir, exist_ok=True)
        self._suffix = filename_suffix or ""
        self._files = 1
        self._is_shared = session is not None
        prefix = os.path.join(self._logdir, "events")
        if session is None:
            self._writer = EventsWriter(prefix, self._suffix)
        else:
            shared = _writers_of_sessions.setdefault(session, {})
            self._writer = shared.setdefault((prefix, self._suffix), EventsWriter(prefix, self._suffix))
        self._lock = threading.Lock()
        self._max_queue, self._flush_secs = max_queue, flush_secs
        self._waiting: list[bytes] = []
        self._last_flush = time.monotonic()
        self._closed = False
        self._seen_metadata: set[str] = set()
        self._tagged: set[str] = set()
        _open_writers.add(self)
        if self._writer._writer is None:
            self._writer._writer = self._writer._open()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            self.add_meta_graph(_meta_graph(graph if graph is not None else graph_def))

    def get_logdir(self) -> str:
        """The directory."""
        return self._logdir

    # ---------------------------------------------------------------- adding

    def add_event(self, event: Any) -> None:
        """Adds an `Event`; only warns once the writer is closed."""
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is "
                "explicitly reopened.",
                stacklevel=3,
            )
            return
        with self._lock:
            self._waiting.append(event.SerializeToString())
            full = len(self._waiting) > self._max_queue or time.monotonic() - self._last_flush > self._flush_secs
        if full:
            self.flush()

    def _add(self, global_step: Any = None, **fields: Any) -> None:
        event = protos.Event(wall_time=time.time(), **fields)
        if global_step is not None:
            event.step = int(global_step)
        self.add_event(event)

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Adds a `Summary` message, or a serialised one as a run gives it.

        Metadata of a tag is written the first time only.
        """
        if isinstance(summary, bytes):
            summary = protos.Summary.FromString(summary)
        for value in summary.value:
            if not value.HasField("metadata"):
                continue
            if value.tag in self._seen_metadata:
                value.ClearField("metadata")
            else:
                self._seen_metadata.add(value.tag)
        self._add(global_step, summary=summary)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Adds a `SessionLog`."""
        self._add(global_step, session_log=session_log)

    def add_graph(self, graph: Any = None, global_step: Any = None, graph_def: Any = None) -> None:
        """Adds a graph.

        Raises:
            ValueError: both `graph` and `graph_def` are given, or neither.
            TypeError: `graph` is no graph.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        if graph is None and graph_def is None:
            raise ValueError("Please pass either `graph` or `graph_def` (deprecated).")
        if isinstance(graph, Graph):
            graph_def = graph.as_graph_def(add_shapes=True)
        elif graph is not None:
            if not hasattr(graph, "node"):
                raise TypeError("The passed graph must be an instance of `Graph` or the deprecated `GraphDef`")
            graph_def = graph
        self._add(global_step, graph_def=graph_def.SerializeToString())

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Adds a `MetaGraphDef`; TypeError for anything else."""
        if type(meta_graph_def).__name__ != "MetaGraphDef":
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add(global_step, meta_graph_def=meta_graph_def.SerializeToString())

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Adds the metadata of a run under `tag`; ValueError when the tag was used before."""
        if tag in self._tagged:
            raise ValueError("The provided tag was already used for this event type")
        self._tagged.add(tag)
        tagged = protos.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add(global_step, tagged_run_metadata=tagged)

    # ---------------------------------------------------------------- the file

    def flush(self) -> None:
        """Writes what waits."""
        if self._closed:
            return
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for serialised in waiting:
                self._writer.write_serialized_event(serialised)
            self._writer.flush()
            self._last_flush = time.monotonic()

    def close(self) -> None:
        """Writes what waits and closes the file."""
        self.flush()
        self._closed = True
        if not self._is_shared:
            self._writer.close()

    def reopen(self) -> None:
        """Opens a new file after `close`; does nothing when the writer is open."""
        if self._closed:
            self._closed = self._is_shared = False
            self._files += 1
            self._writer = EventsWriter(os.path.join(self._logdir, "events"), f".{self._files}{self._suffix}")

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _meta_graph(graph: Any) -> Any:
    """A `MetaGraphDef` of a graph or GraphDef, without collections."""
    if isinstance(graph, Graph):
        return meta_graph_message(graph.as_graph_def(add_shapes=True), graph)
    return meta_graph_message(graph, Graph())


@atexit.register
def _write_what_waits() -> None:
    for writer in list(_open_writers):
        writer.flush()


@tf_export("summary.FileWriterCache")
class FileWriterCache:
    """One writer per directory."""

    _writers: dict[str, FileWriter] = {}  # noqa: RUF012  # one table for the process is the point
    _lock = threading.RLock()

    @staticmethod
    def get(logdir: str) -> FileWriter:
        """The writer of a directory, made when there is none."""
        from tfcompat.graph.default import get_default_graph

        with FileWriterCache._lock:
            if logdir not in FileWriterCache._writers:
                FileWriterCache._writers[logdir] = FileWriter(logdir, graph=get_default_graph())
            return FileWriterCache._writers[logdir]

    @staticmethod
    def clear() -> None:
        """Closes all writers and forgets them."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._writers.values():
                writer.close()
            FileWriterCache._writers.clear()
