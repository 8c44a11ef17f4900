"""Images of folders, and of the rows of data frames."""

from __future__ import annotations

import os
import warnings
from typing import Any, ClassVar

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.preprocessing.image.arrays import image_files
from tfcompat.keras.preprocessing.image.iterators import FORMATS, FileIterator


def _in_split(items: list[Any], split: tuple[float, float] | None) -> list[Any]:
    """The items from one share of their number to another."""
    if split is None:
        return items
    first, last = (int(share * len(items)) for share in split)
    return items[first:last]


@tf_export("keras.preprocessing.image.DirectoryIterator")
class DirectoryIterator(FileIterator):
    """Batches of the images in the folders of a folder, each a class.

    Args:
        directory: the folder.
        image_data_generator: changes the images.
        target_size: see `FileIterator`.
        color_mode: see `FileIterator`.
        classes: names of folders, in the order of the classes; all of them by name when None.
        class_mode: "categorical", "binary", "sparse", "input" (the images are the labels), or None for no labels.
        batch_size: see `Iterator`.
        shuffle: see `Iterator`.
        seed: see `Iterator`.
        data_format: see `FileIterator`.
        save_to_dir: see `FileIterator`.
        save_prefix: see `FileIterator`.
        save_format: see `FileIterator`.
        follow_links: whether links to folders are followed.
        subset: see `FileIterator`.
        interpolation: see `FileIterator`.
        dtype: see `FileIterator`.

    Raises:
        ValueError: another class mode.
    """

    allowed_class_modes: ClassVar[set[str | None]] = {"categorical", "binary", "sparse", "input", None}

    def __init__(
        self,
        directory: str,
        image_data_generator: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        dtype: Any = None,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, dtype,
        )  # fmt: skip
        if class_mode not in self.allowed_class_modes:
            raise ValueError(f"Invalid class_mode: {class_mode}; expected one of: {self.allowed_class_modes}")
        self.directory, self.class_mode = directory, class_mode
        if not classes:
            classes = sorted(name for name in os.listdir(directory) if os.path.isdir(os.path.join(directory, name)))
        self.num_classes = len(classes)
        self.class_indices = {name: i for i, name in enumerate(classes)}
        found: list[int] = []
        self.filenames: list[str] = []
        for name in classes:
            folder = os.path.join(directory, name)
            files = _in_split(list(image_files(folder, FORMATS, follow_links)), self.split)
            self.filenames += [os.path.join(name, os.path.relpath(os.path.join(r, f), folder)) for r, f in files]
            found += [self.class_indices[name]] * len(files)
        self.classes = np.array(found, dtype="int32")
        self.samples = len(self.filenames)
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        self.filepaths = [os.path.join(directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def labels(self) -> Any:  # type: ignore[override]
        """The classes of the images."""
        return self.classes


class DataFrameIterator(FileIterator):
    """Batches of the images that the rows of a pandas.DataFrame name.

    Args:
        dataframe: the table.
        directory: folder of the files; None where the table has paths.
        image_data_generator: changes the images.
        x_col: column of the files.
        y_col: column of the labels, or several.
        weight_col: column of the weights; None for none.
        target_size: see `FileIterator`.
        color_mode: see `FileIterator`.
        classes: the classes in their order; those that occur by name when None.
        class_mode: "categorical", "binary", "sparse" (classes in `y_col`, texts; lists of them
            too where "categorical"), "raw" (numbers), "multi_output" (a
            list of columns), "input", or None.
        batch_size: see `Iterator`.
        shuffle: see `Iterator`.
        seed: see `Iterator`.
        data_format: see `FileIterator`.
        save_to_dir: see `FileIterator`.
        save_prefix: see `FileIterator`.
        save_format: see `FileIterator`.
        subset: see `FileIterator`.
        interpolation: see `FileIterator`.
        dtype: see `FileIterator`.
        validate_filenames: whether rows whose file is no image that exists are left out.

    Raises:
        ValueError: another class mode.
        TypeError: columns of another type than the class mode needs.
    """

    allowed_class_modes: ClassVar[set[str | None]] = {
        "binary", "categorical", "input", "multi_output", "raw", "sparse", None,
    }  # fmt: skip

    def __init__(
        self,
        dataframe: Any,
        directory: str | None = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, dtype,
        )  # fmt: skip
        if class_mode not in self.allowed_class_modes:
            raise ValueError(f"Invalid class_mode: {class_mode}; expected one of: {self.allowed_class_modes}")
        if not all(isinstance(name, str) for name in dataframe[x_col]):
            raise TypeError(f"All values in column x_col={x_col} must be strings.")
        self.directory, self.class_mode = directory or "", class_mode
        rows = dataframe.copy()
        if validate_filenames:
            rows = self._with_files(rows, x_col)
        by_class = class_mode in ("binary", "categorical", "sparse")
        if by_class:
            rows, classes = self._with_classes(rows, y_col, classes)
            self.class_indices = {name: i for i, name in enumerate(classes)}
        rows = rows.iloc[slice(*(int(share * len(rows)) for share in self.split))] if self.split else rows
        if by_class:
            of = self.class_indices
            self.classes = [of[k] if isinstance(k, str) else [of[part] for part in k] for k in rows[y_col]]
        self.filenames = rows[x_col].tolist()
        self.sample_weight = None if weight_col is None else rows[weight_col].values
        if class_mode == "multi_output":
            self.labels = [np.array(rows[column].tolist()) for column in y_col]
        elif class_mode == "raw":
            self.labels = rows[y_col].values
        elif by_class:
            self.labels = self.classes
        self.samples = len(self.filenames)
        kind = "validated image filenames" if validate_filenames else "non-validated image filenames"
        belonging = f" belonging to {len(self.class_indices)} classes" if by_class else ""
        print(f"Found {self.samples} {kind}{belonging}.")
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _with_files(self, rows: Any, x_col: str) -> Any:
        paths = [os.path.join(self.directory, name) for name in rows[x_col]]
        is_image = np.array([p.lower().endswith(tuple(FORMATS)) and os.path.isfile(p) for p in paths], bool)
        missing = int((~is_image).sum())
        if missing:
            warnings.warn(
                f'Found {missing} invalid image filename(s) in x_col="{x_col}". These filename(s) will be ignored.',
                stacklevel=3,
            )
        return rows[is_image]

    def _with_classes(self, rows: Any, y_col: Any, classes: Any) -> tuple[Any, list[Any]]:
        """The rows of the given classes, and all classes in order."""
        allowed = (str, list, tuple) if self.class_mode == "categorical" else str
        if not all(isinstance(label, allowed) for label in rows[y_col]):
            kinds = "type string, list or tuple" if self.class_mode == "categorical" else "strings"
            raise TypeError(f'If class_mode="{self.class_mode}", y_col="{y_col}" column values must be {kinds}.')
        if classes:
            kept = [_kept(label, classes) for label in rows[y_col]]
            rows = rows.assign(**{y_col: kept})[np.array([bool(label) for label in kept], bool)]
        found = sorted({part for label in rows[y_col] for part in ([label] if isinstance(label, str) else label)})
        if self.class_mode == "binary" and len(found) != 2:
            raise ValueError(f'If class_mode="binary" there must be 2 classes. Found {len(found)} classes.')
        return rows, list(classes) if classes else found


def _kept(label: Any, classes: Any) -> Any:
    """A label, or those of several labels, that are among the classes."""
    if isinstance(label, str):
        return label if label in classes else None
    return [part for part in label if part in classes]
