"""`tf.estimator.tpu`, also `tf.contrib.tpu`: estimators for TPUs on other devices, as with `use_tpu=False`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tfcompat import protos
from tfcompat.estimator import input_functions, run_config
from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys
from tfcompat.platform import logging
from tfcompat.training.basic_session_run_hooks import StepCounterHook
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.session_run_hook import SessionRunArgs, SessionRunHook

_RESERVED = ("batch_size", "context", "use_tpu")
_NO_TPU = "There are no TPUs here"


class InputPipelineConfig:
    """Where input functions run on TPUs; without effect."""

    PER_SHARD_V1 = 1
    PER_HOST_V1 = 2
    PER_HOST_V2 = 3
    BROADCAST = 4
    SLICED = 5


class _TPUConfig(NamedTuple):
    iterations_per_loop: Any
    num_shards: int | None
    num_cores_per_replica: int | None
    per_host_input_for_training: Any
    tpu_job_name: str | None
    initial_infeed_sleep_secs: int | None
    input_partition_dims: Any
    eval_training_input_configuration: int
    experimental_host_call_every_n_steps: int


class TPUConfig(_TPUConfig):
    """How TPUs run; `iterations_per_loop` alone has an effect: speeds are logged so many times more often.

    Raises:
        ValueError: a number is not positive, or a value is none of those allowed.
    """

    def __new__(
        cls,
        iterations_per_loop: Any = 2,
        num_shards: int | None = None,
        num_cores_per_replica: int | None = None,
        per_host_input_for_training: Any = True,
        tpu_job_name: str | None = None,
        initial_infeed_sleep_secs: int | None = None,
        input_partition_dims: Any = None,
        eval_training_input_configuration: int = InputPipelineConfig.PER_HOST_V1,
        experimental_host_call_every_n_steps: int = 1,
    ) -> TPUConfig:
        """The checked values; True and False of `per_host_input_for_training` become PER_HOST_V1 and PER_SHARD_V1."""
        _check_iterations(iterations_per_loop)
        for name, number in (("num_shards", num_shards), ("initial_infeed_sleep_secs", initial_infeed_sleep_secs)):
            if number is not None and number <= 0:
                raise ValueError(f"TPUConfig {name} must be positive, got {number}")
        if num_cores_per_replica not in (None, 1, 2, 4, 8, 16, 32, 64, 128):
            raise ValueError(f"num_cores_per_replica must be 1, 2, 4, 8, 16, 32, 64, 128; got {num_cores_per_replica}")
        if isinstance(per_host_input_for_training, bool):
            names = InputPipelineConfig
            per_host_input_for_training = names.PER_HOST_V1 if per_host_input_for_training else names.PER_SHARD_V1
        return super().__new__(
            cls, iterations_per_loop, num_shards, num_cores_per_replica, per_host_input_for_training, tpu_job_name,
            initial_infeed_sleep_secs, input_partition_dims, eval_training_input_configuration,
            experimental_host_call_every_n_steps,
        )  # fmt: skip


def _check_iterations(given: Any) -> tuple[float, str]:
    """(Number, "count" or "seconds") of iterations_per_loop: an integer, or a text such as "30s", "5m" or "2h"."""
    units = {"s": 1, "m": 60, "h": 3600}
    text = str(given)
    if text[-1:] in units and text[:-1].isdigit() and int(text[:-1]) > 0:
        return int(text[:-1]) * units[text[-1]], "seconds"
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"TPUConfig iterations_per_loop must be a positive number or a duration, got {given}")
    return int(text), "count"


class RunConfig(run_config.RunConfig):
    """`tf.estimator.RunConfig` with a `TPUConfig`.

    Args:
        tpu_config: how TPUs run.
        evaluation_master, master: targets of sessions; empty for this process.
        cluster: must be None.
        kwargs: as of `tf.estimator.RunConfig`.

    Raises:
        NotImplementedError: a cluster is given.
    """

    def __init__(
        self,
        tpu_config: TPUConfig | None = None,
        evaluation_master: str | None = None,
        master: str | None = None,
        cluster: Any = None,
        **kwargs: Any,
    ):
        if cluster is not None:
            raise NotImplementedError(f"{_NO_TPU}: `cluster` must be None.")
        super().__init__(**kwargs)
        self._tpu_config = tpu_config or TPUConfig()
        self._master, self._evaluation_master = master or "", evaluation_master or master or ""

    @property
    def tpu_config(self) -> TPUConfig:
        """How TPUs run."""
        return self._tpu_config

    @property
    def master(self) -> str:
        """Target of sessions."""
        return self._master

    @property
    def evaluation_master(self) -> str:
        """Target of sessions that evaluate."""
        return self._evaluation_master

    @property
    def cluster(self) -> None:
        """None."""
        return

    def replace(self, **kwargs: Any) -> RunConfig:
        """A copy with other values; also of `tpu_config`."""
        tpu_config = kwargs.pop("tpu_config", self._tpu_config)
        changed: Any = super().replace(**kwargs)
        changed._tpu_config = tpu_config
        return changed  # type: ignore[no-any-return]


class _HostCallHook(SessionRunHook):
    """Runs the tensors of a host call with every step."""

    def __init__(self, tensors: Any):
        self._tensors = tensors

    def before_run(self, run_context: Any) -> Any:
        return SessionRunArgs(self._tensors)


def _called(host_call: tuple[Callable[..., Any], Any]) -> Any:
    """What the function of a host call makes of its tensors, a list or a dict."""
    function, tensors = host_call
    if isinstance(tensors, (list, tuple)):
        return function(*tensors)
    return function(**tensors)


class _TPUEstimatorSpec(NamedTuple):
    mode: str
    predictions: Any
    loss: Any
    train_op: Any
    eval_metrics: Any
    export_outputs: Any
    scaffold_fn: Any
    host_call: Any
    training_hooks: tuple[Any, ...]
    evaluation_hooks: tuple[Any, ...]
    prediction_hooks: tuple[Any, ...]


class TPUEstimatorSpec(_TPUEstimatorSpec):
    """The parts of a model that a `TPUEstimator` runs.

    Args:
        mode, predictions, loss, train_op, export_outputs: as of `tf.estimator.EstimatorSpec`.
        eval_metrics: (function, its tensors, a list or dict); it gives name -> (value, update operation).
        scaffold_fn: function that gives a `tf.train.Scaffold`.
        host_call: (function, its tensors); what it gives is run with every step.
        training_hooks, evaluation_hooks, prediction_hooks: hooks.

    Raises:
        ValueError: a call is no pair of a function and tensors.
    """

    def __new__(
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metrics: Any = None,
        export_outputs: Any = None,
        scaffold_fn: Callable[[], Any] | None = None,
        host_call: Any = None,
        training_hooks: Sequence[Any] | None = None,
        evaluation_hooks: Sequence[Any] | None = None,
        prediction_hooks: Sequence[Any] | None = None,
    ) -> TPUEstimatorSpec:
        """The checked parts."""
        for name, call in (("eval_metrics", eval_metrics), ("host_call", host_call)):
            if call is None:
                continue
            if not isinstance(call, (tuple, list)) or len(call) != 2:
                raise ValueError(f"{name} should be tuple or list, and have two elements; got {call}")
            if not callable(call[0]) or not isinstance(call[1], (tuple, list, dict)):
                raise ValueError(f"{name} should be a function and a list or dict of tensors; got {call}")
        hooks = [tuple(h or ()) for h in (training_hooks, evaluation_hooks, prediction_hooks)]
        return super().__new__(
            cls, mode, predictions, loss, train_op, eval_metrics, export_outputs, scaffold_fn, host_call, *hooks
        )

    def as_estimator_spec(self) -> EstimatorSpec:
        """The same parts for an `Estimator`."""
        metrics = None if self.eval_metrics is None else _called(self.eval_metrics)
        hooks = () if self.host_call is None else (_HostCallHook(_called(self.host_call)),)
        return EstimatorSpec(
            mode=self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=metrics,
            export_outputs=self.export_outputs,
            scaffold=self.scaffold_fn() if self.scaffold_fn else None,
            training_hooks=[*self.training_hooks, *hooks],
            evaluation_hooks=[*self.evaluation_hooks, *hooks],
            prediction_hooks=[*self.prediction_hooks, *hooks],
        )


class _ExamplesPerSecondHook(StepCounterHook):
    """Logs steps and examples a second, and writes both to event files."""

    def __init__(self, batch_size: int, output_dir: str, **every: Any):
        super().__init__(output_dir=output_dir, **every)
        self._batch_size = batch_size

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        steps = elapsed_steps / elapsed_time
        for tag, rate in (("global_step/sec", steps), ("examples/sec", steps * self._batch_size)):
            message = protos.Summary()
            message.value.add(tag=tag, simple_value=rate)
            self._summary_writer.add_summary(message, global_step)
            logging.info("%s: %g", tag, rate)


class TPUEstimator(Estimator):
    """An `Estimator` whose functions learn batch sizes from `params["batch_size"]`; it runs without TPUs.

    Args:
        model_fn: function of features, labels, mode, config and params that gives a `TPUEstimatorSpec` or
            `EstimatorSpec`.
        model_dir: directory of checkpoints and events.
        config: a `tf.estimator.tpu.RunConfig`.
        params: parameters of `model_fn` and of the input functions.
        use_tpu: must be False.
        train_batch_size, eval_batch_size, predict_batch_size: `params["batch_size"]` in each mode.
        warm_start_from: as of `Estimator`.
        batch_axis, eval_on_tpu, export_to_tpu, export_to_cpu, export_saved_model_api_version: without effect.
        embedding_config_spec: must be None.

    Raises:
        NotImplementedError: `use_tpu` is true.
        ValueError: the configuration is none, or `params` has a reserved key.
    """

    def __init__(
        self,
        model_fn: Any = None,
        model_dir: Any = None,
        config: Any = None,
        params: Mapping[str, Any] | None = None,
        use_tpu: bool = True,
        train_batch_size: int | None = None,
        eval_batch_size: int | None = None,
        predict_batch_size: int | None = None,
        batch_axis: Any = None,
        eval_on_tpu: bool = True,
        export_to_tpu: bool = True,
        export_to_cpu: bool = True,
        warm_start_from: Any = None,
        embedding_config_spec: Any = None,
        export_saved_model_api_version: Any = None,
    ):
        if not isinstance(config, RunConfig):
            raise ValueError("`config` must be provided with type `tpu_config.RunConfig`")
        if params is not None and any(key in params for key in _RESERVED):
            raise ValueError(f"{_RESERVED} are reserved keys but existed in params {params}.")
        if use_tpu or embedding_config_spec is not None:
            raise NotImplementedError(f"{_NO_TPU}: TPUEstimator needs use_tpu=False and no embedding_config_spec.")
        self._batch_sizes = {
            ModeKeys.TRAIN: train_batch_size,
            ModeKeys.EVAL: eval_batch_size,
            ModeKeys.PREDICT: predict_batch_size,
        }
        log_steps: int | None = config.log_step_count_steps  # type: ignore[attr-defined]
        every, unit = _check_iterations(config.tpu_config.iterations_per_loop)
        self._logged: dict[str, Any] = {}
        if unit == "seconds":
            self._logged = {"every_n_secs": every, "every_n_steps": None}
        elif log_steps is not None:
            self._logged = {"every_n_steps": math.ceil(log_steps / every)}
        super().__init__(model_fn, model_dir, config.replace(log_step_count_steps=None), params or {}, warm_start_from)
        if "params" not in input_functions.argument_names(model_fn):
            raise ValueError(
                f"model_fn ({model_fn}) does not include params argument, required by TPUEstimator to pass batch size "
                "as params['batch_size']"
            )

    def _with_batch_size(self, mode: str) -> Any:
        params, size = self.params, self._batch_sizes[mode]
        if size is not None:
            _put(params, "batch_size", size)
        return params

    def _input_params(self, mode: str) -> Any:
        return self._with_batch_size(mode)

    def _model_params(self, mode: str, exporting: bool) -> Any:
        params = self.params if exporting else self._with_batch_size(mode)
        if not exporting:
            _put(params, "use_tpu", False)
        return params

    def _as_spec(self, made: Any) -> EstimatorSpec:
        spec = super()._as_spec(made.as_estimator_spec() if isinstance(made, TPUEstimatorSpec) else made)
        size = self._batch_sizes[ModeKeys.TRAIN]
        if spec.mode != ModeKeys.TRAIN or size is None or not self._logged:
            return spec
        hook = _ExamplesPerSecondHook(size, self.model_dir, **self._logged)
        return spec._replace(training_hooks=(*spec.training_hooks, hook))  # type: ignore[return-value]


def _put(params: Any, key: str, value: Any) -> None:
    """Sets an entry of a dict, or a hyperparameter."""
    if hasattr(params, "set_hparam"):
        params.set_hparam(key, value) if hasattr(params, key) else params.add_hparam(key, value)
    else:
        params[key] = value


class CrossShardOptimizer(Optimizer):
    """An optimizer that would add up the gradients of all shards; there is one shard.

    Args:
        opt: the optimizer that makes the steps.
        reduction: a `tf.losses.Reduction`, sum or mean.
        name: its name.
        group_assignment: must be None.

    Raises:
        ValueError: the reduction is another.
        NotImplementedError: shards are grouped.
    """

    def __init__(
        self,
        opt: Any,
        reduction: str = "weighted_mean",
        name: str = "CrossShardOptimizer",
        group_assignment: Any = None,
    ):
        if reduction not in ("weighted_sum", "weighted_mean"):
            raise ValueError(f"Unsupported reduction: {reduction}.")
        if group_assignment is not None:
            raise NotImplementedError(f"{_NO_TPU}: group_assignment must be None.")
        super().__init__(False, name)
        self._opt = opt

    def compute_gradients(self, loss: Any, *args: Any, **kwargs: Any) -> Any:
        """The gradients that the optimizer computes."""
        return self._opt.compute_gradients(loss, *args, **kwargs)

    def apply_gradients(self, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        """One step of the optimizer."""
        return self._opt.apply_gradients(grads_and_vars, *args, **kwargs)

    def get_slot(self, var: Any, name: str) -> Any:
        """A slot of the optimizer."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """Names of the slots of the optimizer."""
        return self._opt.get_slot_names()  # type: ignore[no-any-return]

    def variables(self) -> list[Any]:
        """Variables of the optimizer."""
        return self._opt.variables()  # type: ignore[no-any-return]


class TPUClusterResolver:
    """Finds TPUs: there are none.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        raise NotImplementedError(f"{_NO_TPU}: TPUClusterResolver finds none; run with use_tpu=False.")
