"""tf.contrib.metrics: metrics that take predictions before labels, and others of their own."""
