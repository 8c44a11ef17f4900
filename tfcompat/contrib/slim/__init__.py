"""tf.contrib.slim: loops of training and evaluation, data, networks, summaries."""
