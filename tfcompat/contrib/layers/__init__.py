"""tf.contrib.layers: layers as functions, initializers, regularizers, summaries."""
