"""`tf.keras.preprocessing.image.ImageDataGenerator`: batches of randomly changed images."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras import config
from tfcompat.keras.preprocessing.image import transforms
from tfcompat.keras.preprocessing.image.arrays import data_format_or
from tfcompat.keras.preprocessing.image.files import DataFrameIterator, DirectoryIterator
from tfcompat.keras.preprocessing.image.iterators import NumpyArrayIterator


@tf_export("keras.preprocessing.image.ImageDataGenerator")
class ImageDataGenerator:
    """Changes images at random and brings them to a common scale.

    Args:
        featurewise_center: whether the mean of the data (see `fit`) is taken off.
        samplewise_center: whether each image's own mean is taken off.
        featurewise_std_normalization: whether images are divided by the standard deviation of the data.
        samplewise_std_normalization: whether each image is divided by its own.
        zca_whitening: whether pixels are decorrelated by the principal components of the data.
        zca_epsilon: keeps that finite.
        rotation_range: degrees to turn by, either way.
        width_shift_range: share of the width (or pixels, from 1 on) to move by; or a list of distances.
        height_shift_range: the same along the height.
        brightness_range: pair of factors of the brightness; None for none.
        shear_range: degrees to shear by.
        zoom_range: pair of factors, or a number for 1 - it and 1 + it.
        channel_shift_range: what is added to the channels at most.
        fill_mode: "constant", "nearest", "reflect" or "wrap": what is outside images.
        cval: what is outside with "constant".
        horizontal_flip: whether half of the images are mirrored.
        vertical_flip: whether half of them stand on their heads.
        rescale: factor of the values; None for none.
        preprocessing_function: function of an image that gives another one of its shape.
        data_format: "channels_last" or "channels_first".
        validation_split: share of the samples that is for validation.
        interpolation_order: of the changes.
        dtype: type of the batches; the default float type when None.

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Any], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ):
        self.featurewise_center = featurewise_center or zca_whitening or featurewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range, self.channel_shift_range = (
            rotation_range,
            shear_range,
            channel_shift_range,
        )
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.dtype, self.data_format = dtype or config.floatx(), data_format_or(data_format)
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"`validation_split` must be strictly between 0 and 1.  Received: {validation_split}")
        self._validation_split = validation_split
        if isinstance(zoom_range, (int, float)):
            self.zoom_range = [1 - zoom_range, 1 + zoom_range]
        elif len(zoom_range) == 2:
            self.zoom_range = [zoom_range[0], zoom_range[1]]
        else:
            raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats. Received: {zoom_range}")
        if brightness_range is not None and (
            not isinstance(brightness_range, (tuple, list)) or len(brightness_range) != 2
        ):
            raise ValueError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
        self.brightness_range = brightness_range
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.principal_components: np.ndarray | None = None

    # ---------------------------------------------------------------- batches

    def flow(
        self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True, sample_weight: Any = None,
        seed: int | None = None, save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png",
        subset: str | None = None,
    ) -> NumpyArrayIterator:  # fmt: skip
        """Batches of the images of an array; see `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x, y, self, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed,
            data_format=self.data_format, save_to_dir=save_to_dir, save_prefix=save_prefix, save_format=save_format,
            subset=subset, dtype=self.dtype,
        )  # fmt: skip

    def flow_from_directory(
        self, directory: str, target_size: Any = (256, 256), color_mode: str = "rgb", classes: Any = None,
        class_mode: str | None = "categorical", batch_size: int = 32, shuffle: bool = True, seed: int | None = None,
        save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png", follow_links: bool = False,
        subset: str | None = None, interpolation: str = "nearest",
    ) -> DirectoryIterator:  # fmt: skip
        """Batches of the images in the folders of a folder; see `DirectoryIterator`."""
        return DirectoryIterator(
            directory, self, target_size=target_size, color_mode=color_mode, classes=classes, class_mode=class_mode,
            data_format=self.data_format, batch_size=batch_size, shuffle=shuffle, seed=seed, save_to_dir=save_to_dir,
            save_prefix=save_prefix, save_format=save_format, follow_links=follow_links, subset=subset,
            interpolation=interpolation, dtype=self.dtype,
        )  # fmt: skip

    def flow_from_dataframe(
        self, dataframe: Any, directory: str | None = None, x_col: str = "filename", y_col: Any = "class",
        weight_col: str | None = None, target_size: Any = (256, 256), color_mode: str = "rgb", classes: Any = None,
        class_mode: str | None = "categorical", batch_size: int = 32, shuffle: bool = True, seed: int | None = None,
        save_to_dir: str | None = None, save_prefix: str = "", save_format: str = "png", subset: str | None = None,
        interpolation: str = "nearest", validate_filenames: bool = True, **kwargs: Any,
    ) -> DataFrameIterator:  # fmt: skip
        """Batches of the images that a table names; see `DataFrameIterator`. `kwargs` are older ones without effect."""
        return DataFrameIterator(
            dataframe, directory, self, x_col=x_col, y_col=y_col, weight_col=weight_col, target_size=target_size,
            color_mode=color_mode, classes=classes, class_mode=class_mode, data_format=self.data_format,
            batch_size=batch_size, shuffle=shuffle, seed=seed, save_to_dir=save_to_dir, save_prefix=save_prefix,
            save_format=save_format, subset=subset, interpolation=interpolation, validate_filenames=validate_filenames,
            dtype=self.dtype,
        )  # fmt: skip

    # ---------------------------------------------------------------- a common scale

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Brings an image, which is changed in place, to the common scale.

        Args:
            x: one image.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        for wanted, what in (("featurewise_center", "mean"), ("featurewise_std_normalization", "std"),
                             ("zca_whitening", "principal_components")):  # fmt: skip
            if getattr(self, wanted) and getattr(self, what) is None:
                warnings.warn(
                    f"This ImageDataGenerator specifies `{wanted}`, but it hasn't been fit on any training data. Fit "
                    "it first by calling `.fit(numpy_data)`.",
                    stacklevel=2,
                )
        if self.featurewise_center and self.mean is not None:
            x -= self.mean
        if self.featurewise_std_normalization and self.std is not None:
            x /= self.std + 1e-6
        if self.zca_whitening and self.principal_components is not None:
            flat = np.reshape(x, (-1, int(np.prod(x.shape[-3:]))))
            x = np.reshape(np.dot(flat, self.principal_components), x.shape)
        return x

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Computes mean, standard deviation and principal components of data.

        Args:
            x: images, rank 4.
            augment: whether of randomly changed ones.
            rounds: how many changed ones there are of each.
            seed: of numpy's generator.

        Raises:
            ValueError: another rank.
        """
        x = np.asarray(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}")
        if seed is not None:
            np.random.seed(seed)
        x = np.copy(x)
        if self.rescale is not None:
            x *= self.rescale
        if augment:
            x = np.stack([self.random_transform(image) for _ in range(rounds) for image in x]).astype(self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = x.shape[self.channel_axis]
        if self.featurewise_center:
            self.mean = np.reshape(np.mean(x, axis=axes), shape)
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.reshape(np.std(x, axis=axes), shape)
            x /= self.std + 1e-6
        if self.zca_whitening:
            flat = np.reshape(x, (len(x), -1))
            u, s, _ = np.linalg.svd(flat.T @ flat / len(flat), full_matrices=False)
            self.principal_components = (u * (1.0 / np.sqrt(s + self.zca_epsilon))) @ u.T

    # ---------------------------------------------------------------- random changes

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """Draws a change of an image with numpy's generator.

        Args:
            img_shape: shape of the image.
            seed: to set the generator to; None to leave it.

        Returns:
            What `apply_transform` takes.
        """
        if seed is not None:
            np.random.seed(seed)
        theta = np.random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = _shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = _shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = np.random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        low, high = self.zoom_range
        zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
        flips = [(np.random.random() < 0.5) * flip for flip in (self.horizontal_flip, self.vertical_flip)]
        intensity = None
        if self.channel_shift_range != 0:
            intensity = np.random.uniform(-self.channel_shift_range, self.channel_shift_range)
        brightness = None if self.brightness_range is None else np.random.uniform(*self.brightness_range)
        return {
            "theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy, "flip_horizontal": flips[0],
            "flip_vertical": flips[1], "channel_shift_intensity": intensity, "brightness": brightness,
        }  # fmt: skip

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """The change of an image that parameters describe.

        Args:
            x: one image.
            transform_parameters: any of "theta", "tx", "ty", "shear", "zx", "zy" (see `apply_affine_transform`),
                "flip_horizontal", "flip_vertical", "channel_shift_intensity" and "brightness".
        """
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        defaults = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}
        x = transforms.apply_affine_transform(
            x, **{name: transform_parameters.get(name, value) for name, value in defaults.items()}, row_axis=rows,
            col_axis=columns, channel_axis=channels, fill_mode=self.fill_mode, cval=self.cval,
            order=self.interpolation_order,
        )  # fmt: skip
        if transform_parameters.get("channel_shift_intensity") is not None:
            x = transforms.apply_channel_shift(x, transform_parameters["channel_shift_intensity"], channels)
        if transform_parameters.get("flip_horizontal", False):
            x = np.flip(x, columns)
        if transform_parameters.get("flip_vertical", False):
            x = np.flip(x, rows)
        if transform_parameters.get("brightness") is not None:
            x = transforms.apply_brightness_shift(x, transform_parameters["brightness"], False)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """A change of an image that is drawn with numpy's generator."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))


def _shift(given: Any, size: int) -> float:
    """A distance in pixels: one of a list, either way, or up to a number of pixels or, below 1, a share of the size."""
    if not np.any(given):
        return 0
    if isinstance(given, (list, tuple, np.ndarray, int, np.integer)):
        distance = np.random.choice(given) * np.random.choice([-1, 1])
    else:
        distance = np.random.uniform(-given, given)
    return distance * size if np.max(given) < 1 else distance  # type: ignore[no-any-return]
