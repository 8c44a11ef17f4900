"""`tf.keras.optimizers`: optimizers whose hyperparameters are variables, and learning rates as functions of steps."""
