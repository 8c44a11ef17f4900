"""Programs of the models that the benchmarks time, in small sizes."""

import sys
from pathlib import Path

from tests.steps.observed import Training

sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

from workloads import loops, models, nets


def _of(program, **options):
    step, *losses = program.fetches
    return Training(step, losses, [program.feeds], digest=True, **options)


def mlp(tf):
    return _of(nets.training(tf, "mlp", 8))


def mlp_with_dropout(tf):
    return _of(nets.training(tf, "dropout_mlp", 8))


def convolutions(tf):
    return _of(nets.training(tf, "cnn", 4))


def lenet(tf):
    return _of(nets.training(tf, "lenet", 8, "momentum"))


def resnet20(tf):
    # At ten times the rate, a rounding grows to a hundredth within twenty steps: the reference itself then differs by
    # that much with and without oneDNN. What is accumulated of the gradients is as far off at once.
    return _of(nets.training(tf, "resnet20", 8, "momentum", rate=1e-4), noise="Momentum")


def transformer(tf):
    return _of(models.transformer(tf, batch=2, length=7, size=16, heads=2, vocabulary=50), noise="/k/bias")


def embedding_by_gradient_descent(tf):
    return _of(models.embedding(tf, "sgd", rows=300, dimensions=8, batch=24))


def embedding_by_adagrad(tf):
    return _of(models.embedding(tf, "adagrad", rows=300, dimensions=8, batch=24))


def embedding_by_adam(tf):
    return _of(models.embedding(tf, "adam", rows=300, dimensions=8, batch=24))


def word2vec(tf):
    return _of(models.word2vec(tf, vocabulary=90, dimensions=8, batch=16, sampled=8))


def actor_and_critic(tf):
    return _of(models.policy(tf, learn=True))


def physics_in_float64(tf):
    return _of(models.physics(tf, points=50))


def lstm_by_while_loop(tf):
    return _of(loops.lstm_training(tf, time=5, batch=3, hidden=8))


def sequence_to_sequence(tf):
    return _of(loops.sequence_training(tf, time=5, batch=3, hidden=8, vocabulary=20))
