"""tf.contrib.rnn: more cells and wrappers, fused networks, stacked bidirectional networks."""
