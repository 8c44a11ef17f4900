"""Twenty steps of the optimizers of tf.train and tf.contrib.opt: losses, initial values, variables and slots."""

from tests.steps.runner import steps_of

test_program = steps_of("optimizers", "contrib_optimizers")
