"""RUN: `Session` and what belongs to its calls: fetches, feeds, callables."""
