"""Rows of variables: creation, reads, assignments and scattered updates, as references and as resources.

What a sequence of runs does to a variable is tested in tests/parity and in the tests of the session.
"""

from tests.cases import arr, expr, f16, f32, f64, i32, i64
from tests.runner import run_cases

V = "tf.get_variable('v', initializer=c)"
RESOURCE = "tf.get_variable('v', initializer=c, use_resource=True)"
KINDS = (("ref", V), ("resource", RESOURCE))
START = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
SCATTERS = ("scatter_update", "scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_max", "scatter_min")
IDS = arr([2, 0], "int32")


def variable(source, label=None, **inputs):
    """A row of an expression over variables that start as c, START if not given; gradients are not asked for."""
    options = {"grad": False, "unknown_rank": False, "export": False, "label": label, **inputs}
    return expr(source, c=options.pop("c", START), **options)


CASES = [
    *[variable(f"tf.identity({v})", kind) for kind, v in KINDS],
    *[variable(f"{v} * 2.0 + 1.0", kind) for kind, v in KINDS],
    *[variable(f"{v}[1:, 0]", kind) for kind, v in KINDS],
    *[variable(f"tf.matmul({v}, x)", kind, x=f32(2, 3)) for kind, v in KINDS],
    *[variable(f"tf.gather({v}, i)", kind, i=IDS) for kind, v in KINDS],
    *[variable(f"tf.nn.embedding_lookup({v}, i)", kind, i=IDS) for kind, v in KINDS],
    *[
        variable(f"tf.{f}({v}, x)", kind, x=f32(3, 2))
        for f in ("assign", "assign_add", "assign_sub")
        for kind, v in KINDS
    ],
    *[variable(f"tf.identity(tf.assign({v}, x, name='set'))", kind, x=f32(3, 2)) for kind, v in KINDS],
    *[variable(f"{v}.assign_add(x)", kind, x=f32(3, 2)) for kind, v in KINDS],
    *[variable(f"tf.{f}({v}, i, x)", kind, i=IDS, x=f32(2, 2)) for f in SCATTERS for kind, v in KINDS],
    *[variable(f"tf.scatter_add({v}, i, x)", kind, i=arr([1, 1], "int64"), x=f32(2, 2)) for kind, v in KINDS],
    *[
        variable(f"tf.scatter_nd_update({v}, i, x)", kind, i=arr([[2, 0], [0, 1]], "int32"), x=f32(2))
        for kind, v in KINDS
    ],
    *[variable(f"tf.scatter_nd_add({v}, i, x)", kind, i=arr([[2], [2]], "int32"), x=f32(2, 2)) for kind, v in KINDS],
    variable(f"tf.scatter_update({V}, i, x)", i=arr([3], "int32"), x=f32(1, 2), raises="InvalidArgumentError"),
    variable(f"tf.assign({V}, x)", x=f32(2, 3), raises="ValueError"),
    variable(f"tf.assign({V}, x, validate_shape=False)", x=f32(4)),
    variable(f"tf.assign({V}, x)", x=f64(3, 2), raises="TypeError"),
    variable("tf.Variable(c, name='w')"),
    variable("tf.Variable(c, name='w', dtype=tf.float64)"),
    variable("tf.Variable(c, trainable=False).initial_value"),
    variable("tf.Variable(5) + 1"),
    variable("tf.get_variable('v', [2, 3], initializer=tf.ones_initializer())"),
    variable("tf.get_variable('v', [2], tf.int32, tf.constant_initializer([4, 5]))"),
    variable("tf.get_variable('v', [2, 2], initializer=tf.constant_initializer([1.0, 2.0, 3.0, 4.0]))"),
    variable("tf.get_variable('v', [2, 2], initializer=tf.zeros_initializer(tf.float64), dtype=tf.float64)"),
    variable("tf.get_variable('v', [2, 3], initializer=tf.initializers.identity())"),
    variable("tf.count_up_to(tf.Variable(3), 5)"),
    variable("tf.is_variable_initialized(tf.Variable(c))"),
    variable("tf.get_variable('v', [3], initializer=lambda shape, dtype: tf.ones([2]))", raises="ValueError"),
    variable(
        "tf.get_variable('v', [3], initializer=lambda shape, dtype: tf.ones([2]), use_resource=True)",
        raises="ValueError",
    ),
    variable("tf.glorot_uniform_initializer(seed=1, dtype=tf.float64)([2, 3])"),
    variable("tf.glorot_normal_initializer(seed=1, dtype=tf.int32)([2, 3])"),
    variable("tf.constant_initializer([1.0, 2.0])([0, 3])"),
    variable(
        "tf.get_variable('v', [4, 2], partitioner=lambda shape, dtype: [9, 1])", raises=("ValueError", "0 <= offset")
    ),
    *[
        variable(
            f"tf.get_variable('v', [5, 2], initializer=tf.ones_initializer(), partitioner="
            f"tf.fixed_size_partitioner(2)).{f}({x}, name='set')",
            x=f32(5, 2),
            y=f32(3, 2),
            z=f32(2, 2),
        )
        for f in ("assign", "assign_add", "assign_sub")
        for x in ("x", "[y, z]")
    ],
    variable(
        "tf.get_variable('v', [5, 2], partitioner=tf.fixed_size_partitioner(2)).assign([x])",
        x=f32(5, 2),
        raises="AssertionError",
    ),
    variable("tf.get_variable('v', initializer=c, caching_device='/cpu:0', use_resource=True).read_value()"),
    variable("[tf.Variable(c), tf.assert_variables_initialized([])][1]"),
    variable("[tf.get_variable('v', [2]), tf.get_variable('v', [2])]", raises=("ValueError", "already exists")),
    variable("tf.get_variable('v')", raises="ValueError"),
    variable("tf.get_variable('v', [2], initializer=tf.ones([2]))", raises="ValueError"),
    variable("tf.get_variable('v', [2, None], initializer=tf.ones_initializer())", raises="ValueError"),
    variable("tf.Variable(tf.placeholder(tf.float32), validate_shape=True)", raises="ValueError"),
    *[
        expr(f"tf.assign_add(tf.get_variable('v', [3], '{t.name}', tf.ones_initializer()), x)", x=t(3), grad=False)
        for t in (f16, f64, i32, i64)
    ],
]

test_rows = run_cases("state", CASES)
