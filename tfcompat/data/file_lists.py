"""What datasets of many files have in common: which files, in which order, how often."""

from __future__ import annotations

from typing import Any

from tfcompat.io.gfile import glob


def existing_files(file_pattern: Any) -> list[str]:
    """The files that match a pattern, or the patterns of a list, in order; ValueError when there are none."""
    if isinstance(file_pattern, (list, tuple)):
        if not file_pattern:
            raise ValueError("Argument `file_pattern` should not be empty.")
        found = [name for pattern in file_pattern for name in glob(pattern)]
    else:
        found = list(glob(file_pattern))
    if not found:
        raise ValueError(f"No files match `file_pattern` {file_pattern}.")
    return sorted(found)


def shuffled_and_repeated(dataset: Any, num_epochs: int | None, shuffle: bool, buffer_size: Any, seed: Any) -> Any:
    """`dataset`, shuffled if wanted, and repeated unless once is enough."""
    if shuffle:
        dataset = dataset.shuffle(buffer_size, seed)
    return dataset if num_epochs == 1 else dataset.repeat(num_epochs)
