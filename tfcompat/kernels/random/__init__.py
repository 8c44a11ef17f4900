"""Random numbers: the reference's streams, bit for bit where they are integers or uniform.

`philox` computes the generator; `uniform`, `normal`, `parameterized`, `gamma`, `poisson`, `binomial`, `multinomial`,
`shuffle` and `samplers` turn its words into values; `kernels`, `stateless_kernels` and `sampler_kernels` are what the
operations run.
"""
