"""Learns to write like Lewis Carroll, character by character, and exports the step that writes.

An LSTM reads the two Alice books in 32 places at once and learns to tell the next character. Gradients go back through
the last 40 characters, while the state goes on (truncated backpropagation through time). Then the network writes a text
of its own; the step that turns a character and a state into the chances of the next one is saved as an ONNX model, run
in plain ONNX Runtime beside the session, and compared. The loss curve becomes a picture. The text is `data/carroll.txt`
(see data/README.md).

    python examples/char_rnn.py
    python examples/char_rnn.py --epochs 1 --prime "The Cat " --length 200 --temperature 0.5 --quiet
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import tfcompat.compat.v1 as tf

TEXT = Path(__file__).parent / "data" / "carroll.txt"
STREAMS = 32
WINDOW = 40
UNITS = 128
SEED = 3


def read_text(limit):
    """The text as character ids, int32, and its characters in order; at most `limit` characters when it is given."""
    text = TEXT.read_text(encoding="ascii")[:limit]
    characters = sorted(set(text))
    ids = {character: i for i, character in enumerate(characters)}
    return np.array([ids[character] for character in text], np.int32), characters


def windows(text):
    """(characters, characters that follow) int32 `[STREAMS, WINDOW]`, each window going on where the last one ended."""
    steps = (len(text) - 1) // (STREAMS * WINDOW)
    length = steps * WINDOW
    read = np.stack([text[i * length : (i + 1) * length] for i in range(STREAMS)])
    told = np.stack([text[i * length + 1 : (i + 1) * length + 1] for i in range(STREAMS)])
    for step in range(steps):
        part = slice(step * WINDOW, (step + 1) * WINDOW)
        yield read[:, part], told[:, part]


class Network:
    """The graph: a training step over windows, and one step of writing that shares its variables."""

    def __init__(self, symbols):
        self.cell = tf.nn.rnn_cell.LSTMCell(UNITS)
        self.layer = tf.layers.Dense(symbols, name="scores")
        self.table = tf.get_variable("characters", [symbols, 32])
        self._training()
        self._writing()

    def _state(self, rows, name):
        parts = (tf.placeholder(tf.float32, [rows, UNITS], name=f"{name}_{part}") for part in "ch")
        return tf.nn.rnn_cell.LSTMStateTuple(*parts)

    def _training(self):
        self.read = tf.placeholder(tf.int32, [STREAMS, WINDOW], name="read")
        self.told = tf.placeholder(tf.int32, [STREAMS, WINDOW], name="told")
        self.before = self._state(STREAMS, "before")
        rows = tf.nn.embedding_lookup(self.table, self.read)
        outputs, self.after = tf.nn.dynamic_rnn(self.cell, rows, initial_state=self.before)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.told, logits=self.layer(outputs))
        self.loss = tf.reduce_mean(losses)
        optimizer = tf.train.AdamOptimizer(0.01)
        gradients, variables = zip(*optimizer.compute_gradients(self.loss), strict=True)
        clipped, _ = tf.clip_by_global_norm(gradients, 5.0)
        self.train = optimizer.apply_gradients(zip(clipped, variables, strict=True))

    def _writing(self):
        self.character = tf.placeholder(tf.int32, [1], name="character")
        self.state = self._state(1, "state")
        output, following = self.cell(tf.nn.embedding_lookup(self.table, self.character), self.state)
        self.chances = tf.nn.softmax(self.layer(output), name="chances")
        self.following = [tf.identity(part, name=f"next_{name}") for part, name in zip(following, "ch", strict=True)]


def train(session, network, text, epochs, quiet):
    """Trains for some passes through the text; returns the loss of every window."""
    losses = []
    started = time.perf_counter()
    for epoch in range(epochs):
        state = [np.zeros([STREAMS, UNITS], np.float32)] * 2
        for read, told in windows(text):
            feed = {network.read: read, network.told: told, network.before: tuple(state)}
            loss, state, _ = session.run([network.loss, network.after, network.train], feed)
            losses.append(loss)
            if not quiet and len(losses) % 50 == 0:
                bits = np.mean(losses[-50:]) / np.log(2)
                elapsed = time.perf_counter() - started
                print(f"epoch {epoch + 1}  step {len(losses):4d}  {bits:.2f} bits a character  {elapsed:5.1f} s")
    return losses


def write(step, prime, characters, length, temperature):
    """`prime` and what `step` writes after it: `step(id, state)` gives (chances, next state)."""
    random = np.random.RandomState(SEED)
    state = [np.zeros([1, UNITS], np.float32)] * 2
    written = list(prime)
    for character in prime:
        chances, state = step(characters.index(character), state)
    for _ in range(length):
        sharpened = np.exp(np.log(chances[0].astype(np.float64) + 1e-12) / temperature)
        choice = random.choice(len(characters), p=sharpened / sharpened.sum())
        written.append(characters[choice])
        chances, state = step(choice, state)
    return "".join(written)


def difference(step, other, ids):
    """The largest difference of the chances that two steps give while they read the same characters."""
    state = other_state = [np.zeros([1, UNITS], np.float32)] * 2
    largest = 0.0
    for character in ids:
        chances, state = step(character, state)
        other_chances, other_state = other(character, other_state)
        largest = max(largest, np.abs(chances - other_chances).max())
    return largest


def exported_step(path):
    """The step of writing, run by plain ONNX Runtime."""
    import onnxruntime

    model = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def step(character, state):
        feed = {"character:0": np.array([character], np.int32), "state_c:0": state[0], "state_h:0": state[1]}
        chances, *following = model.run(None, feed)
        return chances, following

    return step


def save_curve(path, losses):
    """Draws the loss of every window, averaged over 20, in bits a character."""
    width, height, margin = 640, 360, 48
    bits = np.convolve(losses, np.ones(min(20, len(losses))) / min(20, len(losses)), "valid") / np.log(2)
    low, high = np.floor(bits.min()), np.ceil(bits.max())
    x = margin + np.arange(len(bits)) * (width - 2 * margin) / max(len(bits) - 1, 1)
    y = height - margin - (bits - low) * (height - 2 * margin) / (high - low)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/>'
    ]
    for level in np.arange(low, high + 1):
        line = height - margin - (level - low) * (height - 2 * margin) / (high - low)
        parts.append(f'<path d="M{margin} {line:.1f}H{width - margin}" stroke="#ddd"/>')
        parts.append(f'<text x="{margin - 8}" y="{line + 4:.1f}" text-anchor="end">{level:.0f}</text>')
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    parts.append(f'<polyline points="{points}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>')
    parts.append(f'<text x="{width / 2}" y="{height - 14}" text-anchor="middle">{len(losses)} training steps</text>')
    parts.append(f'<text x="{margin}" y="{margin - 16}">bits a character</text></svg>')
    Path(path).write_text("\n".join(parts), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3, help="passes through the text (default: %(default)s)")
    parser.add_argument("--characters", type=int, help="read only so many characters of the text")
    parser.add_argument("--prime", default="Alice ", help="what the text to write begins with (default: %(default)r)")
    parser.add_argument("--length", type=int, default=400, help="characters to write (default: %(default)s)")
    parser.add_argument("--temperature", type=float, default=0.7, help="less is bolder (default: %(default)s)")
    parser.add_argument("--output", default="char_rnn.onnx", help="ONNX file to write (default: %(default)s)")
    parser.add_argument("--curve", default="char_rnn.svg", help="picture to write (default: %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="print the results only")
    options = parser.parse_args()

    text, characters = read_text(options.characters)
    unknown = sorted(set(options.prime) - set(characters))
    if unknown or not options.prime:
        parser.error(f"--prime needs characters of the text, not {''.join(unknown)!r}")
    if len(text) <= STREAMS * WINDOW:
        parser.error(f"--characters must be more than {STREAMS * WINDOW}")
    tf.set_random_seed(SEED)
    network = Network(len(characters))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = train(session, network, text, options.epochs, options.quiet)
        print(f"{np.mean(losses[-20:]) / np.log(2):.2f} bits a character at the end")
        save_curve(options.curve, losses)

        def step(character, state):
            feed = {network.character: [character], network.state: tuple(state)}
            chances, following = session.run([network.chances, network.following], feed)
            return chances, following

        import tfcompat.onnx

        tfcompat.onnx.export(
            [network.chances, *network.following], [network.character, *network.state], session, options.output
        )
        written = write(step, options.prime, characters, options.length, options.temperature)
        ids = [characters.index(character) for character in written]
        largest = difference(step, exported_step(options.output), ids)
    print(written)
    print(f"wrote {options.output}; in plain ONNX Runtime it differs by at most {largest:.1e}")
    if largest > 1e-5:
        sys.exit("the exported step does not compute what the session computes")


if __name__ == "__main__":
    main()
