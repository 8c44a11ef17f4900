"""EXECUTE: plans compiled to ONNX Runtime sessions and host calls, the variable store, devices."""
