"""TRANSLATE: op types to ONNX operators, whole graphs to ONNX models.

Converters see `tfcompat.graph` operations and give ONNX nodes through the `Builder`; they know nothing of sessions.
"""
