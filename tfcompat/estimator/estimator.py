"""`tf.estimator.Estimator`."""

from __future__ import annotations

import contextlib
import copy
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tfcompat import protos
from tfcompat.estimator import evaluation, export_model, input_functions
from tfcompat.estimator.export_outputs import signatures
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys
from tfcompat.estimator.run_config import RunConfig
from tfcompat.estimator.training_loop import train_with_spec
from tfcompat.graph.default import device
from tfcompat.graph.graph import Graph
from tfcompat.io.checkpoint.reader import list_variables, load_variable
from tfcompat.io.checkpoint.state import latest_checkpoint
from tfcompat.ops.random_seed import set_random_seed
from tfcompat.platform import logging
from tfcompat.session.session import Session
from tfcompat.training.basic_session_run_hooks import StopAtStepHook
from tfcompat.training.global_step import create_global_step
from tfcompat.training.monitored_session import ChiefSessionCreator, MonitoredSession
from tfcompat.training.saving_hooks import CheckpointSaverListener
from tfcompat.training.session_run_hook import SessionRunHook
from tfcompat.training.warm_start import warm_start

_MODEL_FN_ARGUMENTS = {"features", "labels", "mode", "params", "self", "config"}


class _WarmStartSettings(NamedTuple):
    ckpt_to_initialize_from: Any
    vars_to_warm_start: Any
    var_name_to_vocab_info: Mapping[str, Any]
    var_name_to_prev_var_name: Mapping[str, str]


class WarmStartSettings(_WarmStartSettings):
    """From which checkpoint an estimator's variables begin; the arguments are those of `tf.train.warm_start`.

    Raises:
        ValueError: there is no checkpoint.
    """

    def __new__(
        cls,
        ckpt_to_initialize_from: Any,
        vars_to_warm_start: Any = ".*",
        var_name_to_vocab_info: Any = None,
        var_name_to_prev_var_name: Any = None,
    ) -> WarmStartSettings:
        """The settings, with {} for maps that are not given."""
        if not ckpt_to_initialize_from:
            raise ValueError("`ckpt_to_initialize_from` MUST be set in WarmStartSettings")
        return super().__new__(
            cls,
            ckpt_to_initialize_from,
            vars_to_warm_start,
            var_name_to_vocab_info or {},
            var_name_to_prev_var_name or {},
        )


class Estimator:
    """Trains, evaluates, serves and exports the model that a function describes.

    Args:
        model_fn: function of `features` and, as far as it takes them, `labels`, `mode`, `params` and `config`, which
            builds a model into the default graph and returns an `EstimatorSpec`.
        model_dir: directory of checkpoints and events; that of `config`, else a new temporary one.
        config: a `RunConfig`.
        params: passed to `model_fn`.
        warm_start_from: path of a checkpoint, or `WarmStartSettings`, from which the first training begins.

    Raises:
        ValueError: `model_fn` takes other arguments, `config` is no `RunConfig`, or `model_dir` differs from its.
    """

    def __init__(
        self,
        model_fn: Callable[..., EstimatorSpec],
        model_dir: str | os.PathLike[str] | None = None,
        config: RunConfig | None = None,
        params: Any = None,
        warm_start_from: Any = None,
    ):
        if config is not None and not isinstance(config, RunConfig):
            raise ValueError(f"config must be an instance of `RunConfig`, but provided {config}.")
        self._config = _config_with_directory(config or RunConfig(), model_dir)
        self._model_dir: str = self._config.model_dir  # type: ignore[attr-defined]
        logging.info("Using config: %s", self._config._values)
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        _check_model_fn(model_fn, params)
        self._model_fn = model_fn
        self._params = copy.deepcopy({} if params is None else params)
        if isinstance(warm_start_from, str | bytes):
            warm_start_from = WarmStartSettings(warm_start_from)
        elif warm_start_from is not None and not isinstance(warm_start_from, WarmStartSettings):
            raise ValueError(f"warm_start_from must be a string or a WarmStartSettings, instead got {warm_start_from}")
        self._warm_start_settings = warm_start_from

    @property
    def model_dir(self) -> str:
        """Directory of checkpoints and events."""
        return self._model_dir

    @property
    def config(self) -> RunConfig:
        """A copy of the configuration."""
        return copy.deepcopy(self._config)

    @property
    def params(self) -> Any:
        """A copy of the parameters of the model function."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model function, with the parameters and the configuration bound."""

        def public_model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return self._call_model_fn(features, labels, mode, config)

        return public_model_fn

    # ---------------------------------------------------------------- what was trained

    def latest_checkpoint(self) -> str | None:
        """Prefix of the newest checkpoint, None when there is none."""
        return latest_checkpoint(self._model_dir)

    def get_variable_names(self) -> list[str]:
        """Names of the variables in the newest checkpoint.

        Raises:
            ValueError: nothing was trained yet.
        """
        return [name for name, _ in list_variables(self._trained())]

    def get_variable_value(self, name: str) -> Any:
        """Value of the variable `name` in the newest checkpoint.

        Raises:
            ValueError: nothing was trained yet.
        """
        return load_variable(self._trained(), name)

    def eval_dir(self, name: str | None = None) -> str:
        """Where the events of the evaluation `name` go."""
        return evaluation.subdirectory(self._model_dir, name)

    def _trained(self) -> str:
        path = self.latest_checkpoint()
        if not path:
            raise ValueError(f"Could not find trained model in model_dir: {self._model_dir}.")
        return path

    # ---------------------------------------------------------------- training

    def train(
        self,
        input_fn: Callable[..., Any],
        hooks: Any = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Any = None,
    ) -> Estimator:
        """Trains from the newest checkpoint on.

        Args:
            input_fn: builds the input: a dataset, or (features, labels).
            hooks: `SessionRunHook`s.
            steps: how many steps to make; None for all that the input gives.
            max_steps: up to which global step.
            saving_listeners: `CheckpointSaverListener`s.

        Returns:
            This estimator.

        Raises:
            ValueError: both kinds of steps are given, or a number is not positive, or the model function does not fit.
            TypeError: a hook or listener is none.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        _check_positive(steps, "steps")
        _check_positive(max_steps, "max_steps")
        if max_steps is not None:
            latest = self.latest_checkpoint()
            if latest and load_variable(latest, "global_step") >= max_steps:
                logging.info("Skipping training since max_steps has already saved.")
                return self
        all_hooks = _checked_hooks(hooks)
        if steps is not None or max_steps is not None:
            all_hooks.append(StopAtStepHook(steps, max_steps))
        listeners = _checked_listeners(saving_listeners)
        with self._graph() as global_step:
            features, labels, input_hooks = input_functions.features_and_labels(
                input_fn, ModeKeys.TRAIN, self._input_params(ModeKeys.TRAIN), self.config
            )
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self.config)
            self._warm_start()
            loss = train_with_spec(
                spec, [*input_hooks, *all_hooks], listeners, global_step, self._model_dir, self._config, self._session
            )
        logging.info("Loss for final step: %s.", loss)
        return self

    # ---------------------------------------------------------------- evaluation

    def evaluate(
        self,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Any = None,
        checkpoint_path: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Runs the model over `steps` batches and gives the metrics, the mean "loss" and the "global_step".

        Args:
            input_fn: builds the input.
            steps: how many batches; None for all.
            hooks: `SessionRunHook`s.
            checkpoint_path: the checkpoint; the newest by default, initial values when there is none.
            name: of the evaluation, which has its own event files.

        Raises:
            ValueError: `steps` is not positive, or the model function does not fit.
        """
        _check_positive(steps, "steps")
        all_hooks = _checked_hooks(hooks)
        checkpoint = self._checkpoint_or_none(checkpoint_path, "evaluate")
        with self._graph() as global_step:
            features, labels, input_hooks = input_functions.features_and_labels(
                input_fn, ModeKeys.EVAL, self._input_params(ModeKeys.EVAL), self.config
            )
            spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self.config)
            if checkpoint is None:
                self._warm_start()
            every = [*all_hooks, *input_hooks, *spec.evaluation_hooks]
            results = evaluation.evaluate_once(spec, every, steps, checkpoint, global_step, self._session)
            evaluation.write_results(self.eval_dir(name), results, checkpoint)
        return results

    # ---------------------------------------------------------------- prediction

    def predict(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Any = None,
        checkpoint_path: str | None = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """Yields the predictions of the model, one example after the other.

        Args:
            input_fn: builds the input; labels are left aside.
            predict_keys: which predictions; all by default.
            hooks: `SessionRunHook`s.
            checkpoint_path: the checkpoint; the newest by default, initial values when there is none.
            yield_single_examples: whether to yield examples; else whole batches.

        Raises:
            ValueError: there are no such predictions, or batches of different lengths.
        """
        all_hooks = _checked_hooks(hooks)
        checkpoint = self._checkpoint_or_none(checkpoint_path, "predict")
        with self._graph():
            features, input_hooks = input_functions.features_only(
                input_fn, ModeKeys.PREDICT, self._input_params(ModeKeys.PREDICT), self.config
            )
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            if checkpoint is None:
                self._warm_start()
            wanted = _chosen(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(spec.scaffold, config=self._session, checkpoint_filename_with_path=checkpoint)
            with MonitoredSession(creator, [*input_hooks, *all_hooks, *spec.prediction_hooks]) as session:
                while not session.should_stop():
                    batch = session.run(wanted)
                    if yield_single_examples:
                        yield from _examples(batch)
                    else:
                        yield batch

    # ---------------------------------------------------------------- export

    def export_saved_model(
        self,
        export_dir_base: str | os.PathLike[str],
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        experimental_mode: str = ModeKeys.PREDICT,
    ) -> bytes:
        """Writes the model for serving into a new directory, named with the time, below `export_dir_base`.

        Args:
            export_dir_base: parent of the directory.
            serving_input_receiver_fn: builds the input: returns a `ServingInputReceiver`.
            assets_extra: path below "assets.extra" -> file to copy there.
            as_text: whether the main file is text.
            checkpoint_path: the checkpoint; the newest by default.
            experimental_mode: must be PREDICT.

        Returns:
            The path of the directory, as bytes.

        Raises:
            ValueError: there is no function or no checkpoint.
        """
        if experimental_mode != ModeKeys.PREDICT:
            raise NotImplementedError(
                f"Estimator.export_saved_model: the mode {experimental_mode!r} is not supported, only 'infer'."
            )
        return self._export(
            export_dir_base, serving_input_receiver_fn, assets_extra, as_text, checkpoint_path, strip_default_attrs=True
        )

    def export_savedmodel(
        self,
        export_dir_base: str | os.PathLike[str],
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        strip_default_attrs: bool = False,
    ) -> bytes:
        """As `export_saved_model`; attributes at their defaults are written unless `strip_default_attrs`."""
        return self._export(
            export_dir_base, serving_input_receiver_fn, assets_extra, as_text, checkpoint_path, strip_default_attrs
        )

    def _export(
        self,
        base: str | os.PathLike[str],
        receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None,
        as_text: bool,
        checkpoint_path: str | None,
        strip_default_attrs: bool,
    ) -> bytes:
        if receiver_fn is None:
            raise ValueError("An input_receiver_fn must be defined.")
        checkpoint = checkpoint_path or self.latest_checkpoint()
        if not checkpoint:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")
        target = export_model.new_directory(os.fsdecode(base))
        with self._graph() as global_step:
            receiver = receiver_fn()
            spec = self._call_model_fn(
                receiver.features, getattr(receiver, "labels", None), ModeKeys.PREDICT, self.config, exporting=True
            )
            made = signatures(receiver.receiver_tensors, spec.export_outputs, receiver.receiver_tensors_alternatives)
            with Session(graph=global_step.graph, config=self._session) as session:
                export_model.write(target, session, spec, made, checkpoint, assets_extra, as_text, strip_default_attrs)
        return os.fsencode(target)

    # ---------------------------------------------------------------- parts

    @property
    def _session(self) -> Any:
        """Configuration of sessions."""
        given = self._config.session_config  # type: ignore[attr-defined]
        return protos.ConfigProto(allow_soft_placement=True) if given is None else given

    @contextlib.contextmanager
    def _graph(self) -> Iterator[Any]:
        """A new default graph with the seed of the configuration; gives its global step."""
        with Graph().as_default(), device(self._config.device_fn):  # type: ignore[attr-defined]
            set_random_seed(self._config.tf_random_seed)  # type: ignore[attr-defined]
            yield create_global_step()

    def _checkpoint_or_none(self, given: str | None, action: str) -> str | None:
        found = given or self.latest_checkpoint()
        if not found:
            logging.info(
                "Could not find trained model in model_dir: %s, running initialization to %s.", self._model_dir, action
            )
        return found

    def _warm_start(self) -> None:
        if self._warm_start_settings:
            logging.info("Warm-starting with WarmStartSettings: %s", self._warm_start_settings)
            warm_start(*self._warm_start_settings)

    def _input_params(self, mode: str) -> Any:
        """The parameters that an input function gets."""
        return self.params

    def _model_params(self, mode: str, exporting: bool) -> Any:
        """The parameters that the model function gets."""
        return self.params

    def _as_spec(self, made: Any) -> EstimatorSpec:
        """What the model function returned as a spec; ValueError when it is none."""
        if not isinstance(made, EstimatorSpec):
            raise ValueError("model_fn should return an EstimatorSpec.")
        return made

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, config: Any, exporting: bool = False
    ) -> EstimatorSpec:
        accepted = input_functions.argument_names(self._model_fn)
        if labels is not None and "labels" not in accepted:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        optional = {"labels": labels, "mode": mode, "params": self._model_params(mode, exporting), "config": config}
        logging.info("Calling model_fn.")
        made = self._model_fn(features=features, **{k: v for k, v in optional.items() if k in accepted})
        logging.info("Done calling model_fn.")
        return self._as_spec(made)


def _config_with_directory(config: RunConfig, model_dir: Any) -> RunConfig:
    given = None if model_dir is None else os.fsdecode(model_dir)
    configured: str | None = config.model_dir  # type: ignore[attr-defined]
    if given is not None and configured is not None and given != configured:
        raise ValueError(
            "`model_dir` are set both in constructor and `RunConfig`, but with different values. In constructor: "
            f"'{given}', in `RunConfig`: '{configured}' "
        )
    directory = given or configured
    if directory is None:
        directory = tempfile.mkdtemp()
        logging.warning("Using temporary folder as model directory: %s", directory)
    return config.replace(model_dir=directory)


def _check_model_fn(model_fn: Any, params: Any) -> None:
    accepted = input_functions.argument_names(model_fn)
    if "features" not in accepted:
        raise ValueError(f"model_fn ({model_fn}) must include features argument.")
    if params is not None and "params" not in accepted:
        raise ValueError(
            f"model_fn ({model_fn}) does not include params argument, but params ({params}) is passed to Estimator."
        )
    if params is None and "params" in accepted:
        logging.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not passed to Estimator.", model_fn
        )
    unknown = [name for name in accepted if name not in _MODEL_FN_ARGUMENTS]
    if unknown:
        raise ValueError(f"model_fn ({model_fn}) has following not expected args: {unknown}")


def _check_positive(steps: Any, name: str) -> None:
    if steps is not None and steps <= 0:
        raise ValueError(f"Must specify {name} > 0, given: {steps}")


def _checked_hooks(hooks: Any) -> list[Any]:
    found = list(hooks or [])
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"Hooks must be a SessionRunHook, given: {hook}")
    return found


def _checked_listeners(listeners: Any) -> list[Any]:
    found = list(listeners or [])
    for listener in found:
        if not isinstance(listener, CheckpointSaverListener):
            raise TypeError(f"saving_listeners must be a list of CheckpointSaverListener, given: {listener}")
    return found


def _chosen(predictions: Any, keys: Any) -> Any:
    if not keys:
        return predictions
    if not isinstance(predictions, dict):
        raise ValueError("predict_keys argument is not valid in case of non-dict predictions.")
    found = {key: value for key, value in predictions.items() if key in keys}
    if not found:
        raise ValueError(f"Expected to run at least one output from {predictions.keys()}, provided {keys}.")
    return found


def _examples(batch: Any) -> Iterator[Any]:
    if not isinstance(batch, dict):
        yield from batch
        return
    lengths = {key: value.shape[0] for key, value in batch.items()}
    first = next(iter(lengths.values()))
    for key, length in lengths.items():
        if length != first:
            raise ValueError(
                f"Batch length of predictions should be same. {key} has different batch length than others."
            )
    for index in range(first):
        yield {key: value[index] for key, value in batch.items()}
