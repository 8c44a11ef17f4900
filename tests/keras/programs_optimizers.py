"""Programs of tf.keras.optimizers: twenty steps of each, of a matrix with dense and a table with sparse gradients."""

import numpy as np

from tests.keras.observed import numbers

STEPS = 20
KEPT = (1, 20)


def _trajectory(make, dtype="float32", sparse=True, constraint=None, mode="updates"):
    def program(tf):
        keras = tf.keras
        start = numbers(2, 3).astype(dtype), (numbers(5, 2) + 2.0).astype(dtype)
        matrix = keras.backend.variable(start[0], dtype, name="matrix", constraint=constraint and constraint(tf))
        table = keras.backend.variable(start[1], dtype, name="table")
        x = tf.placeholder(dtype, [4, 3])
        rows = tf.placeholder(tf.int64, [4])
        loss = tf.reduce_sum(tf.square(tf.matmul(x, matrix, transpose_b=True) - 0.3))
        variables = [matrix]
        if sparse:
            loss += tf.reduce_sum(tf.square(tf.gather(table, rows)))
            variables.append(table)
        optimizer = make(tf)
        if mode == "updates":
            step = optimizer.get_updates(loss, variables)[0]
        else:
            pairs = zip(tf.gradients(loss, variables), variables)  # noqa: B905
            step = optimizer.apply_gradients(pairs)
        session = keras.backend.get_session()
        session.run(tf.global_variables_initializer())
        kept = {"variables": [v.name for v in tf.global_variables()]}
        for count in range(1, STEPS + 1):
            feeds = {x: numbers(4, 3, salt=count).astype(dtype), rows: [count % 5, 3, (2 * count) % 5, 3]}
            session.run(step, feeds)
            if count in KEPT:
                kept[count] = session.run([matrix, table, optimizer.weights])
        kept["config"] = {k: float(v) if isinstance(v, np.floating) else v for k, v in optimizer.get_config().items()}
        return kept

    return program


def _of(name, *args, **kwargs):
    return lambda tf: getattr(tf.keras.optimizers, name)(*args, **kwargs)


def _scheduled(module, name, *args, **kwargs):
    def make(tf):
        place = tf.keras.experimental if module == "experimental" else tf.keras.optimizers.schedules
        return tf.keras.optimizers.SGD(getattr(place, name)(*args, **kwargs))

    return make


_OPTIMIZERS = {
    "sgd": _of("SGD", 0.05),
    "sgd_momentum": _of("SGD", 0.02, momentum=0.7),
    "sgd_nesterov_decay": _of("SGD", lr=0.02, momentum=0.7, nesterov=True, decay=0.1),
    "sgd_clipnorm": _of("SGD", 0.05, clipnorm=0.8),
    "sgd_clipvalue": _of("SGD", 0.05, clipvalue=0.3),
    "rmsprop": _of("RMSprop", 0.03),
    "rmsprop_centered": _of("RMSprop", 0.03, centered=True),
    "rmsprop_momentum": _of("RMSprop", 0.03, momentum=0.5, rho=0.8, epsilon=1e-3),
    "rmsprop_centered_momentum": _of("RMSprop", 0.03, momentum=0.5, centered=True, epsilon=1e-3),
    "adam": _of("Adam", 0.05),
    "adam_amsgrad": _of("Adam", 0.05, beta_1=0.8, beta_2=0.9, amsgrad=True, decay=0.05),
    "adamax": _of("Adamax", 0.05, beta_2=0.9),
    "nadam": _of("Nadam", 0.05, beta_2=0.9),
    "nadam_schedule_decay": _of("Nadam", 0.05, schedule_decay=0.1),
    "adagrad": _of("Adagrad", 0.2, initial_accumulator_value=0.3, epsilon=1e-3),
    "adadelta": _of("Adadelta", 1.0, rho=0.9, epsilon=1e-4),
    "ftrl": _of("Ftrl", 0.1),
    "ftrl_regularized": _of("Ftrl", 0.1, -0.3, 0.2, 0.01, 0.02),
    "ftrl_shrinkage": _of("Ftrl", 0.1, l2_shrinkage_regularization_strength=0.1),
    "exponential_decay": _scheduled("", "ExponentialDecay", 0.05, 3, 0.7),
    "staircase": _scheduled("", "ExponentialDecay", 0.05, 3, 0.7, staircase=True),
    "inverse_time_decay": _scheduled("", "InverseTimeDecay", 0.05, 3, 0.7),
    "polynomial_decay": _scheduled("", "PolynomialDecay", 0.05, 7, power=2.0),
    "polynomial_cycle": _scheduled("", "PolynomialDecay", 0.05, 7, cycle=True),
    "piecewise": _scheduled("", "PiecewiseConstantDecay", [3, 8], [0.05, 0.02, 0.01]),
    "cosine": _scheduled("experimental", "CosineDecay", 0.05, 12, alpha=0.1),
    "cosine_restarts": _scheduled("experimental", "CosineDecayRestarts", 0.05, 5, 1.5, 0.8),
    "linear_cosine": _scheduled("experimental", "LinearCosineDecay", 0.05, 12),
}

PROGRAMS = {name: _trajectory(make) for name, make in _OPTIMIZERS.items()}
PROGRAMS.update(
    {
        "sgd_applied": _trajectory(_of("SGD", 0.05), mode="apply"),
        "adam_applied": _trajectory(_of("Adam", 0.05), mode="apply"),
        "adam_float64": _trajectory(_of("Adam", 0.05), "float64"),
        "rmsprop_float64": _trajectory(_of("RMSprop", 0.05), "float64"),
        "adam_constrained": _trajectory(
            _of("Adam", 0.05), sparse=False, constraint=lambda tf: tf.keras.constraints.NonNeg()
        ),
    }
)
