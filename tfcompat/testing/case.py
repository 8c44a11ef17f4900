"""`tf.test.TestCase`: unittest with graphs and sessions."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.default import get_default_graph, get_default_session, reset_default_graph
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor import Tensor
from tfcompat.session.session import Session
from tfcompat.testing.array_assertions import ArrayAssertions
from tfcompat.testing.program import get_temp_dir

SEED = 87654321


class TestCase(ArrayAssertions):
    """Base class of test cases.

    Every test starts with an empty default graph and fixed seeds (of `random`, numpy and the graph).
    """

    __test__ = False

    def __init__(self, methodName: str = "runTest"):
        super().__init__(methodName)
        self._threads: list[CheckedThread] = []
        self._tempdir: str | None = None
        self._cached: tuple[Session, Graph | None, Any, bool] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def setUp(self) -> None:
        """Resets the default graph and the seeds."""
        super().setUp()
        self._close_cached()
        random.seed(SEED)
        np.random.seed(SEED)
        with contextlib.suppress(AssertionError):
            reset_default_graph()
        get_default_graph().seed = SEED
        if self._testMethodName == "test_session":
            self.skipTest("Not a test.")

    def tearDown(self) -> None:
        """Checks the threads and closes the cached session."""
        for thread in self._threads:
            thread.check_termination()
        self._close_cached()
        super().tearDown()

    def _close_cached(self) -> None:
        if self._cached is not None:
            self._cached[0].close()
            self._cached = None

    def get_temp_dir(self) -> str:
        """A folder for this test, made when it is first asked for."""
        if self._tempdir is None:
            self._tempdir = tempfile.mkdtemp(dir=get_temp_dir())
        return self._tempdir

    def enter_context(self, manager: Any) -> Any:
        """Enters a context manager and leaves it after the test; gives what entering gives."""
        return self.enterContext(manager)

    # ---------------------------------------------------------------- sessions

    @contextlib.contextmanager
    def session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[Session]:
        """A context manager that gives a new session as the default, and closes it in the end.

        Args:
            graph: the graph to run; the default graph when None.
            config: a ConfigProto.
            use_gpu: whether operations may go to a GPU; else they go to the CPU.
            force_gpu: whether they all go to the first GPU.
        """
        with Session(graph=graph, config=_config(config, force_gpu)) as session, _devices(session, use_gpu, force_gpu):
            yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[Session]:
        """As `session`, but all calls in one test give the same session, which is closed after the test.

        Raises:
            ValueError: the arguments differ from those of the first call.
        """
        session = self._cached_session(graph, config, force_gpu)
        assert self._cached is not None
        for name, now, first in (
            ("graph", graph, self._cached[1]),
            ("config", config, self._cached[2]),
            ("force_gpu", force_gpu, self._cached[3]),
        ):
            if now is not first:
                raise ValueError(
                    f"The {name} used to get the cached session is different than the one that was used "
                    "to create the session. Maybe create a new session with self.session()"
                )
        with session.graph.as_default(), session.as_default(), _devices(session, use_gpu, force_gpu):
            yield session

    @contextlib.contextmanager
    def test_session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[Session]:
        """The cached session when no graph is given, else a new one; deprecated in favour of the other two."""
        if graph is not None:
            with self.session(graph, config, use_gpu, force_gpu) as session:
                yield session
            return
        session = self._cached_session(graph, config, force_gpu)
        with session.graph.as_default(), session.as_default(), _devices(session, use_gpu, force_gpu):
            yield session

    def _cached_session(self, graph: Graph | None, config: Any, force_gpu: bool) -> Session:
        if self._cached is None:
            self._cached = Session(graph=graph, config=_config(config, force_gpu)), graph, config, force_gpu
        return self._cached[0]

    def evaluate(self, tensors: Any) -> Any:
        """The values of `tensors` (any nesting), in the default session or the cached one."""
        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.test_session() as session:
            return session.run(tensors)

    def evaluate_if_both_tensors(self, a: Any, b: Any) -> tuple[Any, Any]:
        """`a` and `b`, evaluated if both are tensors."""
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            return self.evaluate(a), self.evaluate(b)
        return a, b

    # ---------------------------------------------------------------- threads and streams

    def checkedThread(
        self, target: Callable[..., Any], args: Sequence[Any] | None = None, kwargs: dict[str, Any] | None = None
    ) -> CheckedThread:
        """A thread whose exceptions fail the test; it must be joined before the test ends."""
        thread = CheckedThread(self, target, args, kwargs)
        self._threads.append(thread)
        return thread

    @contextlib.contextmanager
    def captureWritesToStream(self, stream: Any) -> Iterator[CapturedWrites]:
        """Sends what goes to `stream` (a file with a descriptor) into a file; gives an object with `contents()`."""
        stream.flush()
        descriptor = stream.fileno()
        target, path = tempfile.mkstemp(dir=self.get_temp_dir())
        saved = os.dup(descriptor)
        try:
            os.dup2(target, descriptor)
            os.close(target)
            yield CapturedWrites(path)
        finally:
            stream.flush()
            os.dup2(saved, descriptor)
            os.close(saved)


class CapturedWrites:
    """What was written to a captured stream."""

    def __init__(self, path: str):
        self._path = path

    def contents(self) -> str:
        """The text so far."""
        with open(self._path, encoding="utf-8", errors="replace") as file:
            return file.read()


class CheckedThread:
    """A thread of a test, see `TestCase.checkedThread`."""

    def __init__(
        self, testcase: TestCase, target: Callable[..., Any], args: Sequence[Any] | None, kwargs: dict[str, Any] | None
    ):
        self._testcase = testcase
        self._call = lambda: target(*(args or ()), **(kwargs or {}))
        self._error: BaseException | None = None
        self._joined = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # reported by join in the test's own thread
            self._error = error

    def start(self) -> None:
        """Starts it."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Waits for its end; fails the test when it raised an exception."""
        self._joined = True
        self._thread.join()
        if self._error is not None:
            self._testcase.fail(f"Error in checkedThread: {self._error}")

    def check_termination(self) -> None:
        """Fails the test when it was not joined, or still runs."""
        if self._joined and self.is_alive():
            self._testcase.fail("Thread was not joined with main thread, and is still running when the test finished.")
        if not self._joined:
            self._testcase.fail("A checked thread was not joined.")


def _config(config: Any, force_gpu: bool) -> Any:
    """A copy of `config`, or the configuration of tests."""
    made = protos.ConfigProto(allow_soft_placement=not force_gpu)
    if config is not None:
        made.CopyFrom(config)
    return made


def _devices(session: Session, use_gpu: bool, force_gpu: bool) -> Any:
    if force_gpu:
        return session.graph.device("/device:GPU:0")
    return contextlib.nullcontext() if use_gpu else session.graph.device("/device:CPU:0")
