"""`tf.keras.utils`: objects by name, arrays of labels, downloads, queues of batches, progress."""
