"""tf.contrib.legacy_seq2seq: sequence to sequence networks unrolled in the graph."""
