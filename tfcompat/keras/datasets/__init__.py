"""`tf.keras.datasets`: small data sets, downloaded at their first use."""
