"""Records which op types have a gradient: run it with the Python that has TensorFlow 2.15.1.

    python scripts/record_gradient_registry.py

Writes tests/golden/gradient_registry.json: op type -> whether it has a gradient, false for those declared to have none.
"""

from __future__ import annotations

import json
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "gradient_registry.json"


def main() -> None:
    import tensorflow  # noqa: F401  # fills the registry
    from tensorflow.python.framework import ops

    registry = ops.gradient_registry
    rows = {name: registry.lookup(name) is not None for name in sorted(registry.list())}
    GOLDEN.write_text(json.dumps(rows, indent=0) + "\n")
    print(f"{sum(rows.values())} of {len(rows)} have a gradient")


if __name__ == "__main__":
    main()
