"""tf.keras.layers along time: cells, masks, states, directions, wrappers: values, gradients, shapes, refusals.

Variables have the names of TensorFlow 1.15, without the cell's, so that nodes are not compared.
"""

from __future__ import annotations

from tests.cases import Case, arr, expr, f32, f64
from tests.runner import run_cases

L = "tf.keras.layers"
X = f32(3, 5, 4)
SEED = (
    "kernel_initializer=tf.keras.initializers.glorot_uniform(seed=3), "
    "recurrent_initializer=tf.keras.initializers.glorot_uniform(seed=4)"
)
MASKED = arr([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]], "bool")


QUICK = {"graph": False, "unknown_rank": False, "unknown_batch": False, "grad": False, "export": False, "tol": 2e-5}
FULL = {"unknown_batch": True, "grad": True, "grad2": False, "export": True}


def layer(call: str, x=X, arguments: str = "", **options) -> Case:
    """A layer applied to `x`."""
    options = {**QUICK, **options}
    return expr(f"{L}.{call}(x{arguments})", x=x, **options)


def kinds(options: str = "", arguments: str = "", **row) -> list[Case]:
    """A row for each kind of layer."""
    return [layer(f"{kind}(3, {SEED}{options})", X, arguments, **row) for kind in ("SimpleRNN", "LSTM", "GRU")]


def masked(options: str = "", **row) -> list[Case]:
    """Layers with a mask that is fed."""
    return [
        expr(f"{L}.{kind}(3, {SEED}{options})(x, mask=m)", x=X, m=MASKED, **{**QUICK, **row})
        for kind in ("SimpleRNN", "LSTM", "GRU")
    ]  # fmt: skip


def two_batches(tf, x, kind, **options):
    """The outputs of a stateful layer for one batch and, with the states behind it, for the next."""
    made = getattr(tf.keras.layers, kind)(
        3,
        stateful=True,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        bias_initializer=tf.keras.initializers.Constant(-3.0),
        **options,
    )
    outputs = made(x)
    with tf.control_dependencies([outputs, *made.updates]):
        return [outputs, *(tf.identity(v.read_value()) for v in tf.nest.flatten(made.states))]


class Minimal:
    """A cell that is no layer."""

    state_size = 4

    def call(self, inputs, states):
        """The sum of inputs and state."""
        return inputs + 0.5 * states[0], [inputs - states[0]]


def a_cell_of_ones_own(tf, x, **options):
    """A cell that is no layer, along time."""
    return tf.keras.layers.RNN(Minimal(), **options)(x)


def with_constants(tf, x, y):
    """A cell with constants, first as a keyword, then in the list of inputs."""

    class Cell(tf.keras.layers.Layer):
        state_size = 4

        def build(self, shape):
            self.w = self.add_weight("w", [shape[-1], 4], initializer="ones")

        def call(self, inputs, states, constants):
            new = tf.matmul(inputs, self.w) + states[0] * constants[0]
            return new, [new]

    made = tf.keras.layers.RNN(Cell(), return_state=True)
    return [made(x, constants=y), made([x, y])]


BASIC = [
    *kinds(**FULL), *kinds(", return_sequences=True"), *kinds(", return_state=True"), *kinds(", go_backwards=True"),
    *kinds(", return_sequences=True, return_state=True, go_backwards=True"), *kinds(", unroll=True"),
    *kinds(", unroll=True, return_sequences=True, go_backwards=True"), *kinds(", use_bias=False"),
    *kinds(", activation='relu'"), *kinds(", bias_initializer='ones'"),
    *kinds(", time_major=True, return_sequences=True"),
    *(layer(f"{kind}(3, {SEED}, recurrent_activation='sigmoid', return_sequences=True)") for kind in ("LSTM", "GRU")),
    *(layer(f"{kind}(3, {SEED}, implementation=2)") for kind in ("LSTM", "GRU")),
    layer(f"LSTM(3, {SEED}, unit_forget_bias=False)"),
    *(layer(f"GRU(3, {SEED}, reset_after=True{options})", **FULL) for options in ("", ", use_bias=False",
      ", bias_initializer='ones', recurrent_activation='sigmoid'", ", return_sequences=True, implementation=2")),
    layer(f"LSTM(3, {SEED}, dtype='float64')", f64(2, 3, 4), random=True),
    layer("LSTM(3)", random=True), layer("GRU(3)", random=True),
    *kinds(", dropout=0.5, recurrent_dropout=0.3", ", training=False"), *kinds(", dropout=0.5, recurrent_dropout=0.3"),
    *kinds(", dropout=0.5, recurrent_dropout=0.3", ", training=True", random=True),
    *kinds(", dropout=1e-9, recurrent_dropout=1e-9", ", training=True", grad=True, grad2=False, tol=1e-4),
    layer("LSTM(0)", raises=("ValueError", "positive integer")),
    layer("LSTM(3)", f32(2, 3), raises=("ValueError", "ndim=3")),
]  # fmt: skip

MASKS = [
    *masked(**FULL), *masked(", return_sequences=True"), *masked(", return_state=True, go_backwards=True"),
    *masked(", return_sequences=True, unroll=True"), *masked(", return_sequences=True, zero_output_for_mask=True"),
    expr(f"{L}.LSTM(3, {SEED}, return_sequences=True)({L}.Masking()(x))",
         x=arr([[[0, 0], [1, 2], [0, 0]], [[1, 0], [0, 0], [2, 1]]]), **QUICK),
    expr(f"{L}.GRU(3, {SEED})({L}.Embedding(4, 2, 'ones', mask_zero=True)(x))", x=arr([[0, 1, 2], [3, 0, 0]], "int32"),
         **QUICK),
]  # fmt: skip

STATES = [
    *(Case(two_batches, x=X, kind=kind, **QUICK)
      for kind in ("SimpleRNN", "LSTM", "GRU")),
    *(expr(f"{L}.{kind}(3, {SEED})(x, initial_state={state})", x=X, y=f32(3, 3), **QUICK)
      for kind, state in (("GRU", "y"), ("LSTM", "[y, 2 * y]"), ("SimpleRNN", "[y]"))),
    expr(f"{L}.LSTM(3, {SEED})([x, y, 2 * y])", x=X, y=f32(3, 3), **QUICK),
    expr(f"{L}.LSTM(3, {SEED})(x, initial_state=[y])", x=X, y=f32(3, 3),
         raises=("ValueError", "not compatible with `cell.state_size`")),
    expr(f"{L}.LSTM(3, stateful=True)(x)", x=X, random=True, **QUICK),
    expr(f"{L}.LSTM(3, stateful=True)(tf.placeholder('float32', [None, 3, 4]))", raises=("ValueError", "batch size")),
    expr(f"{L}.LSTM(3, unroll=True)(tf.placeholder('float32', [2, None, 4]))", raises=("ValueError", "Cannot unroll")),
    Case(with_constants, x=X, y=f32(3, 4), **QUICK),
]  # fmt: skip

CELLS = f"[{L}.LSTMCell(3, {SEED}), {L}.GRUCell(2, {SEED})]"
COMPOSED = [
    layer(f"RNN({CELLS})"), layer(f"RNN({CELLS}, return_sequences=True, return_state=True)"),
    layer(f"RNN({L}.SimpleRNNCell(3, {SEED}))"),
    Case(a_cell_of_ones_own, x=X, **QUICK),
    Case(a_cell_of_ones_own, x=X, return_sequences=True, return_state=True, **QUICK),
    layer("RNN(tf.nn.rnn_cell.BasicLSTMCell(3))", random=True),
    layer("RNN(3)", raises=("ValueError", "call")),
    *(layer(f"Bidirectional({L}.{kind}(3, {SEED}{options}){merge})", **(FULL if "sum" in merge else {}))
      for kind in ("LSTM", "GRU") for options, merge in (
        ("", ""), (", return_sequences=True", ", merge_mode='sum'"), ("", ", merge_mode='mul'"),
        (", return_sequences=True", ", merge_mode='ave'"), ("", ", merge_mode=None"), (", return_state=True", ""),
    )),
    layer(f"Bidirectional({L}.LSTM(3, {SEED}), backward_layer={L}.GRU(2, {SEED}, go_backwards=True))"),
    expr(f"{L}.Bidirectional({L}.GRU(3, {SEED}))(x, initial_state=[y, 2 * y])", x=X, y=f32(3, 3), **QUICK),
    expr(f"{L}.Bidirectional({L}.GRU(3, {SEED}, return_sequences=True))(x, mask=m)", x=X, m=MASKED, **QUICK),
    layer(f"Bidirectional({L}.LSTM(3), merge_mode='max')", raises=("ValueError", "merge mode")),
    layer(f"TimeDistributed({L}.Dense(2, kernel_initializer=tf.keras.initializers.glorot_uniform(seed=1)))",
          **FULL, graph=True),
    layer(f"TimeDistributed({L}.Conv2D(2, 2, kernel_initializer='ones'))", f32(2, 3, 4, 3, 2)),
    layer(f"TimeDistributed({L}.LSTM(2, {SEED}))", f32(2, 3, 2, 4)),
    layer(f"TimeDistributed({L}.Dropout(0.5))", X, ", training=False"),
    layer("TimeDistributed(3)", raises=("ValueError", "Layer")),
    layer(f"TimeDistributed({L}.Dense(2))", f32(2, 3), raises=("ValueError", "at least 3 dimensions")),
]  # fmt: skip

CONVOLUTIONAL = [
    *(layer(f"ConvLSTM2D(2, {options}, {SEED})", f32(2, 3, 4, 3, 2), grad=options == "2") for options in (
        "2", "2, padding='same', return_sequences=True", "(2, 1), return_state=True, recurrent_activation='sigmoid'",
        "2, (2, 1), use_bias=False, go_backwards=True",
    )),
    layer(f"ConvLSTM1D(2, 2, {SEED})", f32(2, 3, 5, 2)), layer(f"ConvLSTM3D(2, 2, {SEED})", f32(1, 2, 3, 2, 3, 2)),
    expr(f"{L}.ConvLSTM2D(2, 2, {SEED}, return_sequences=True)(x, mask=m)", x=f32(2, 3, 4, 3, 2),
         m=arr([[1, 0, 1], [0, 1, 1]], "bool"), **QUICK),
]  # fmt: skip

CASES = BASIC + MASKS + STATES + COMPOSED + CONVOLUTIONAL
test_rows = run_cases("keras_recurrent", CASES)
