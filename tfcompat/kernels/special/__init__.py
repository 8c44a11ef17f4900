"""Special functions of float64 arrays: gamma, error, Bessel, zeta, incomplete gamma and beta functions, integrals."""
