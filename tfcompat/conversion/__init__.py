"""From TensorFlow's files to ONNX: recognising files, finding inputs and outputs, writing and verifying models."""
