"""Special functions of float64 arrays: gamma, error, Bessel, zeta, incomplete gamma and beta functions, integrals.

Every function is one formula for host kernels and for ONNX nodes (`pieces`).
"""
