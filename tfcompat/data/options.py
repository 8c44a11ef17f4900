"""Options of datasets: how they run, never what they give."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export


class _Settings:
    """Attributes that may be set freely and are None until then."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


@tf_export("data.Options")
class Options(_Settings):
    """Settings of a dataset; they are kept and change nothing."""

    def __init__(self) -> None:
        self.autotune = _Settings()
        self.experimental_optimization = _Settings()
        self.experimental_distribute = _Settings()
        self.threading = _Settings()

    def merge(self, options: Options) -> Options:
        """These options with those of `options` over them."""
        merged = Options()
        merged.__dict__.update(self.__dict__)
        merged.__dict__.update(options.__dict__)
        return merged


for _name, _value in (("data.AUTOTUNE", -1), ("data.experimental.AUTOTUNE", -1), ("data.INFINITE_CARDINALITY", -1),
                      ("data.UNKNOWN_CARDINALITY", -2), ("data.experimental.INFINITE_CARDINALITY", -1),
                      ("data.experimental.UNKNOWN_CARDINALITY", -2)):  # fmt: skip
    export(_name, _value)
