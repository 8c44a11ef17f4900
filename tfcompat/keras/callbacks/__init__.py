"""`tf.keras.callbacks`: objects that training, evaluation and prediction call before and after epochs and batches."""
