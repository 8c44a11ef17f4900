"""tf.contrib.opt: more optimizers, and optimizers of other libraries."""
