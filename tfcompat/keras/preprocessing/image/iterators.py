"""Batches of images that a generator changes: from arrays and from lists of files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator as PythonIterator
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras import config
from tfcompat.keras.preprocessing.image.arrays import array_to_img, data_format_or, img_to_array, load_img
from tfcompat.keras.utils.sequence import Sequence

FORMATS = {"png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff"}
"""Endings of the files that count as images."""


@tf_export("keras.preprocessing.image.Iterator")
class Iterator(Sequence):
    """Base of endless batches of samples, which are also a `Sequence` of those of one epoch.

    A subclass gives `_get_batches_of_transformed_samples(indices)`.

    Args:
        n: number of samples.
        batch_size: samples in a batch; the last one of an epoch may have less.
        shuffle: whether each epoch has another order.
        seed: numpy's generator is set to this and the number of batches so far, before each; None to leave it.
    """

    white_list_formats = FORMATS

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None):
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: Any = None
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _next_seed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def __len__(self) -> int:
        return (self.n + self.batch_size - 1) // self.batch_size

    def __getitem__(self, idx: int) -> Any:
        """Batch `idx` of an epoch; ValueError behind the last one."""
        if idx >= len(self):
            raise ValueError(f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}")
        self._next_seed()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        first = self.batch_size * idx
        return self._get_batches_of_transformed_samples(self.index_array[first : first + self.batch_size])

    def on_epoch_end(self) -> None:
        """Puts the samples in another order."""
        self._set_index_array()

    def reset(self) -> None:
        """Begins with the first batch again."""
        self.batch_index = 0

    def _flow_index(self) -> PythonIterator[Any]:
        self.reset()
        while True:
            self._next_seed()
            if self.batch_index == 0:
                self._set_index_array()
            first = (self.batch_index * self.batch_size) % self.n if self.n else 0
            if self.n > first + self.batch_size:
                self.batch_index += 1
            else:
                self.batch_index = 0
            self.total_batches_seen += 1
            yield self.index_array[first : first + self.batch_size]

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self) -> Any:
        """The next batch; after the last one of an epoch comes the first one of the next."""
        with self.lock:
            indices = next(self.index_generator)
        return self._get_batches_of_transformed_samples(indices)

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        """The batch of the samples at these positions."""
        raise NotImplementedError

    def _save(self, batch: np.ndarray, indices: Any) -> None:
        """Writes the images of a batch as files, where that was asked for."""
        folder: str = getattr(self, "save_to_dir", None) or ""
        for image, index in zip(batch, indices, strict=True) if folder else ():
            name = f"{self.save_prefix}_{index}_{np.random.randint(10000)}.{self.save_format}"  # type: ignore[attr-defined]
            array_to_img(image, self.data_format, scale=True).save(os.path.join(folder, name))  # type: ignore[attr-defined]


@tf_export("keras.preprocessing.image.NumpyArrayIterator")
class NumpyArrayIterator(Iterator):
    """Batches of images of an array.

    Args:
        x: images, rank 4; or a list of them and of other arrays of the same length.
        y: labels; None for none.
        image_data_generator: changes the images.
        batch_size: see `Iterator`.
        shuffle: see `Iterator`.
        sample_weight: weights of the samples; None for none.
        seed: see `Iterator`.
        data_format: "channels_last" or "channels_first".
        save_to_dir: where to write the images that were made; None for nowhere.
        save_prefix: what the names of these begin with.
        save_format: their format.
        subset: "training" or "validation", parts of the generator's `validation_split`; None for all.
        dtype: type of the batches; the default float type when None.

    Raises:
        ValueError: lengths that differ, another rank, or another subset.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        dtype: Any = None,
    ):
        self.dtype = dtype or config.floatx()
        images, *others = x if isinstance(x, (list, tuple)) else [x]
        others = (
            [np.asarray(o) for o in others[0]]
            if len(others) == 1 and isinstance(others[0], list)
            else [np.asarray(o) for o in others]
        )
        for other in others:
            if len(other) != len(images):
                raise ValueError("All of the arrays in `x` should have the same length.")
        for what, given in (("y", y), ("sample_weight", sample_weight)):
            if given is not None and len(given) != len(images):
                raise ValueError(
                    f"`x` (images tensor) and `{what}` should have the same length. Found: x.shape = "
                    f"{np.shape(images)}, {what}.shape = {np.shape(given)}"
                )
        if subset is not None:
            images, y, sample_weight, others = self._part(
                subset, image_data_generator, images, y, sample_weight, others
            )
        self.x = np.asarray(images, dtype=self.dtype)
        self.x_misc = others
        if self.x.ndim != 4:
            raise ValueError(
                f"Input data in `NumpyArrayIterator` should have rank 4. You passed an array with shape {self.x.shape}"
            )
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        self.image_data_generator, self.data_format = image_data_generator, data_format_or(data_format)
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        super().__init__(self.x.shape[0], batch_size, shuffle, seed)

    @staticmethod
    def _part(subset: str, generator: Any, images: Any, y: Any, weights: Any, others: Any) -> tuple[Any, ...]:
        if subset not in ("training", "validation"):
            raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
        split = int(len(images) * generator._validation_split)
        if y is not None and not np.array_equal(np.unique(y[:split]), np.unique(y[split:])):
            raise ValueError(
                "Training and validation subsets have different number of classes after the split. If your numpy "
                "arrays are sorted by the label, you might want to shuffle them."
            )
        rows = slice(split) if subset == "validation" else slice(split, None)
        return (
            images[rows],
            None if y is None else y[rows],
            None if weights is None else weights[rows],
            [other[rows] for other in others],
        )

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        batch = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        generator = self.image_data_generator
        for i, j in enumerate(index_array):
            params = generator.get_random_transform(self.x.shape[1:])
            changed = generator.apply_transform(self.x[j].astype(self.dtype), params)
            batch[i] = generator.standardize(changed)
        self._save(batch, index_array)
        inputs = batch if not self.x_misc else [batch, *(other[index_array] for other in self.x_misc)]
        if self.y is None:
            return inputs if self.sample_weight is None else (inputs, None, self.sample_weight[index_array])
        if self.sample_weight is None:
            return inputs, self.y[index_array]
        return inputs, self.y[index_array], self.sample_weight[index_array]


class FileIterator(Iterator):
    """Batches of images of files; a subclass gives `filepaths`, `labels` and `sample_weight`.

    Args:
        generator: changes the images.
        target_size: (rows, columns) of the images.
        color_mode: "rgb", "rgba" or "grayscale".
        data_format: "channels_last" or "channels_first".
        save_to_dir: where to write the images that were made; None for nowhere.
        save_prefix: what the names of these begin with.
        save_format: their format.
        subset: "training" or "validation", parts of the generator's `validation_split`; None for all.
        interpolation: see `load_img`.
        dtype: type of the batches.

    Raises:
        ValueError: another color mode or subset.
    """

    class_mode: str | None
    filepaths: list[str]
    labels: Any
    sample_weight: Any = None

    def set_processing_attrs(
        self,
        generator: Any,
        target_size: Any,
        color_mode: str,
        data_format: str | None,
        save_to_dir: str | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        dtype: Any = None,
    ) -> None:
        """Takes the arguments; see the class."""
        if color_mode not in ("rgb", "rgba", "grayscale"):
            raise ValueError(f'Invalid color mode: {color_mode}; expected "rgb", "rgba", or "grayscale".')
        self.image_data_generator, self.target_size = generator, tuple(target_size)
        self.color_mode, self.data_format = color_mode, data_format_or(data_format)
        channels = {"rgb": 3, "rgba": 4, "grayscale": 1}[color_mode]
        first = self.data_format == "channels_first"
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.interpolation, self.dtype, self.subset = interpolation, dtype or config.floatx(), subset
        if subset is None:
            self.split = None
        elif subset == "validation":
            self.split = (0, generator._validation_split)
        elif subset == "training":
            self.split = (generator._validation_split, 1)
        else:
            raise ValueError(f'Invalid subset name: {subset};expected "training" or "validation"')

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        batch = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        generator = self.image_data_generator
        for i, j in enumerate(index_array):
            img = load_img(
                self.filepaths[j], color_mode=self.color_mode, target_size=self.target_size,
                interpolation=self.interpolation,
            )  # fmt: skip
            x = img_to_array(img, data_format=self.data_format)
            if generator is not None:
                params = generator.get_random_transform(x.shape)
                x = generator.standardize(generator.apply_transform(x, params))
            batch[i] = x
        self._save(batch, index_array)
        labels = self._labels_of(batch, index_array)
        if labels is None:
            return batch
        if self.sample_weight is None:
            return batch, labels
        return batch, labels, self.sample_weight[index_array]

    def _labels_of(self, batch: np.ndarray, index_array: Any) -> Any:
        """The labels of a batch as `class_mode` says; None for none."""
        mode = self.class_mode
        if mode is None:
            return None
        if mode == "input":
            return batch.copy()
        if mode in ("binary", "sparse"):
            return np.array([self.classes[i] for i in index_array], dtype=self.dtype)
        if mode == "categorical":
            made = np.zeros((len(batch), len(self.class_indices)), dtype=self.dtype)
            for i, n in enumerate(index_array):
                made[i, self.classes[n]] = 1.0
            return made
        if mode == "multi_output":
            return [output[index_array] for output in self.labels]
        return self.labels[index_array]

    classes: Any
    class_indices: dict[Any, int]
