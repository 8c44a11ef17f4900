"""Names that programs import from internal modules of TensorFlow, through the import hook."""

import importlib
import logging

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.compat import import_hook


def internal(path):
    """The object at tensorflow.<path>, as an import statement finds it."""
    module, _, name = f"tensorflow.{path}".rpartition(".")
    finder = import_hook.TensorFlowFinder()
    spec = finder.find_spec(module)
    return getattr(finder.create_module(spec), name)


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("contrib.framework.python.ops.add_arg_scope", "contrib.framework.add_arg_scope"),
        ("contrib.layers.python.layers.initializers.xavier_initializer", "contrib.layers.xavier_initializer"),
        ("contrib.layers.python.layers.batch_norm", "contrib.layers.batch_norm"),
        ("contrib.layers.python.layers.utils.collect_named_outputs", "contrib.layers.utils.collect_named_outputs"),
        ("contrib.slim.python.slim.nets.vgg.vgg_16", "contrib.slim.nets.vgg.vgg_16"),
        ("contrib.slim.python.slim.nets.resnet_utils", "contrib.slim.nets.resnet_utils"),
        ("contrib.training.python.training.hparam.HParams", "contrib.training.HParams"),
        ("python.pywrap_tensorflow.NewCheckpointReader", "train.NewCheckpointReader"),
        ("python.framework.ops.colocate_with", "colocate_with"),
        ("python.lib.io.file_io.file_exists", "gfile.Exists"),
    ],
)
def test_internal_paths_lead_to_public_objects(path, public):
    found = tf
    for part in public.split("."):
        found = getattr(found, part)
    assert internal(path) is found


def test_modules_inside_modules_are_found():
    assert import_hook.internal_names()["tensorflow.python.ops.rnn"]["rnn_cell_impl"].startswith("tensorflow.")
    with pytest.raises(AttributeError, match="does not provide it"):
        internal("python.ops.rnn.no_such_name")
    with pytest.raises(ModuleNotFoundError, match="does not provide it"):
        import_hook.TensorFlowFinder().find_spec("tensorflow.contrib.no_such_family.python")


def test_functions_without_public_names():
    with tf.Graph().as_default(), tf.Session() as session:
        data, pred = tf.constant([1.0, 2.0]), tf.placeholder(tf.bool, [])
        no, yes = internal("python.ops.control_flow_ops.switch")(data, pred)
        merged, index = internal("python.ops.control_flow_ops.merge")([no * 2, yes * 3])
        assert session.run([merged, index], {pred: True})[0].tolist() == [3.0, 6.0]
        assert session.run(index, {pred: False}) == 0
        with pytest.raises(ValueError, match="is None"):
            internal("python.ops.control_flow_ops.merge")([None, yes])
        average = tf.Variable(2.0)
        moved = internal("python.training.moving_averages.assign_moving_average")(average, 4.0, 0.5, zero_debias=False)
        session.run(average.initializer)
        assert session.run(moved) == 3.0
        dependent = internal("python.ops.control_flow_ops.with_dependencies")([moved], data)
        assert dependent.op.control_inputs[0] is moved.op
        resources = internal("python.ops.resources.shared_resources")()
        assert resources == []
        assert internal("python.ops.resources.initialize_resources")(resources).type == "NoOp"
    assert internal("python.framework.tensor_shape.unknown_shape")(rank=2).as_list() == [None, None]
    assert internal("python.framework.tensor_shape.scalar")().as_list() == []
    assert internal("python.framework.dtypes.float32_ref") == tf.float32._as_ref
    assert internal("python.util.nest.is_sequence")([1])
    assert not internal("python.util.nest.is_sequence")("ab")
    assert internal("python.eager.context.in_graph_mode")()
    assert not internal("python.tf2.enabled")()
    devices = internal("python.client.device_lib.list_local_devices")()
    assert next(d.device_type for d in devices) == "CPU"
    assert devices[0].incarnation


def test_functions_about_functions():
    def function(a, b=2, *rest, **options):
        return a

    class Callable:
        def __call__(self, x):
            return x

    partial = importlib.import_module("functools").partial
    assert internal("python.util.function_utils.fn_args")(function) == ("a", "b")
    assert internal("python.util.function_utils.fn_args")(partial(function, b=3)) == ("a",)
    assert internal("python.util.function_utils.fn_args")(partial(function, 1)) == ("b",)
    assert internal("python.util.function_utils.fn_args")(Callable()) == ("x",)
    assert internal("python.util.tf_inspect.getargspec")(function) == (["a", "b"], "rest", "options", (2,))
    assert internal("python.util.tf_inspect.getfullargspec")(function).varkw == "options"
    wrapped = internal("python.util.tf_decorator.make_decorator")(function, lambda *args: 5)
    assert wrapped(1) == 5
    assert wrapped.__name__ == "function"
    assert internal("python.util.tf_decorator.unwrap")(wrapped)[1] is function


def test_deprecations_warn_once(caplog):
    framework = tf.contrib.framework
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        old = framework.deprecated("2020-01-02", "Use the new one.")(lambda x: x + 1)
        assert old(1) == old(1) == 2
        assert len(caplog.records) == 1
        assert "after 2020-01-02" in caplog.text
        assert "Use the new one." in caplog.text
        caplog.clear()

        @framework.deprecated_args(None, "No b.", "b", ("c", None))
        def function(a, b=None, c=None):
            return a

        assert function(1) == function(1, c=None) == 1
        assert not caplog.records
        function(1, b=2)
        assert "calling it with b" in caplog.text
        assert len(caplog.records) == 1
        caplog.clear()
        framework.deprecated_arg_values(None, "No 3.", a=3)(function.__wrapped__)(3)
        assert "calling it with a" in caplog.text
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        framework.deprecated("tomorrow", "Use it.")
    with pytest.raises(ValueError, match="conversion instructions"):
        framework.deprecated(None, "")
    with pytest.raises(ValueError, match="not present in the function signature"):
        framework.deprecated_args(None, "No d.", "d")(lambda a: a)
    assert internal("python.util.deprecation.deprecated_argument_lookup")("n", None, "o", 4) == 4
