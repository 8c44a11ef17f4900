"""A fresh default graph for every test."""

import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.fixture
def sess(graph):
    with tf.Session(graph=graph) as session:
        yield session
