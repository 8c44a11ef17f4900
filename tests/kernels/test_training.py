"""Every op type of optimizers: the model and the host kernel agree, and rows that repeat apply one after the other."""

import ml_dtypes
import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f64
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.op_def import op_def, op_types
from tfcompat.graph.registry import state_kernel
from tfcompat.graph.state import state_access
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse

SCALARS = {"lr": 0.1, "alpha": 0.1, "momentum": 0.9, "rho": 0.8, "epsilon": 0.01, "beta1": 0.8, "beta2": 0.9,
           "beta1_power": 0.64, "beta2_power": 0.81, "l1": 0.1, "l2": 0.2, "l2_shrinkage": 0.1, "lr_power": -0.5,
           "logbase": 0.5, "sign_decay": 0.7, "beta": 0.6}  # fmt: skip
DTYPES = {"float16": (np.float16, 5e-3), "bfloat16": (ml_dtypes.bfloat16, 5e-2), "float32": (np.float32, 1e-5),
          "float64": (np.float64, 1e-12)}  # fmt: skip
ROWS = 4


def arguments(op_type, dtype, indices=None):
    """numpy values for the inputs of an op type, by name: variables and slots of shape [4, 3], in (0.1, 3)."""
    values = {}
    for position, arg in enumerate(op_def(op_type).inputs):
        if position in state_access(op_type).writes:
            values[arg.name] = f64.positive(ROWS, 3, salt=position).astype(dtype)
        elif arg.name in ("grad", "delta"):
            values[arg.name] = f64(ROWS if indices is None else len(indices), 3, salt=20).astype(dtype)
        elif arg.name == "indices":
            values[arg.name] = np.array(indices, np.int32)
        elif arg.name == "global_step":
            values[arg.name] = np.array(3, np.int64)
        else:
            values[arg.name] = np.asarray(SCALARS[arg.name], dtype)
    if "mg" in values:
        values["mg"] = (values["mg"] * np.asarray(0.1, dtype)).astype(dtype)
        values["ms"] = (values["ms"] + np.asarray(1.0, dtype)).astype(dtype)
    return values


def recorded(op_type, values):
    """The operation on variables that start with `values`, and the variables by name."""
    variables, inputs = {}, {}
    for position, arg in enumerate(op_def(op_type).inputs):
        if position in state_access(op_type).writes:
            variable = tf.Variable(values[arg.name], name=arg.name, use_resource=op_type.startswith("Resource"))
            variables[arg.name] = variable
            inputs[arg.name] = getattr(variable, "handle", variable)
        else:
            inputs[arg.name] = tf.constant(values[arg.name])
    result = getattr(tf.raw_ops, op_type)(**inputs)
    return getattr(result, "op", result), variables


def by_model(op, variables):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(op)
        return session.run(variables)


def by_kernel(op, variables, values):
    written = state_kernel.get(op.type)(KernelContext(op), *(values[a.name] for a in op.definition.inputs))
    names = [a.name for a in op.definition.inputs]
    assert sorted(written) == [names.index(v) for v in variables]
    return {name: written[names.index(name)] for name in variables}


def agree(left, right, tolerance):
    for name, array in left.items():
        assert array.dtype == right[name].dtype
        wide = array.astype(np.float64), right[name].astype(np.float64)
        assert np.allclose(*wide, rtol=tolerance, atol=tolerance), name


def test_the_rules_are_those_of_the_op_definitions():
    stems = ("Apply", "SparseApply")
    assert {t for t in op_types() if t.removeprefix("Resource").startswith(stems)} == set(UPDATE_RULES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op_type", sorted(UPDATE_RULES))
def test_model_and_kernel_agree(op_type, dtype):
    numpy_type, tolerance = DTYPES[dtype]
    values = arguments(op_type, numpy_type, [2, 0] if is_sparse(op_type) else None)
    with tf.Graph().as_default():
        op, variables = recorded(op_type, values)
        got = by_model(op, variables)
        expected = by_kernel(op, variables, values)
    agree(got, expected, tolerance)
    assert not np.array_equal(got["var"], values["var"])
    if is_sparse(op_type):
        assert np.array_equal(got["var"][[1, 3]], values["var"][[1, 3]])


@pytest.mark.parametrize("op_type", sorted(t for t in UPDATE_RULES if is_sparse(t)))
def test_repeated_rows_apply_one_after_the_other(op_type):
    values = arguments(op_type, np.float64, [1, 3, 1])
    with tf.Graph().as_default():
        op, variables = recorded(op_type, values)
        got = by_model(op, variables)
        expected = {name: values[name].copy() for name in variables}
        for i, row in enumerate(values["indices"]):
            single = {**values, **expected, "indices": np.array([row], np.int32), "grad": values["grad"][i : i + 1]}
            expected = by_kernel(op, variables, single)
    agree(got, expected, 1e-12)


@pytest.mark.parametrize("index", [-1, ROWS])
def test_rows_outside_are_refused(index):
    values = arguments("SparseApplyAdagrad", np.float32, [index])
    with tf.Graph().as_default():
        op, variables = recorded("SparseApplyAdagrad", values)
        with pytest.raises(tf.errors.InvalidArgumentError):
            by_model(op, variables)
