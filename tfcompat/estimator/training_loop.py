"""The training loop of an estimator and its hooks."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.platform import logging
from tfcompat.summary.summary import scalar
from tfcompat.training.basic_session_run_hooks import LoggingTensorHook, NanTensorHook
from tfcompat.training.monitored_session import MonitoredTrainingSession
from tfcompat.training.saver import Saver
from tfcompat.training.saving_hooks import CheckpointSaverHook


def train_with_spec(
    spec: Any, hooks: list[Any], listeners: list[Any], global_step: Any, model_dir: str, config: Any, session: Any
) -> Any:
    """Runs the training operation until a hook or the input stops it; the last loss, None without any step.

    Raises:
        ValueError: there are listeners, but nothing saves.
    """
    graph = get_default_graph()
    if not any(summary.op.name == "loss" for summary in graph.get_collection(GraphKeys.SUMMARIES)):
        scalar("loss", spec.loss)
    graph.add_to_collection(GraphKeys.LOSSES, spec.loss)
    every = [*hooks, NanTensorHook(spec.loss)]
    if config.log_step_count_steps is not None:
        every.append(
            LoggingTensorHook({"loss": spec.loss, "step": global_step}, every_n_iter=config.log_step_count_steps)
        )
    every += spec.training_hooks
    if not (spec.scaffold.saver or graph.get_collection(GraphKeys.SAVERS)):
        saver = Saver(
            sharded=True,
            max_to_keep=config.keep_checkpoint_max,
            keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
            defer_build=True,
            save_relative_paths=True,
        )
        graph.add_to_collection(GraphKeys.SAVERS, saver)
    saving = _saving_hooks(spec, every, listeners, model_dir, config)
    loss = None
    with MonitoredTrainingSession(
        checkpoint_dir=model_dir,
        scaffold=spec.scaffold,
        hooks=every,
        chief_only_hooks=[*saving, *spec.training_chief_hooks],
        save_checkpoint_secs=0,
        save_summaries_steps=config.save_summary_steps,
        config=session,
        max_wait_secs=config.session_creation_timeout_secs,
        log_step_count_steps=config.log_step_count_steps,
        save_graph_def=config.checkpoint_save_graph_def,
    ) as training:
        made_step = False
        while not training.should_stop():
            _, loss = training.run([spec.train_op, spec.loss])
            made_step = True
    if not made_step:
        logging.warning("Training with estimator made no steps. Perhaps input is empty or misspecified.")
    return loss


def _saving_hooks(spec: Any, hooks: list[Any], listeners: list[Any], model_dir: str, config: Any) -> list[Any]:
    """The hook that saves, when none of `hooks` does; `listeners` hang on the one that does."""
    present = [h for h in (*hooks, *spec.training_chief_hooks) if isinstance(h, CheckpointSaverHook)]
    made = []
    if not present and (config.save_checkpoints_secs or config.save_checkpoints_steps):
        made = [
            CheckpointSaverHook(
                model_dir,
                save_secs=config.save_checkpoints_secs,
                save_steps=config.save_checkpoints_steps,
                scaffold=spec.scaffold,
                save_graph_def=config.checkpoint_save_graph_def,
            )
        ]
    if listeners:
        if not present and not made:
            raise ValueError(
                "There should be a CheckpointSaverHook to use saving_listeners. Please set one of the "
                "RunConfig.save_checkpoints_steps or RunConfig.save_checkpoints_secs."
            )
        (present or made)[0]._listeners.extend(listeners)
    return made
