"""Twenty steps of the models that the benchmarks time, in small sizes: losses and magnitudes of all variables."""

from tests.steps.runner import steps_of

test_program = steps_of("models")
