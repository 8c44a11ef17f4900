"""`tf.gradients` and what belongs to it: the reverse walk over a graph, sums of gradients, registration."""
