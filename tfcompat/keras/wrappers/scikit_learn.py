"""`tf.keras.wrappers.scikit_learn`: models with the methods of scikit-learn's estimators."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.keras.utils.labels import to_categorical


def _arguments(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


class BaseWrapper:
    """Base of the wrappers.

    Args:
        build_fn: function, or object that can be called, that gives a compiled model; a subclass may give `__call__`.
        sk_params: arguments of it, and of the model's `fit`, `predict` and `evaluate`.

    Raises:
        ValueError: an argument that none of them takes.
    """

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any):
        self.build_fn, self.sk_params = build_fn, sk_params
        self.check_params(sk_params)

    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is None:
            return self.__call__  # type: ignore[attr-defined,no-any-return,operator]
        if inspect.isfunction(self.build_fn) or inspect.ismethod(self.build_fn):
            return self.build_fn
        return type(self.build_fn).__call__.__get__(self.build_fn)  # type: ignore[no-any-return]

    @staticmethod
    def _methods(*names: str) -> list[Any]:
        return [getattr(PUBLIC["keras.Sequential"], name) for name in names]

    def check_params(self, params: dict[str, Any]) -> None:
        """ValueError for an argument that neither `build_fn` nor a method of models takes."""
        functions = [*self._methods("fit", "predict", "predict_classes", "evaluate"), self._builder()]
        known = set().union(*map(_arguments, functions)) - {"self"}
        for name in params:
            if name not in known and name != "nb_epoch":
                raise ValueError(f"{name} is not a legal parameter")

    def get_params(self, **params: Any) -> dict[str, Any]:
        """The arguments that this was made with, as scikit-learn asks for them."""
        return {**copy.deepcopy(self.sk_params), "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Sets arguments; ValueError for an unknown one."""
        self.check_params(params)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, fn: Callable[..., Any], override: dict[str, Any] | None = None) -> dict[str, Any]:
        """The arguments that `fn` takes, with those of `override` in place of others."""
        known = _arguments(fn)
        return {**{k: v for k, v in self.sk_params.items() if k in known}, **(override or {})}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Makes a new model and trains it.

        Args:
            x: samples.
            y: labels.
            kwargs: more arguments of the model's `fit`.

        Returns:
            The history of the training.
        """
        builder = self._builder()
        self.model = builder(**self.filter_sk_params(builder))
        if self._takes_categories() and np.ndim(y) != 2:
            y = to_categorical(y)
        options = {**copy.deepcopy(self.filter_sk_params(self._methods("fit")[0])), **kwargs}
        return self.model.fit(x, y, **options)

    def _takes_categories(self) -> bool:
        loss = self.model.loss
        return getattr(loss, "__name__", loss) == "categorical_crossentropy"


@tf_export("keras.wrappers.scikit_learn.KerasClassifier")
class KerasClassifier(BaseWrapper):
    """A model that predicts classes, as scikit-learn's classifiers do; arguments as of `BaseWrapper`."""

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Makes a new model and trains it.

        Args:
            x: samples.
            y: classes, of any kind, or a row of zeros and a one for each sample.
            kwargs: more arguments of the model's `fit`.

        Raises:
            ValueError: `y` has another shape.
        """
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or y.ndim == 2:
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise ValueError(f"Invalid shape for y: {y.shape}")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The classes of samples; `kwargs` are those of the model's `predict_classes`."""
        options = self.filter_sk_params(self._methods("predict_classes")[0], kwargs)
        return self.classes_[self.model.predict_classes(x, **options)]  # type: ignore[no-any-return]

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The probabilities of the classes of samples, a column a class."""
        options = self.filter_sk_params(self._methods("predict_proba")[0], kwargs)
        made = self.model.predict_proba(x, **options)
        return np.hstack([1 - made, made]) if made.shape[1] == 1 else made

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The mean accuracy; ValueError for a model that is not compiled with it."""
        y = np.searchsorted(self.classes_, y)
        options = self.filter_sk_params(self._methods("evaluate")[0], kwargs)
        if self._takes_categories() and y.ndim != 2:
            y = to_categorical(y)
        found = self.model.evaluate(x, y, **options)
        for name, value in zip(self.model.metrics_names, found if isinstance(found, list) else [found], strict=True):
            if name in ("accuracy", "acc"):
                return value  # type: ignore[no-any-return]
        raise ValueError(
            'The model is not configured to compute accuracy. You should pass `metrics=["accuracy"]` to the '
            "`model.compile()` method."
        )


@tf_export("keras.wrappers.scikit_learn.KerasRegressor")
class KerasRegressor(BaseWrapper):
    """A model that predicts numbers, as scikit-learn's regressors do; arguments as of `BaseWrapper`."""

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The numbers for samples; `kwargs` are those of the model's `predict`."""
        return np.squeeze(self.model.predict(x, **self.filter_sk_params(self._methods("predict")[0], kwargs)))

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss, so that more is better."""
        found = self.model.evaluate(x, y, **self.filter_sk_params(self._methods("evaluate")[0], kwargs))
        return -found[0] if isinstance(found, list) else -found  # type: ignore[no-any-return]
