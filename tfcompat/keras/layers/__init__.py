"""`tf.keras.layers`: one module a family; those that `tf.layers` is made of are in `tfcompat.layers`."""
