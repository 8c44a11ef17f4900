"""`tf.feature_column`: how features become the columns of a dense input, and linear models over them."""
