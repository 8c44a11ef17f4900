"""`tf.saved_model`: models with their signatures, variables and assets in one directory."""
