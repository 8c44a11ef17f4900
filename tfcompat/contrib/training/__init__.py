"""tf.contrib.training: loops of training and evaluation, batches of sequences, sampling."""
