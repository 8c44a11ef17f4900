"""The layers of `tf.keras.layers` that `tf.layers` is made of."""
