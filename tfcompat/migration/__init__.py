"""Code that uses TensorFlow: which names it uses, whether they are provided, and its imports rewritten."""
