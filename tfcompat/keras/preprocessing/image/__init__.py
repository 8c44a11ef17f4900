"""`tf.keras.preprocessing.image`: images as arrays, random changes of them, and batches of changed images."""
