"""The ONNX operator set that converters write for.

21 is the highest that loses no operator kernel in ONNX Runtime: from 22 on the random operators have none.
"""

OPSET = 21
IR_VERSION = 10
