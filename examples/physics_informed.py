"""Solves Burgers' equation with a neural network that is trained on the equation itself, in float64.

The unknown u(x, t) of

    u_t + u u_x = nu u_xx,    -1 <= x <= 1,  0 <= t <= 1,  nu = 0.05

is a fully connected net. Its derivatives come from `tf.gradients`, the second one from `tf.gradients` of the first,
and the loss is the mean square of the equation's residual at random points plus that of the error on the initial line
and on the two walls. The travelling front u = a - b tanh(b (x - a t) / (2 nu)) solves the equation exactly, so the
error of the trained net is known everywhere and printed at the end.

    python examples/physics_informed.py
"""

import argparse
import itertools
import sys
import time

import numpy as np

import tfcompat.compat.v1 as tf

NU = 0.05
MEAN, STEP = 0.4, 0.5
LAYERS = [2, 24, 24, 24, 1]
INTERIOR, BOUNDARY = 1024, 128
SEED = 3


def exact(x, t):
    """The travelling front at the points `x`, `t`, float64 of the same shape."""
    return MEAN - STEP * np.tanh(STEP * (x - MEAN * t) / (2 * NU))


def sample_interior(random):
    """Random points (x, t) of the domain, each float64 `[INTERIOR, 1]`."""
    return random.uniform(-1, 1, [INTERIOR, 1]), random.uniform(0, 1, [INTERIOR, 1])


def sample_boundary(random):
    """Random points (x, t) of the initial line and of the walls, each float64 `[3 * BOUNDARY, 1]`."""
    x = np.concatenate([random.uniform(-1, 1, [BOUNDARY, 1]), -np.ones([BOUNDARY, 1]), np.ones([BOUNDARY, 1])])
    t = np.concatenate([np.zeros([BOUNDARY, 1]), random.uniform(0, 1, [2 * BOUNDARY, 1])])
    return x, t


def network(x, t):
    """u at the points `x`, `t` `[n, 1]`: a tanh net whose variables all calls share."""
    hidden = tf.concat([x, 2 * t - 1], axis=1)
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        for layer, (inputs, outputs) in enumerate(itertools.pairwise(LAYERS)):
            scale = np.sqrt(2 / (inputs + outputs))
            initial = tf.random_normal_initializer(stddev=scale, dtype=tf.float64)
            weights = tf.get_variable(f"weights{layer}", [inputs, outputs], tf.float64, initial)
            biases = tf.get_variable(f"biases{layer}", [outputs], tf.float64, tf.zeros_initializer())
            hidden = tf.matmul(hidden, weights) + biases
            if layer < len(LAYERS) - 2:
                hidden = tf.tanh(hidden)
    return hidden


def residual(x, t):
    """u_t + u u_x - nu u_xx of the net at the points `x`, `t`: 0 where it solves the equation."""
    u = network(x, t)
    u_x, u_t = tf.gradients(u, [x, t])
    (u_xx,) = tf.gradients(u_x, x)
    return u_t + u * u_x - NU * u_xx


def relative_error(session, u, x, t):
    """Relative L2 distance of the net from the exact solution on a grid of 101 by 51 points."""
    grid_x, grid_t = (axis.reshape(-1, 1) for axis in np.meshgrid(np.linspace(-1, 1, 101), np.linspace(0, 1, 51)))
    truth = exact(grid_x, grid_t)
    found = session.run(u, {x: grid_x, t: grid_t})
    return np.linalg.norm(found - truth) / np.linalg.norm(truth)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=3000, help="training steps (default: %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="print the last line only")
    options = parser.parse_args()

    tf.set_random_seed(SEED)
    x = tf.placeholder(tf.float64, [None, 1], name="x")
    t = tf.placeholder(tf.float64, [None, 1], name="t")
    known_x = tf.placeholder(tf.float64, [None, 1], name="known_x")
    known_t = tf.placeholder(tf.float64, [None, 1], name="known_t")
    known_u = tf.placeholder(tf.float64, [None, 1], name="known_u")
    rate = tf.placeholder(tf.float64, [], name="rate")

    equation_loss = tf.reduce_mean(tf.square(residual(x, t)))
    boundary_loss = tf.reduce_mean(tf.square(network(known_x, known_t) - known_u))
    loss = equation_loss + boundary_loss
    train = tf.train.AdamOptimizer(rate).minimize(loss)
    u = network(x, t)

    random = np.random.RandomState(SEED)
    started = time.perf_counter()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(options.steps):
            points = dict(zip([x, t], sample_interior(random), strict=True))
            edge_x, edge_t = sample_boundary(random)
            feed = {known_x: edge_x, known_t: edge_t, known_u: exact(edge_x, edge_t)}
            feed[rate] = 0.01 * 0.02 ** (step / options.steps)
            _, total = session.run([train, loss], {**points, **feed})
            if not options.quiet and (step + 1) % 500 == 0:
                error, elapsed = relative_error(session, u, x, t), time.perf_counter() - started
                print(f"step {step + 1:5d}  loss {total:.2e}  relative error {error:.2e}  {elapsed:5.1f} s")
        error = relative_error(session, u, x, t)
    print(f"relative error against the exact solution: {error:.2e}")
    if options.steps >= 3000 and error > 1e-2:
        sys.exit("the net has not found the solution")


if __name__ == "__main__":
    main()
