"""Logging, text helpers, resources, behaviour switches, process configuration."""

import datetime
import logging
import pathlib

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def records(caplog):
    tf.logging.set_verbosity(tf.logging.INFO)
    with caplog.at_level(tf.logging.INFO, logger="tensorflow"):
        yield caplog
    tf.logging.set_verbosity(tf.logging.WARN)


def test_messages_go_to_the_logger_of_that_name_with_the_callers_line(records):
    tf.logging.info("step %d", 3)
    tf.logging.debug("not shown")
    tf.logging.error("bad")
    tf.logging.fatal("worse")
    tf.logging.vlog(tf.logging.WARN, "v")
    assert [(r.levelname, r.getMessage()) for r in records.records] == [
        ("INFO", "step 3"), ("ERROR", "bad"), ("CRITICAL", "worse"), ("WARNING", "v")]  # fmt: skip
    assert {r.name for r in records.records} == {"tensorflow"}
    assert {r.filename for r in records.records} == {"test_platform.py"}


def test_messages_that_are_counted_or_conditional(records):
    for i in range(5):
        tf.logging.log_every_n(tf.logging.INFO, "every %d", 2, i)
        tf.logging.log_first_n(tf.logging.INFO, "first %d", 2, i)
        tf.logging.log_if(tf.logging.INFO, "if %d", i == 3, i)
    assert sorted(r.getMessage() for r in records.records) == [
        "every 0", "every 2", "every 4", "first 0", "first 1", "if 3"]  # fmt: skip


def test_verbosity():
    before = tf.logging.get_verbosity()
    tf.logging.set_verbosity(tf.logging.ERROR)
    assert tf.logging.get_verbosity() == logging.ERROR
    tf.logging.set_verbosity(before)
    assert tf.get_logger() is logging.getLogger("tensorflow")


def test_text_and_bytes():
    assert tf.compat.as_bytes("é") == b"\xc3\xa9"
    assert tf.compat.as_bytes(bytearray(b"x")) == b"x"
    assert tf.compat.as_text(b"\xc3\xa9") == tf.compat.as_str("é") == "é"
    assert tf.compat.as_str_any(5) == "5"
    assert tf.compat.as_str_any(b"5") == "5"
    assert tf.compat.path_to_str(pathlib.Path("a")) == "a"
    for function in (tf.compat.as_bytes, tf.compat.as_text):
        with pytest.raises(TypeError, match="Expected binary or unicode string, got 5"):
            function(5)


def test_type_tuples():
    assert isinstance(np.int8(1), tf.compat.integral_types)
    assert isinstance(1.0, tf.compat.real_types)
    assert isinstance(1j, tf.compat.complex_types)
    assert isinstance("x", tf.compat.bytes_or_text_types)


def test_forward_compatibility():
    assert tf.compat.forward_compatible(2019, 1, 1)
    assert not tf.compat.forward_compatible(2999, 1, 1)
    today = datetime.date.today()
    with tf.compat.forward_compatibility_horizon(2999, 2, 1):
        assert tf.compat.forward_compatible(today.year, today.month, today.day)


def test_resources():
    here = pathlib.Path(__file__).parent
    assert tf.resource_loader.get_data_files_path() == str(here)
    assert tf.resource_loader.get_path_to_datafile("x") == str(here / "x")
    assert b"tfcompat" in tf.resource_loader.load_resource("__init__.py")
    with pytest.raises(NotImplementedError, match=r"no C\+\+ headers"):
        tf.sysconfig.get_include()
    assert set(tf.sysconfig.get_build_info()) >= {"is_cuda_build"}


def test_execution_is_never_eager():
    tf.disable_v2_behavior()
    tf.disable_eager_execution()
    assert not tf.executing_eagerly()
    for function in (tf.enable_eager_execution, tf.enable_v2_behavior):
        with pytest.raises(NotImplementedError, match="no eager execution"):
            function()
    with pytest.raises(NotImplementedError, match=r"tf\.equal"):
        tf.enable_tensor_equality()
    tf.disable_tensor_equality()


def test_switches():
    tf.enable_v2_tensorshape()
    assert list(tf.TensorShape([1, None])) == [1, None]
    tf.enable_control_flow_v2()
    assert tf.control_flow_v2_enabled()
    tf.enable_resource_variables()
    tf.disable_v2_behavior()
    assert isinstance(tf.TensorShape([1])[0], tf.Dimension)
    assert not tf.control_flow_v2_enabled()
    assert not tf.resource_variables_enabled()


def test_the_namespace_holds_itself():
    assert tf.compat.v1.Session is tf.Session


@pytest.fixture
def process_config(monkeypatch):
    from tfcompat.session import process_config

    monkeypatch.setattr(process_config, "_process", process_config._ProcessConfig())


@pytest.mark.usefixtures("process_config")
def test_sessions_without_configuration_take_that_of_the_process():
    assert tf.Session(graph=tf.Graph())._config is None
    tf.config.set_soft_device_placement(True)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.optimizer.set_experimental_options({"constant_folding": False, "min_graph_nodes": -1, "unknown": 1})
    tf.config.optimizer.set_jit(True)
    config = tf.Session(graph=tf.Graph())._config
    assert config.allow_soft_placement
    assert config.intra_op_parallelism_threads == 2
    assert config.graph_options.rewrite_options.min_graph_nodes == -1
    assert tf.config.optimizer.get_jit() == "autoclustering"
    assert tf.config.optimizer.get_experimental_options()["constant_folding"] is False
    assert tf.Session(graph=tf.Graph(), config=tf.ConfigProto())._config == tf.ConfigProto()


@pytest.mark.usefixtures("process_config")
def test_devices_of_the_machine():
    cpus = tf.config.list_physical_devices("CPU")
    assert [tuple(d) for d in cpus] == [("/physical_device:CPU:0", "CPU")]
    assert tf.config.list_logical_devices("CPU")[0].name == "/device:CPU:0"
    tf.config.set_visible_devices([], "GPU")
    assert tf.config.get_visible_devices() == cpus
    with pytest.raises(ValueError, match="At least one CPU"):
        tf.config.set_visible_devices([], "CPU")
    with pytest.raises(ValueError, match="memory growth"):
        tf.config.experimental.set_memory_growth(cpus[0], True)
