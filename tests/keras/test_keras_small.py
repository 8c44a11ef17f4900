"""Activations, regularizers, constraints and initializers of tf.keras."""

from tests.cases import Case, arr, by_dtype, expr, f16, f32, f64, special
from tests.runner import run_cases

FLOATS = (f16, f32, f64)
# the reference records more nodes for what becomes L1L2 here, and for ring by ring kernels in a loop
OTHER_GRAPH = {"graph": False}
NAMES = ("elu", "selu", "softplus", "softsign", "relu", "tanh", "sigmoid", "exponential", "hard_sigmoid", "softmax")


def regularized(name: str, *factors: float, **options: object) -> Case:
    return expr(f"tf.keras.regularizers.{name}({', '.join(map(str, factors))})(x)", x=f32(3, 5), **options)


def constrained(text: str, *shape: int, **options: object) -> Case:
    return expr(f"tf.keras.constraints.{text}(x)", x=f32(*shape, lo=-2, hi=2), **options)


CASES = [
    *[Case(f"keras.activations.{name}", f32(3, 5)) for name in NAMES],
    *[Case(f"keras.activations.{name}", special(), grad=False, label="special")
      for name in NAMES if name not in ("softmax", "hard_sigmoid", "selu")],
    *by_dtype(FLOATS, lambda t: Case("keras.activations.hard_sigmoid", t(7))),
    Case("keras.activations.linear", f32(2, 3), unknown_rank=False),
    Case("keras.activations.swish", f32(2, 3), graph=False),
    Case("keras.activations.mish", f32(2, 3)),
    Case("keras.activations.elu", f32(2, 3), alpha=0.3),
    Case("keras.activations.softmax", f32(2, 3, 4)),
    Case("keras.activations.softmax", f32(2, 3, 4), axis=1, unknown_rank=False),
    Case("keras.activations.softmax", f32(4), raises="ValueError"),
    *[Case("keras.activations.relu", f32(3, 5), **options)
      for options in ({"alpha": 0.2}, {"max_value": 6}, {"max_value": 0.7}, {"threshold": 0.5},
                      {"alpha": 0.1, "max_value": 1.0}, {"alpha": 0.1, "max_value": 1.0, "threshold": 0.3},
                      {"alpha": 0.5, "threshold": 0.25}, {"max_value": 2.0, "threshold": -0.5})],
    *by_dtype(FLOATS, lambda t: Case("keras.activations.relu", t(6), alpha=0.25, max_value=1.0)),

    regularized("l2", 0.3, **OTHER_GRAPH),
    regularized("l1", 0.3, **OTHER_GRAPH),
    regularized("l1_l2", 0.3, 0.7),
    regularized("L1L2", 0.0, 0.0),
    regularized("L1", 0.2),
    regularized("L2", 0.2),
    regularized("l1_l2", 0.3, "None"),

    constrained("MaxNorm(1.5)", 4, 3),
    constrained("max_norm(1.5, [0, 1, 2])", 3, 2, 2, 4),
    constrained("NonNeg()", 4, 3),
    constrained("UnitNorm()", 4, 3),
    constrained("UnitNorm(axis=1)", 4, 3),
    constrained("MinMaxNorm(0.8, 1.2, 0.4)", 4, 3),
    constrained("MinMaxNorm(2.0, 3.0)", 4, 3),
    constrained("RadialConstraint()", 3, 3, 2, 2, unknown_batch=False, unknown_rank=False, **OTHER_GRAPH),
    constrained("RadialConstraint()", 5, 5, 1, 2, unknown_batch=False, unknown_rank=False, **OTHER_GRAPH),
    constrained("RadialConstraint()", 3, 3, raises="ValueError"),
    expr("tf.keras.constraints.NonNeg()(x)", x=arr([0.0, -0.0, -1.0, 2.0])),

    *[expr(f"tf.keras.initializers.get('{name}')((3, 4), dtype=tf.float32)")
      for name in ("zeros", "ones", "identity", "constant")],
    *[expr(f"tf.keras.initializers.get({{'class_name': '{name}', 'config': {{'seed': 5}}}})((3, 4), dtype=tf.float32)",
           label=name)
      for name in ("RandomNormal", "RandomUniform", "TruncatedNormal", "GlorotUniform", "GlorotNormal", "HeNormal",
                   "HeUniform", "LecunNormal", "LecunUniform", "VarianceScaling", "random_normal", "uniform")],
]  # fmt: skip

test_rows = run_cases("keras_small", CASES)
