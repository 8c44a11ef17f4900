"""`tf.train.SessionManager`: sessions that are initialized, from a checkpoint or anew."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tfcompat.graph import errors
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.io.checkpoint import state
from tfcompat.platform import logging


@tf_export("train.SessionManager")
class SessionManager:
    """Makes sessions whose variables have values.

    Args:
        local_init_op: initializes what is not in checkpoints.
        ready_op: gives the names of what is not initialized.
        ready_for_local_init_op: the same, of what `local_init_op` needs.
        graph: the graph; the default one when None.
        recovery_wait_secs: seconds between two looks.
        local_init_run_options: options of the run of `local_init_op`.
        local_init_feed_dict: feeds of that run.

    Raises:
        ValueError: `ready_for_local_init_op` is given without `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Any = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ):
        self._graph = graph or get_default_graph()
        self._local_init_op, self._ready_op = local_init_op, ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._recovery_wait_secs = recovery_wait_secs
        self._options, self._feeds = local_init_run_options, local_init_feed_dict
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                f"ready_for_local_init_op [{ready_for_local_init_op}]"
            )

    def _session(self, master: str, config: Any) -> Any:
        from tfcompat.session.session import Session

        return Session(master, graph=self._graph, config=config)

    def _restore(
        self,
        master: str,
        saver: Any,
        checkpoint_dir: str | None,
        filename: str | None,
        wait: bool,
        max_wait_secs: float,
        config: Any,
    ) -> tuple[Any, bool]:
        """(session, whether a checkpoint was restored)."""
        sess = self._session(master, config)
        if checkpoint_dir and filename:
            raise ValueError("Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
        if not saver or not (checkpoint_dir or filename):
            return sess, False
        if filename:
            saver.restore(sess, filename)
            return sess, True
        waited = 0.0
        assert checkpoint_dir is not None
        found = state.get_checkpoint_state(checkpoint_dir)
        while not found or not found.model_checkpoint_path:
            if not wait or waited >= max_wait_secs:
                return sess, False
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs
            found = state.get_checkpoint_state(checkpoint_dir)
        saver.restore(sess, found.model_checkpoint_path)
        saver.recover_last_checkpoints(found.all_model_checkpoint_paths)
        return sess, True

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
    ) -> Any:
        """A session restored from the latest checkpoint, or initialized by `init_op` and `init_fn` when there is none.

        Raises:
            RuntimeError: there is neither a checkpoint nor an `init_op` or `init_fn`, or something stays uninitialized.
        """
        sess, restored = self._restore(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        if not restored:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError("Model is not initialized and no init_op or init_fn or local_init_op was given")
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        done, message = self._try_local_init(sess)
        if not done:
            raise RuntimeError(
                "Init operations did not make model ready for local_init.  Init op: "
                f"{_name(init_op)}, init fn: {init_fn}, error: {message}"
            )
        ready, message = model_is_ready(self._ready_op, sess)
        if not ready:
            raise RuntimeError(
                "Init operations did not make model ready.  Init op: "
                f"{_name(init_op)}, init fn: {init_fn}, local_init_op: {_name(self._local_init_op)}, "
                "error: "
                f"{message}"
            )
        return sess

    def recover_session(
        self,
        master: str,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """(session, whether it is restored from a checkpoint and ready)."""
        sess, restored = self._restore(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        done, message = self._try_local_init(sess)
        if not restored:
            return sess, False
        if not done:
            logging.info("Restoring model from %s did not make model ready for local init: %s", checkpoint_dir, message)
            return sess, False
        ready, message = model_is_ready(self._ready_op, sess)
        if not ready:
            logging.info("Restoring model from %s did not make model ready: %s", checkpoint_dir, message)
            return sess, False
        return sess, True

    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float = float("Inf")) -> Any:
        """A session of a graph that another process initializes, once it is ready.

        Raises:
            DeadlineExceededError: it is not ready in `max_wait_secs` seconds.
        """
        end = time.monotonic() + (max_wait_secs if max_wait_secs is not None else float("Inf"))
        while True:
            sess = self._session(master, config)
            done, message = self._try_local_init(sess)
            if done:
                ready, message = model_is_ready(self._ready_op, sess)
                if ready:
                    return sess
            sess.close()
            remaining = end - time.monotonic() - self._recovery_wait_secs
            if remaining < 0:
                raise errors.DeadlineExceededError(
                    None,
                    None,
                    f"Session was not ready after waiting {max_wait_secs:.0f} secs."
                    if max_wait_secs != float("Inf")
                    else f"Session was not ready: {message}",
                )
            logging.info(
                "Waiting for model to be ready.  Ready_for_local_init_op: %s, ready: %s",
                _name(self._ready_for_local_init_op),
                message,
            )
            time.sleep(self._recovery_wait_secs)

    def _try_local_init(self, sess: Any) -> tuple[bool, str | None]:
        if self._local_init_op is None:
            return True, None
        ready, message = model_is_ready(self._ready_for_local_init_op, sess)
        if not ready:
            return False, message
        sess.run(self._local_init_op, feed_dict=self._feeds, options=self._options)
        return True, None


def model_is_ready(op: Any, sess: Any) -> tuple[bool, str | None]:
    """(whether `op` names nothing that has no value, what it names); `op` None is ready."""
    if op is None:
        return True, None
    try:
        value = sess.run(op)
    except errors.FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            raise
        return False, str(error)
    if value is None or np.size(value) == 0 or np.asarray(value).dtype == np.int32:  # ranks: the run was the check
        return True, None
    names = ", ".join(v.decode() if isinstance(v, bytes) else str(v) for v in np.ravel(value))
    return False, f"Variables not initialized: {names}"


def _name(op: Any) -> str:
    return str(getattr(op, "name", op))
