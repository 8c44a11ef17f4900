"""The most used names of tf.contrib, as TensorFlow 1.15 had them."""
