"""`tf.keras`: layers, models and what trains them."""
