"""Logical devices, and names of the process that choose nothing."""

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.session import process_config


@pytest.fixture(autouse=True)
def untouched(monkeypatch):
    monkeypatch.setattr(process_config, "_process", process_config._ProcessConfig())


def test_several_logical_devices_of_the_cpu():
    (cpu,) = tf.config.list_physical_devices("CPU")
    assert tf.config.get_logical_device_configuration(cpu) is None
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    assert [d.name for d in tf.config.list_logical_devices("CPU")] == ["/device:CPU:0", "/device:CPU:1"]
    assert len(tf.config.experimental.get_virtual_device_configuration(cpu)) == 2
    with tf.Graph().as_default(), tf.device("/cpu:1"), tf.Session() as session:
        assert session.run(tf.constant(3) + 4) == 7
    with pytest.raises(ValueError, match="memory limit on CPU"):
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration(memory_limit=1024)])


def test_names_of_the_process():
    tf.config.experimental.enable_tensor_float_32_execution(False)
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(True)
    with pytest.raises(ValueError, match="Allocator stats not available for device 'CPU:0'"):
        tf.config.experimental.get_memory_info("CPU:0")
    with pytest.raises(ValueError, match="device_policy"):
        tf.config.experimental.set_device_policy("loud")
    tf.debugging.disable_traceback_filtering()
    assert not tf.debugging.is_traceback_filtering_enabled()
    tf.debugging.enable_traceback_filtering()


def test_libraries_are_refused(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        tf.load_op_library(str(tmp_path / "none.so"))
    (tmp_path / "ops.so").write_bytes(b"")
    with pytest.raises(tf.errors.UnimplementedError, match="py_func"):
        tf.load_op_library(str(tmp_path / "ops.so"))
    with pytest.raises(OSError, match="does not exist"):
        tf.load_library(str(tmp_path / "none"))
    with pytest.raises(tf.errors.UnimplementedError, match=r"ops\.so"):
        tf.load_library(str(tmp_path))


def test_types():
    assert tf.is_symbolic_tensor(tf.constant(1))
    assert not tf.is_symbolic_tensor(tf.Variable(1))
    assert tf.dtypes.experimental.int4.is_numeric
    assert not tf.string.is_numeric
    assert tf.types.experimental.TensorLike
    scope = tf.get_variable_scope()
    scope.set_initializer(initializer=tf.ones_initializer())
    with pytest.raises(TypeError, match="initializer"):
        scope.set_initializer(value=None)
    scope.set_initializer(None)
