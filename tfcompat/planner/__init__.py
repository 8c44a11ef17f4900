"""PLAN: which operations a run needs, in which order, with which variable versions, cut into which segments.

Pure functions over `tfcompat.graph`; nothing here knows ONNX.
"""
