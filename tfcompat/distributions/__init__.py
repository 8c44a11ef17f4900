"""`tf.distributions`: probability distributions with sampling, densities, statistics and divergences."""
