"""`tf.Module` finds layers as it finds modules."""

import tfcompat.compat.v1 as tf


def test_layers_of_both_kinds_are_modules():
    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.first = tf.keras.layers.Dense(3)
            self.others = [tf.layers.Dense(2), {"last": tf.keras.layers.BatchNormalization()}]

    with tf.Graph().as_default():
        net = Net()
        hidden = net.others[0](net.first(tf.ones([2, 4])))
        net.others[1]["last"](hidden)
        assert net.submodules == (net.first, net.others[0], net.others[1]["last"])
        assert all(isinstance(part, tf.Module) for part in net.submodules)
        names = ["kernel", "bias", "kernel_1", "bias_1"]
        assert [v.op.name.split("/")[-1] for v in net.trainable_variables][:4] == names
        assert len(net.variables) == 8
        assert len(net.trainable_variables) == 6


def test_a_model_has_its_layers_for_modules():
    with tf.Graph().as_default():
        model = tf.keras.Sequential([tf.keras.layers.Dense(1), tf.keras.layers.Dense(2)])
        assert model.submodules == tuple(model.layers)
        model(tf.keras.Input((1,)))
        assert len(model.variables) == 4
