"""Times tfcompat, plain ONNX Runtime on the exported models and TensorFlow on the same workloads, in turn.

Every library runs in a process of its own. A round calls them one after the other, each for a while, and keeps the
fastest call of each; the printed times are the smallest of all rounds and the ratio is theirs, followed by the smallest
and the largest ratio within a round, and by the ratio of the processor time that all threads of the processes used.
Before anything is timed, the numbers that the libraries compute are compared. Without TensorFlow its column stays
empty. Every group ends with the geometric mean of its ratios.

    python benchmarks/run.py --quick
    python benchmarks/run.py --tensorflow-python tf/bin/python training mlp/inference1
"""

import argparse
import contextlib
import dataclasses
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from processes import HERE, Worker, WorkerError, Workers
from workloads import WORKLOADS

COLUMNS = ("tfcompat", "onnxruntime", "tensorflow", "numpy")
GRAPH_LIBRARIES = ("tfcompat", "tensorflow")
IMPORTS = {"tfcompat": "tfcompat.compat.v1", "numpy": "numpy", "tensorflow": "tensorflow"}
TIMED_IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


@dataclasses.dataclass
class Row:
    """One line of the result.

    Attributes:
        name: workload.
        about: what it is.
        peer: name of what the ratio divides by.
        target: the ratio that is aimed at.
        unit: "s" or "B".
        figures: library to the smallest of its figures, in `unit`.
        ratios: tfcompat's figure over the peer's, one a round.
        processor: library to the processor seconds of a call, the smallest of all rounds.
        errors: library to the message of what went wrong.
    """

    name: str
    about: str
    peer: str
    target: float
    unit: str = "s"
    figures: dict[str, float] = dataclasses.field(default_factory=dict)
    ratios: list[float] = dataclasses.field(default_factory=list)
    processor: dict[str, float] = dataclasses.field(default_factory=dict)
    errors: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.figures["tfcompat"] / self.figures[self.peer] if self.ratios else None

    @property
    def processor_ratio(self) -> float | None:
        """The same for the processor time, where it is known."""
        if not {"tfcompat", self.peer} <= self.processor.keys():
            return None
        return self.processor["tfcompat"] / self.processor[self.peer]

    def fill(self, rounds: list[dict[str, float]]) -> None:
        """Takes the figures of all rounds, library to figure."""
        for library in rounds[0]:
            self.figures[library] = min(figures[library] for figures in rounds)
        if {"tfcompat", self.peer} <= self.figures.keys():
            self.ratios = [figures["tfcompat"] / figures[self.peer] for figures in rounds]


@dataclasses.dataclass(frozen=True)
class Bench:
    """What all measurements share: the processes, a folder for models, how many rounds and how long each."""

    workers: Workers
    folder: Path
    rounds: int
    seconds: float

    def has(self, library: str) -> bool:
        return library in self.workers.pythons

    def in_turn(self, measures: dict[str, Callable[[], float]]) -> list[dict[str, float]]:
        """Calls each of `measures` once a round; the one that comes first changes from round to round."""
        results = []
        for number in range(self.rounds):
            names = list(measures)
            start = number % len(names)
            results.append({name: measures[name]() for name in names[start:] + names[:start]})
        return results


def prepare(bench: Bench, row: Row) -> list[str]:
    """Prepares a workload in every library that can run it, compares what they compute, and returns their names.

    Raises:
        WorkerError: tfcompat cannot run it.
    """
    ask = bench.workers.__getitem__
    values = {"tfcompat": ask("tfcompat").ask(do="prepare", workload=row.name)["values"]}
    requests = {"tensorflow": {"workload": row.name}}
    if row.peer == "onnxruntime":
        requests["onnxruntime"] = {"path": str(bench.folder / f"{row.name.replace('/', '_')}.onnx")}
    for library, request in requests.items():
        if not bench.has(library):
            continue
        try:
            if "path" in request:
                request |= ask("tfcompat").ask(do="export", **request)
            values[library] = ask(library).ask(do="prepare", **request)["values"]
        except WorkerError as error:
            row.errors[library] = str(error)
            continue
        if not np.allclose(values[library], values["tfcompat"], rtol=WORKLOADS[row.name].tolerance, atol=1e-7):
            row.errors[library] = f"computes {values[library]}, tfcompat {values['tfcompat']}"
    return list(values)


def time_workload(bench: Bench, row: Row) -> None:
    """Times one of WORKLOADS."""

    def measure(library: str) -> float:
        result = bench.workers[library].ask(do="time", seconds=bench.seconds)
        row.processor[library] = min(row.processor.get(library, math.inf), result["processor"])
        return result["best"]

    libraries = prepare(bench, row)
    row.fill(bench.in_turn({library: lambda library=library: measure(library) for library in libraries}))


def time_construction(bench: Bench, row: Row) -> None:
    """Times the recording of a graph, per operation; all libraries have to record the same number."""
    counts = {}

    def measure(library: str) -> float:
        result = bench.workers[library].ask(do="construct", repeats=3)
        counts[library] = result["operations"]
        return result["seconds"]

    libraries = filter(bench.has, GRAPH_LIBRARIES)
    row.fill(bench.in_turn({library: lambda library=library: measure(library) for library in libraries}))
    if len(set(counts.values())) > 1:
        row.errors["tfcompat"] = f"records another number of operations: {counts}"


def time_import(bench: Bench, row: Row) -> None:
    """Times imports from bytecode, each in a new process."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bench.folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def measure(library: str) -> float:
        python = bench.workers.pythons["tfcompat" if library == "numpy" else library]
        command = [python, "-c", TIMED_IMPORT.format(IMPORTS[library])]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, env=environment, check=False)
        if done.returncode:
            raise WorkerError(library, done.stderr.strip().splitlines()[-1])
        return float(done.stdout)

    libraries = [library for library in IMPORTS if library == "numpy" or bench.has(library)]
    for library in libraries:
        measure(library)
    row.fill(bench.in_turn({library: lambda library=library: measure(library) for library in libraries}))


def measure_memory(bench: Bench, row: Row) -> None:
    """The most memory that a new process holds while it trains the MLP."""
    figures = {}
    for library in filter(bench.has, GRAPH_LIBRARIES):
        with contextlib.closing(Worker(library, bench.workers.pythons[library])) as worker:
            worker.ask(do="prepare", workload="mlp/train")
            worker.ask(do="time", seconds=bench.seconds)
            figures[library] = worker.ask(do="memory")["bytes"]
    row.fill([figures])


# name: (what it is, peer, target, unit, function, group)
MEASURES: dict[str, tuple[str, str, float, str, Callable[[Bench, Row], None], str]] = {
    **{name: (load.about, load.peer, load.target, "s", time_workload, load.group) for name, load in WORKLOADS.items()},
    "graph/construction": ("recording a graph, per operation", "tensorflow", 1.0, "s", time_construction, "other"),
    "import": ("import tfcompat.compat.v1 against import numpy", "numpy", 3.0, "s", time_import, "other"),
    "mlp/memory": ("peak memory of a process that trains the MLP", "tensorflow", 0.25, "B", measure_memory, "other"),
}
GROUPS = ("inference", "training", "loops", "other")


def measure(bench: Bench, name: str) -> Row:
    """The finished row of one of MEASURES."""
    about, peer, target, unit, function, _ = MEASURES[name]
    row = Row(name, about, peer, target, unit)
    try:
        function(bench, row)
    except WorkerError as error:
        row.errors[error.library] = str(error)
    return row


def scaled(value: float | None, unit: str) -> str:
    """A figure with a unit that suits its size."""
    if value is None:
        return "-"
    if unit == "B":
        return f"{value / 2**20:.0f} MiB"
    factor, symbol = next((row for row in ((1, "s"), (1e3, "ms")) if value * row[0] >= 1), (1e6, "us"))
    return f"{value * factor:.3g} {symbol}"


def table_line(name: str, figures: list[str], ratio: str, processor: str, target: str, verdict: str) -> str:
    """The columns of a line of the table."""
    columns = [f"{name:18}", *(f"{figure:>11}" for figure in figures), f"{ratio:>19}", f"{processor:>9}"]
    return "  ".join([*columns, f"{target:>16}", verdict])


def described(row: Row) -> str:
    """A row of the table, with a line more for every error."""
    if row.ratio is None:
        ratio, verdict = "-", "failed" if row.errors else "no peer"
    else:
        ratio = f"{row.ratio:.2f} ({min(row.ratios):.2f}..{max(row.ratios):.2f})"
        verdict = "met" if row.ratio <= row.target else "MISSED"
    figures = [scaled(row.figures.get(library), row.unit) for library in COLUMNS]
    processor = "-" if row.processor_ratio is None else f"{row.processor_ratio:.2f}"
    lines = [table_line(row.name, figures, ratio, processor, f"{row.target:g} x {row.peer}", verdict)]
    return "\n".join(lines + [f"    {library}: {message}" for library, message in row.errors.items()])


def grouped(wanted: list[str]) -> dict[str, list[str]]:
    """Group to the workloads to measure; `wanted` are names of workloads and groups, none for all."""
    names = [name for name, row in MEASURES.items() if not wanted or name in wanted or row[-1] in wanted]
    found = {group: [name for name in names if MEASURES[name][-1] == group] for group in GROUPS}
    return {group: members for group, members in found.items() if members}


def means(rows: list[Row]) -> str:
    """A line for every peer with the geometric means of the ratios to it, followed by an empty line."""
    lines = []
    for peer in dict.fromkeys(row.peer for row in rows if row.unit == "s"):
        ratios = [row.ratio for row in rows if row.peer == peer and row.ratio]
        processor = [row.processor_ratio for row in rows if row.peer == peer and row.processor_ratio]
        if len(ratios) > 1:
            means = [f"{statistics.geometric_mean(values):.2f}" if values else "-" for values in (ratios, processor)]
            lines.append(table_line("geometric mean", [""] * len(COLUMNS), *means, f"x {peer}", ""))
    return "\n".join([*lines, ""])


def write_json(rows: list[Row], path: str) -> None:
    """Writes the figures to a file, or to standard output where `path` is "-"."""
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    result = {**machine, "rows": [{**dataclasses.asdict(row), "ratio": row.ratio} for row in rows]}
    text = json.dumps(result, indent=1)
    if path == "-":
        print(text)
    else:
        Path(path).write_text(text + "\n")


def parse_arguments() -> argparse.Namespace:
    names = "\n".join(f"  {name:20} {about}" for name, (about, *_) in MEASURES.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"workloads:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "workloads", nargs="*", metavar="workload", help=f"what to time: workloads or {', '.join(GROUPS)}"
    )
    parser.add_argument("--quick", action="store_true", help="three short rounds instead of nine longer ones")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write the figures as JSON (default: print)"
    )
    parser.add_argument("--tensorflow-python", metavar="PATH", help="a Python interpreter that has TensorFlow")
    options = parser.parse_args()
    if unknown := [name for name in options.workloads if name not in MEASURES and name not in GROUPS]:
        parser.error(f"unknown workload: {', '.join(unknown)}")
    return options


def main() -> int:
    options = parse_arguments()
    pythons = {"tfcompat": sys.executable, "onnxruntime": sys.executable}
    if options.tensorflow_python:
        pythons["tensorflow"] = options.tensorflow_python
    elif importlib.util.find_spec("tensorflow"):
        pythons["tensorflow"] = sys.executable
    rounds, seconds = (3, 0.2) if options.quick else (9, 0.7)
    table = contextlib.redirect_stdout(sys.stderr) if options.json == "-" else contextlib.nullcontext()
    workers = Workers(pythons)
    rows = []
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(workers), table:
        bench = Bench(workers, Path(folder), rounds, seconds)
        for group, names in grouped(options.workloads).items():
            print(table_line(group, list(COLUMNS), "ratio", "processor", "target", ""))
            measured = []
            for name in names:
                measured.append(measure(bench, name))
                print(described(measured[-1]), flush=True)
            print(means(measured))
            rows += measured
    if options.json:
        write_json(rows, options.json)
    return int(any(row.errors for row in rows))


if __name__ == "__main__":
    sys.exit(main())
