"""Exporters: what `train_and_evaluate` exports after an evaluation."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.io.event_file import summary_iterator


class Exporter:
    """Exports a model after an evaluation."""

    @property
    def name(self) -> str:
        """Name of the directory below "export"."""
        raise NotImplementedError(f"{type(self).__name__} does not define name.")

    def export(
        self, estimator: Any, export_path: str, checkpoint_path: str, eval_result: Any, is_the_final_export: bool
    ) -> Any:
        """Exports `estimator` below `export_path`; the path of what was written, or None."""
        raise NotImplementedError(f"{type(self).__name__} does not define export().")


class _SavedModelExporter(Exporter):
    """What exporters of SavedModels share."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None,
        as_text: bool,
        exports_to_keep: int | None = None,
    ):
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError("`exports_to_keep`, if provided, must be a positive number.")
        self._name, self._receiver_fn = name, serving_input_receiver_fn
        self._assets_extra, self._as_text, self._keep = assets_extra, as_text, exports_to_keep

    @property
    def name(self) -> str:
        return self._name

    def _write(self, estimator: Any, export_path: str, checkpoint_path: str) -> Any:
        written = estimator.export_saved_model(
            export_path, self._receiver_fn, self._assets_extra, self._as_text, checkpoint_path
        )
        if self._keep is not None:
            numbered = sorted((name for name in os.listdir(export_path) if name.isdigit()), key=int)
            for name in numbered[: -self._keep]:
                shutil.rmtree(os.path.join(export_path, name), ignore_errors=True)
        return written


class FinalExporter(_SavedModelExporter):
    """Exports once, after the last evaluation.

    Args:
        name: name of the directory.
        serving_input_receiver_fn: as for `Estimator.export_saved_model`.
        assets_extra: as there.
        as_text: as there.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
    ):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)

    def export(
        self, estimator: Any, export_path: str, checkpoint_path: str, eval_result: Any, is_the_final_export: bool
    ) -> Any:
        return self._write(estimator, export_path, checkpoint_path) if is_the_final_export else None


class LatestExporter(_SavedModelExporter):
    """Exports after each evaluation and keeps the newest exports.

    Args:
        name: name of the directory.
        serving_input_receiver_fn: as for `Estimator.export_saved_model`.
        assets_extra: as there.
        as_text: as there.
        exports_to_keep: how many stay; all when None.

    Raises:
        ValueError: `exports_to_keep` is not positive.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep)

    def export(
        self, estimator: Any, export_path: str, checkpoint_path: str, eval_result: Any, is_the_final_export: bool
    ) -> Any:
        return self._write(estimator, export_path, checkpoint_path)


def _loss_smaller(best_eval_result: Mapping[str, Any], current_eval_result: Mapping[str, Any]) -> bool:
    if not best_eval_result or "loss" not in best_eval_result:
        raise ValueError("best_eval_result cannot be empty or no loss is found in it.")
    if not current_eval_result or "loss" not in current_eval_result:
        raise ValueError("current_eval_result cannot be empty or no loss is found in it.")
    return bool(best_eval_result["loss"] > current_eval_result["loss"])


class BestExporter(_SavedModelExporter):
    """Exports when an evaluation is better than all before, and after the first one.

    Args:
        name: name of the directory.
        serving_input_receiver_fn: as for `Estimator.export_saved_model`; must be given.
        event_file_pattern: event files below the model's directory with earlier results; None reads none.
        compare_fn: function of `best_eval_result` and `current_eval_result`, whether the second is better; by default
            that with the smaller loss is.
        assets_extra: as for `Estimator.export_saved_model`.
        as_text: as there.
        exports_to_keep: how many stay; all when None.

    Raises:
        ValueError: there is no `compare_fn`, or `exports_to_keep` is not positive.
    """

    def __init__(
        self,
        name: str = "best_exporter",
        serving_input_receiver_fn: Callable[[], Any] | None = None,
        event_file_pattern: str | None = "eval/*.tfevents.*",
        compare_fn: Callable[..., bool] = _loss_smaller,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ):
        if compare_fn is None:
            raise ValueError("`compare_fn` must not be None.")
        if serving_input_receiver_fn is None:
            raise ValueError("An input_receiver_fn must be defined.")
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep)
        self._compare_fn, self._pattern = compare_fn, event_file_pattern
        self._best: Any = None
        self._model_dir: str | None = None
        self._has_exported = False

    def export(
        self, estimator: Any, export_path: str, checkpoint_path: str, eval_result: Any, is_the_final_export: bool
    ) -> Any:
        if self._pattern and self._model_dir != estimator.model_dir:
            self._model_dir = estimator.model_dir
            self._best = self._best_of_files(os.path.join(estimator.model_dir, self._pattern))
        if (
            self._has_exported
            and self._best is not None
            and not self._compare_fn(best_eval_result=self._best, current_eval_result=eval_result)
        ):
            return None
        self._has_exported = True
        self._best = eval_result
        return self._write(estimator, export_path, checkpoint_path)

    def _best_of_files(self, pattern: str) -> dict[str, float] | None:
        """The best result in the event files that match `pattern`, None when there is none."""
        best: dict[str, float] | None = None
        for path in sorted(glob.glob(pattern)):
            for event in summary_iterator(path):
                found = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
                if found and (best is None or self._compare_fn(best, found)):
                    best = found
        return best
