"""`tf.keras.metrics`: functions of labels and predictions, and objects that keep state from batch to batch."""
