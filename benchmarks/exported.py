"""Nodes, bytes and inference times of the .onnx files that tfcompat and tf2onnx write of the same models.

    python benchmarks/exported.py FOLDER                                 tfcompat alone
    python benchmarks/exported.py FOLDER --peer PYTHON                   and tf2onnx, in a Python that has it
    python benchmarks/exported.py FOLDER --peer PYTHON --files DIR -q    keeping files; only where it is behind

FOLDER holds models with recorded values: a manifest.json with a list "artefacts" of objects that have name, kind
(frozen, saved_model, checkpoint), path, inputs (an object whose keys are tensors, or names of a signature), outputs (a
list), rtol and atol, and for SavedModels tag and signature; beside it NAME.npz with in:<input> and out:<index>.

Both converters write the same opset. Files run in plain ONNX Runtime in this process, one call after the other in
turn, on one thread unless said otherwise; a time is the processor time of the cheapest call of all rounds. Nodes in
bodies count; Constant nodes do not, for they compute nothing. The difference is the largest to a recorded output, over
that output's largest value.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONVERTERS = ("tfcompat", "tf2onnx")
SLOWER = 1.05
"""Ratios of times up to this say nothing on a machine that does other work too."""


@dataclasses.dataclass
class File:
    """A file that a converter wrote, or the `error` why there is none, or why it does not run.

    Attributes:
        nodes: how many nodes it has, in bodies too.
        size: bytes.
        difference: the largest to a recorded output.
        right: whether all outputs are within the model's tolerance.
        seconds: processor time of the cheapest call.
    """

    nodes: int = 0
    size: int = 0
    difference: float = math.nan
    right: bool = False
    seconds: float = math.inf
    error: str = ""

    @property
    def runs(self) -> bool:
        return not self.error


@dataclasses.dataclass
class Row:
    """One model: its name and the file of each converter."""

    name: str
    files: dict[str, File]

    @property
    def ratio(self) -> float | None:
        """tfcompat's time over tf2onnx's, where both run."""
        own, peer = self.files["tfcompat"], self.files.get("tf2onnx")
        return own.seconds / peer.seconds if peer and own.runs and peer.runs else None

    @property
    def behind(self) -> list[str]:
        """In what tfcompat's file is worse than tf2onnx's, or that it is wrong."""
        own, peer = self.files["tfcompat"], self.files.get("tf2onnx")
        found = [] if own.right else ["numbers"]
        if peer and own.runs and peer.runs and peer.right:
            found += ["nodes"] * (own.nodes > peer.nodes) + ["bytes"] * (own.size > peer.size)
            found += ["time"] * (own.seconds > SLOWER * peer.seconds)
        return found


# ---------------------------------------------------------------- models


def recorded(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of an npz; byte strings are in it as their bytes, lengths and shape."""
    arrays: dict[str, np.ndarray] = {}
    with np.load(path) as file:
        for key in file.files:
            name, _, part = key.partition("|")
            if part == "bytes":
                ends = np.cumsum(file[f"{name}|lens"]).tolist()
                raw = file[key].tobytes()
                texts = [raw[a:b] for a, b in zip([0, *ends], ends, strict=False)]
                arrays[name] = np.array([*texts, None], object)[:-1].reshape(file[f"{name}|shape"])
            elif part in ("", "bf16"):
                arrays[name] = file[key]
    return arrays


def command(
    converter: str, python: str, model: dict[str, Any], source: pathlib.Path, target: str, opset: int
) -> list[str]:
    """The command line that converts."""
    module = {"tfcompat": ["tfcompat", "convert", "--quiet"], "tf2onnx": ["tf2onnx.convert"]}[converter]
    kind = {"frozen": "--graphdef", "saved_model": "--saved-model", "checkpoint": "--checkpoint"}[model["kind"]]
    path = f"{source}.meta" if model["kind"] == "checkpoint" else str(source)
    line = [python, "-m", *module, kind, path, "--output", target, "--opset", str(opset)]
    if model["kind"] == "saved_model":
        return [*line, "--tag", model["tag"], "--signature_def", model["signature"]]
    return [*line, "--inputs", ",".join(model["inputs"]), "--outputs", ",".join(model["outputs"])]


def converted(line: list[str], target: pathlib.Path, environment: dict[str, str]) -> str:
    """Runs a conversion; the last line that it printed when it wrote nothing, else an empty text."""
    target.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            line, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600, check=False
        )
    except subprocess.TimeoutExpired:
        return "it took longer than ten minutes"
    if done.returncode == 0 and target.exists():
        return ""
    return next(iter((done.stderr + done.stdout).strip().splitlines()[-1:]), "it printed nothing")


# ---------------------------------------------------------------- files


def nodes_of(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes but Constant, those of bodies too."""
    for node in graph.node:
        if node.op_type != "Constant":
            yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes_of(attribute.g)


def opened(path: pathlib.Path, threads: int) -> ort.InferenceSession:
    """An ONNX Runtime session of a file."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def caller(session: ort.InferenceSession, arrays: dict[str, np.ndarray], outputs: list[str]) -> Callable[[], list[Any]]:
    """A call of the session on the recorded inputs, which gives the outputs in order."""
    given = {name[3:]: array for name, array in arrays.items() if name.startswith("in:")}
    feeds = {i.name: fed(given[_plain(i.name, given)], i.type) for i in session.get_inputs()}
    present = [o.name for o in session.get_outputs()]
    wanted = [_plain(name, present) for name in outputs] if len(present) > 1 else present
    return lambda: session.run(wanted, feeds)


def _plain(name: str, names: Any) -> str:
    """`name` or the one of `names` that differs in the `:0` at its end only."""
    return next((n for n in (name, f"{name}:0", name.removesuffix(":0")) if n in names), name)


def fed(array: np.ndarray, kind: str) -> np.ndarray:
    """What ONNX Runtime takes for a recorded array: byte strings as text."""
    if kind != "tensor(string)":
        return array
    flat = [v.decode() for v in array.reshape(-1)]
    return np.array([*flat, None], object)[:-1].reshape(array.shape)


def differences(got: list[Any], model: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[float, bool]:
    """(the largest relative difference, whether all are within the tolerance)."""
    largest, right = 0.0, True
    for index, value in enumerate(got):
        wanted, found = arrays[f"out:{index}"], np.asarray(value)
        if wanted.dtype == object:
            found = np.array([v.encode() if isinstance(v, str) else v for v in found.reshape(-1)], object)
            right &= found.tolist() == wanted.reshape(-1).tolist()
            continue
        if wanted.dtype.kind == "c" and found.dtype.kind != "c":
            found = found[..., 0] + 1j * found[..., 1]
        if found.shape != wanted.shape:
            return math.inf, False
        with np.errstate(all="ignore"):
            off = np.asarray(np.abs(found.astype(np.complex128) - wanted.astype(np.complex128)))
        off[
            (found == wanted) | (np.isnan(found) & np.isnan(wanted)) if wanted.dtype.kind in "fc" else found == wanted
        ] = 0
        scale = float(np.max(np.abs(wanted.astype(np.complex128)), initial=0.0, where=np.isfinite(wanted)))
        error = float(np.max(off, initial=0.0))
        largest = max(largest, error / scale if scale else error)
        right &= error == 0 if wanted.dtype.kind in "iub" else error <= max(model["atol"], model["rtol"] * scale)
    return largest, bool(right)


def inspect(path: pathlib.Path, model: dict[str, Any], arrays: dict[str, np.ndarray], threads: int) -> tuple[File, Any]:
    """(what is known of a file without timing it, its call when it runs)."""
    proto = onnx.load(str(path), load_external_data=False)
    size = sum(p.stat().st_size for p in (path, path.with_name(f"{path.name}.data")) if p.exists())
    file = File(nodes=sum(1 for _ in nodes_of(proto.graph)), size=size)
    try:
        call = caller(opened(path, threads), arrays, model["outputs"])
        file.difference, file.right = differences(call(), model, arrays)
    except Exception as error:  # ONNX Runtime's errors have no common class
        file.error = str(error).strip().splitlines()[0]
        return file, None
    return file, call


def time_in_turn(files: dict[str, File], calls: dict[str, Callable[[], Any]], rounds: int, seconds: float) -> None:
    """Fills in the seconds of the files that run."""
    for number in range(rounds):
        names = list(calls) if number % 2 else list(calls)[::-1]
        for name in names:
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                began = time.process_time()
                calls[name]()
                files[name].seconds = min(files[name].seconds, time.process_time() - began)


# ---------------------------------------------------------------- the table


def measured(model: dict[str, Any], args: argparse.Namespace, folder: pathlib.Path) -> Row:
    """Converts a model with every converter and looks at the files."""
    arrays = recorded(args.folder / f"{model['name']}.npz")
    row = Row(model["name"], {})
    calls: dict[str, Callable[[], Any]] = {}
    for converter, python in (("tfcompat", sys.executable), ("tf2onnx", args.peer)):
        if python is None:
            continue
        target = folder / f"{model['name']}.{converter}.{args.opset}.onnx"
        line = command(converter, python, model, args.folder / model["path"], str(target), args.opset)
        known = target.with_suffix(".error")
        if converter == "tfcompat" or not (target.exists() or known.exists()):
            path = (
                {"PYTHONPATH": str(ROOT)}
                if converter == "tfcompat"
                else {"PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
            )
            error = converted(line, target, path)
            known.unlink(missing_ok=True)
            if error:
                known.write_text(error)
        if known.exists():
            row.files[converter] = File(error=known.read_text())
            continue
        row.files[converter], call = inspect(target, model, arrays, args.threads)
        if call is not None:
            calls[converter] = call
    time_in_turn(row.files, calls, args.rounds, args.seconds)
    return row


HEADINGS = f"{'model':28s} {'nodes':>11s} {'kilobytes':>17s} {'ms':>17s} {'ratio':>6s} {'difference':>17s}"


def line_of(row: Row) -> str:
    """The row as text: tfcompat's figure / tf2onnx's."""

    def both(form: Callable[[File], str]) -> str:
        return "/".join(form(row.files[c]) if row.files[c].runs else "-" for c in CONVERTERS if c in row.files)

    columns = [
        f"{row.name:28s}",
        f"{both(lambda f: str(f.nodes)):>11s}",
        f"{both(lambda f: f'{f.size / 1e3:.1f}'):>17s}",
        f"{both(lambda f: f'{f.seconds * 1e3:.3f}'):>17s}",
        f"{'' if row.ratio is None else f'{row.ratio:.2f}':>6s}",
        f"{both(lambda f: f'{f.difference:.0e}' + '!' * (not f.right)):>17s}",
        " ".join(row.behind),
    ]
    errors = [f"\n    {c}: {f.error[:140]}" for c, f in row.files.items() if f.error]
    return " ".join(columns).rstrip() + "".join(errors)


def totals(rows: list[Row]) -> str:
    """What the rows come to where both files are right."""
    both = [r for r in rows if r.ratio is not None and all(f.right for f in r.files.values())]
    if not both:
        return f"{sum(r.files['tfcompat'].right for r in rows)} of {len(rows)} right"
    nodes, sizes = ([sum(getattr(r.files[c], what) for r in both) for c in CONVERTERS] for what in ("nodes", "size"))
    mean = math.exp(sum(math.log(r.ratio or 1) for r in both) / len(both))
    right = [sum(c in r.files and r.files[c].right for r in rows) for c in CONVERTERS]
    return (
        f"right: {right[0]} and {right[1]} of {len(rows)}; where both are: nodes {nodes[0]}/{nodes[1]}, "
        f"kilobytes {sizes[0] / 1e3:.0f}/{sizes[1] / 1e3:.0f}, geometric mean of the times' ratios {mean:.2f}"
    )


def main() -> None:
    """Measures and prints; the exit code is 1 when a file of tfcompat is missing or wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="models with a manifest.json")
    parser.add_argument("names", nargs="*", help="parts of names of models; all by default")
    parser.add_argument("--peer", metavar="PYTHON", help="a Python with tf2onnx and TensorFlow")
    parser.add_argument(
        "--opset", type=int, default=18, help="of the files; tf2onnx 1.17 writes up to 18 (%(default)s)"
    )
    parser.add_argument("--files", metavar="DIR", type=pathlib.Path, help="keeps the files; tf2onnx's are made once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=0.1, help="of calls, for each file in each round (%(default)s)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of ONNX Runtime (%(default)s)")
    parser.add_argument("--json", metavar="PATH", help="also write the rows as JSON; - prints nothing else")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only models in which tfcompat is behind")
    args = parser.parse_intermixed_args()
    models = json.loads((args.folder / "manifest.json").read_text())["artefacts"]
    models = [m for m in models if not args.names or any(n in m["name"] for n in args.names)]
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.files or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if args.json != "-":
            print(HEADINGS)
        for model in models:
            rows.append(measured(model, args, folder))
            if args.json != "-" and (rows[-1].behind or not args.quiet):
                print(line_of(rows[-1]), flush=True)
    if args.json != "-":
        print(totals(rows))
    if args.json:
        text = json.dumps([{**dataclasses.asdict(r), "ratio": r.ratio, "behind": r.behind} for r in rows], indent=1)
        print(text) if args.json == "-" else pathlib.Path(args.json).write_text(text + "\n")
    raise SystemExit(not all(r.files["tfcompat"].right for r in rows))


if __name__ == "__main__":
    main()
