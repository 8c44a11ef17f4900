"""`Application`: from the drawing of a network to a model with a classifier and weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.export import PUBLIC, export
from tfcompat.keras.applications.draw import Draw

ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/"
"""Where the weights are that were trained on ImageNet."""

File = tuple[str, str, str | None]
"""Address below `ADDRESS`, name in the cache, MD5 (None where there is none)."""


@dataclass(frozen=True)
class Application:
    """A network for images.

    Attributes:
        name: name of the model.
        body: draws everything below the classifier.
        files: the weights with and without the classifier; None where there are none of ImageNet.
        size: of the images it was made for.
        least: the smallest size of images.
        last: name of the layer of the classes.
        head: draws the classifier, of the drawing, the body's output, the classes and their activation; the mean over
            all places and a dense layer by default.
        names_pools: whether the layer that replaces the classifier has a name.
        always_flattened: whether the size of images must be known without the classifier too.
    """

    name: str
    body: Callable[[Draw, Any], Any]
    files: tuple[File | None, File | None]
    size: int = 224
    least: int = 32
    last: str = "predictions"
    head: Callable[[Draw, Any, int, Any], Any] | None = None
    names_pools: bool = False
    always_flattened: bool = False

    def model(
        self,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
    ) -> Any:
        """The model.

        Args:
            include_top: whether the classifier is part of it.
            weights: "imagenet" for trained ones, which are downloaded, the path of a file, or None for random ones.
            input_tensor: images to begin with; a new input by default.
            input_shape: shape of the images.
            pooling: "avg" or "max" over all places in place of the classifier; None for all places.
            classes: number of classes.
            classifier_activation: of the classifier.

        Raises:
            ValueError: `weights` is no file, other classes than those of the trained weights, or images of a size that
                does not fit.
        """
        if not (weights in ("imagenet", None) or os.path.exists(weights)):
            raise ValueError(
                "The `weights` argument should be either `None` (random initialization), `imagenet` (pre-training on "
                f"ImageNet), or the path to the weights file to be loaded.  Received: weights={weights}"
            )
        if weights == "imagenet" and include_top and classes != 1000:
            raise ValueError(
                'If using `weights` as `"imagenet"` with `include_top` as true, `classes` should be 1000.  '
                f"Received: classes={classes}"
            )
        flattened = include_top or self.always_flattened
        shape = image_shape(input_shape, self.size, self.least, flattened, weights)
        draw = Draw()
        images = images_of(input_tensor, shape)
        x = self.body(draw, images)
        if include_top and self.head is not None:
            x = self.head(draw, x, classes, classifier_activation)
        elif include_top:
            x = draw.GlobalAveragePooling2D(x, name="avg_pool")
            x = draw.Dense(x, classes, activation=classifier_activation, name=self.last)
        elif pooling in ("avg", "max"):
            pool = draw.GlobalAveragePooling2D if pooling == "avg" else draw.GlobalMaxPooling2D
            x = pool(x, name=f"{pooling}_pool" if self.names_pools else None)
        inputs = images if input_tensor is None else PUBLIC["keras.utils.get_source_inputs"](input_tensor)
        model = PUBLIC["keras.Model"](inputs, x, name=self.name)
        if weights == "imagenet":
            self._load(model, include_top)
        elif weights is not None:
            model.load_weights(weights)
        return model

    def _load(self, model: Any, include_top: bool) -> None:
        file = self.files[0 if include_top else 1]
        if file is None:
            raise ValueError(f"There are no weights of ImageNet for {self.name}; pass weights=None or a file.")
        address, name, digest = file
        path = PUBLIC["keras.utils.get_file"](name, ADDRESS + address, cache_subdir="models", file_hash=digest)
        model.load_weights(path)


def images_of(input_tensor: Any, shape: Sequence[Any]) -> Any:
    """The input of a model: a new one of `shape`, or one around `input_tensor`."""
    make = PUBLIC["keras.Input"]
    if input_tensor is None:
        return make(shape=tuple(shape))
    if PUBLIC["keras.backend.is_keras_tensor"](input_tensor):
        return input_tensor
    return make(tensor=input_tensor, shape=tuple(shape))


def image_shape(
    input_shape: Any, size: int, least: int, flattened: bool, weights: Any
) -> tuple[int | None, int | None, int | None]:
    """The shape of the images of a model.

    Args:
        input_shape: the shape that was asked for, or None.
        size: the usual size.
        least: the smallest size.
        flattened: whether the size must be known.
        weights: "imagenet" asks for three channels, and with `flattened` for the usual size.

    Raises:
        ValueError: another size than trained weights need, one that is too small, or an unknown one.
    """
    first = PUBLIC["keras.backend.image_data_format"]() == "channels_first"
    channels = 0 if first else -1
    given = None if input_shape is None else tuple(input_shape)
    depth = 3
    if weights != "imagenet" and given and len(given) == 3:
        depth = given[channels]
        if depth not in (1, 3):
            warnings.warn(
                f"This model usually expects 1 or 3 input channels. However, it was passed an input_shape with {depth} "
                "input channels.",
                stacklevel=3,
            )
    usual = (depth, size, size) if first else (size, size, depth)
    if weights == "imagenet" and flattened:
        if given is not None and given != usual:
            raise ValueError(
                "When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be "
                f"{usual}.  Received: input_shape={given}"
            )
        return usual
    if given is None:
        return usual if flattened else (3, None, None) if first else (None, None, 3)
    if len(given) != 3:
        raise ValueError("`input_shape` must be a tuple of three integers.")
    if given[channels] != 3 and weights == "imagenet":
        raise ValueError(f"The input must have 3 channels; Received `input_shape={given}`")
    space = given[1:] if first else given[:-1]
    if any(n is not None and n < least for n in space):
        raise ValueError(f"Input size must be at least {least}x{least}; Received: input_shape={given}")
    if flattened and None in given:
        raise ValueError(
            f"If `include_top` is True, you should specify a static `input_shape`. Received: input_shape={given}"
        )
    return given  # type: ignore[return-value]


def publish(function_name: str, modules: Sequence[str], application: Application) -> Any:
    """Publishes the function that makes an application's model, below `tf.keras.applications` and its modules."""

    def function(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        **kwargs: Any,
    ) -> Any:
        check_keywords(kwargs)
        return application.model(
            include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation
        )

    function.__name__ = function.__qualname__ = function_name
    function.__doc__ = f"{function_name} as a Keras model; see `Application.model` for the arguments."
    export_in(function_name, modules, function)
    return function


def export_in(name: str, modules: Sequence[str], function: Any) -> None:
    """Publishes `function` in `tf.keras.applications` and in modules of it."""
    for place in ("", *(f"{module}." for module in modules)):
        export(f"keras.applications.{place}{name}", function)


def check_keywords(kwargs: dict[str, Any]) -> None:
    """ValueError for keywords other than the modules that older versions passed on."""
    unknown = set(kwargs) - {"backend", "layers", "models", "utils"}
    if unknown:
        raise ValueError(f"Unknown argument(s): {tuple(sorted(unknown))}")
