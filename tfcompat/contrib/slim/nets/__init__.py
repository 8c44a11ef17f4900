"""tf.contrib.slim.nets: networks for images."""
