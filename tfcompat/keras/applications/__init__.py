"""`tf.keras.applications`: networks for images, one module a family."""
