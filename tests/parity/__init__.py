"""Small TensorFlow 1 programs whose recorded graphs and results must equal the reference's."""
