"""Special functions of float64 arrays, without scipy: gamma, error, Bessel, zeta, incomplete gamma and beta functions."""
