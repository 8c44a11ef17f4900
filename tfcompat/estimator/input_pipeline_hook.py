"""`tf.data.experimental.CheckpointInputPipelineHook`: where the iterators of an input function are, in checkpoints."""

from __future__ import annotations

from typing import Any

from tfcompat.data.iterator_saving import make_saveable_from_iterator_handle
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.io.checkpoint.state import latest_checkpoint
from tfcompat.training.saver import Saver
from tfcompat.training.saving_hooks import CheckpointSaverHook
from tfcompat.training.session_run_hook import SessionRunContext, SessionRunHook, SessionRunValues


class _InputSaver(Saver):
    """A Saver whose state file has a name of its own.

    Args:
        var_list: what it saves.
        state_filename: the name.
    """

    def __init__(self, var_list: Any, state_filename: str):
        super().__init__(var_list, sharded=True)
        self._state_filename = state_filename

    def save(self, sess: Any, save_path: str, *args: Any, **kwargs: Any) -> str | None:
        kwargs.setdefault("latest_filename", self._state_filename)
        return super().save(sess, save_path, *args, **kwargs)


@tf_export("data.experimental.CheckpointInputPipelineHook")
class CheckpointInputPipelineHook(SessionRunHook):
    """Saves where the iterators of the graph are, as often as an estimator saves variables, and restores that.

    Args:
        estimator: whose `model_dir` and configuration are used.
        external_state_policy: see `tf.data.experimental.make_saveable_from_iterator`.

    Raises:
        ValueError: when training begins: the graph has no iterator.
    """

    def __init__(self, estimator: Any, external_state_policy: str | None = None):
        config = estimator.config
        prefix = "input"
        if config.num_worker_replicas > 1:
            prefix += f"_{config.task_type}_{config.task_id}"
        self._policy = external_state_policy
        self._state_filename = f"checkpoint_{prefix}"
        self._directory = estimator.model_dir
        self._hook = CheckpointSaverHook(
            estimator.model_dir,
            save_secs=config.save_checkpoints_secs,
            save_steps=config.save_checkpoints_steps,
            checkpoint_basename=f"{prefix}.ckpt",
        )

    def begin(self) -> None:
        handles = get_default_graph().get_collection("iterators")
        saveables = [make_saveable_from_iterator_handle(handle, self._policy) for handle in handles]
        if not saveables:
            raise ValueError("No iterator was found in the graph: there is no state of the input to save.")
        self._hook._saver = _InputSaver(saveables, self._state_filename)
        self._hook.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        latest = latest_checkpoint(self._directory, self._state_filename)
        if latest:
            self._hook._saver.restore(session, latest)
            return
        step = session.run(self._hook._global_step_tensor)
        self._hook._save(session, step)
        self._hook._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> Any:
        return self._hook.before_run(run_context)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        self._hook.after_run(run_context, run_values)

    def end(self, session: Any) -> None:
        self._hook.end(session)
