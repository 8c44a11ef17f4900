"""Options of datasets: how they run, never what they give."""

from __future__ import annotations

from typing import Any

from tfcompat.data.dataset import Dataset, DatasetV1Adapter
from tfcompat.data.grouping import raw_ops_by_name
from tfcompat.graph.export import export, export_internal, tf_export


class _Settings:
    """Attributes that may be set freely and are None until then; equal when all of them are."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def _given(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if value is not None}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._given() == other._given()

    __hash__ = object.__hash__


@tf_export("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(_Settings):
    """`max_intra_op_parallelism` and `private_threadpool_size`; both are kept and change nothing."""


@tf_export("data.experimental.OptimizationOptions")
class OptimizationOptions(_Settings):
    """Which rewrites of datasets are wanted; kept, and none is made."""


@tf_export("data.experimental.DistributeOptions")
class DistributeOptions(_Settings):
    """How datasets are divided among workers; kept, and nothing is divided."""


class AutotuneOptions(_Settings):
    """How buffers and threads are tuned; kept, and nothing is tuned."""


_RENAMED = {"experimental_threading": "threading", "experimental_deterministic": "deterministic"}


@tf_export("data.Options")
class Options(_Settings):
    """Settings of a dataset; they are kept and change nothing."""

    def __init__(self) -> None:
        self.autotune = AutotuneOptions()
        self.experimental_optimization = OptimizationOptions()
        self.experimental_distribute = DistributeOptions()
        self.threading = ThreadingOptions()

    def __getattr__(self, name: str) -> Any:
        return getattr(self, _RENAMED[name]) if name in _RENAMED else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(_RENAMED.get(name, name), value)

    def merge(self, options: Options) -> Options:
        """These options with those of `options` over them."""
        merged = Options()
        merged.__dict__.update(self.__dict__)
        for key, value in options.__dict__.items():
            own = merged.__dict__.get(key)
            if isinstance(own, _Settings) and isinstance(value, _Settings):
                both = type(own)()
                both.__dict__.update({**own._given(), **value._given()})
                merged.__dict__[key] = both
            else:
                merged.__dict__[key] = value
        return merged


class OptionsDataset(DatasetV1Adapter):
    """The elements of a dataset, with options.

    Args:
        dataset: the dataset; its own options hold where `options` says nothing.
        options: the options.
    """

    def __init__(self, dataset: Dataset, options: Options):
        made = dataset._after(raw_ops_by_name("OptionsDataset"), serialized_options="")
        super().__init__(made._variant_tensor, dataset.element_spec)
        self._options = dataset.options().merge(options)

    def options(self) -> Options:
        """These options."""
        return self._options


export_internal("python.data.ops.dataset_ops._OptionsDataset", OptionsDataset)

for _name, _value in (("data.AUTOTUNE", -1), ("data.experimental.AUTOTUNE", -1), ("data.INFINITE_CARDINALITY", -1),
                      ("data.UNKNOWN_CARDINALITY", -2), ("data.experimental.INFINITE_CARDINALITY", -1),
                      ("data.experimental.UNKNOWN_CARDINALITY", -2)):  # fmt: skip
    export(_name, _value)
