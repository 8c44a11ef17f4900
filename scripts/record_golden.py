"""Records what the reference answers to rows of tests: run it with the Python that has TensorFlow 2.15.1.

    python scripts/record_golden.py tests/ops/test_nn.py tests/ops/test_math.py
    python scripts/record_golden.py --quiet --jobs 2 tests/ops/test_*.py

oneDNN is off, since its results depend on the processor; rows may ask for it. Rows already recorded are kept, rows that
no longer exist are dropped. Rows that the reference refuses without saying so with `raises=` are listed, and so are
rows whose `raises=` is wrong; either ends in exit status 1.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import multiprocessing.connection
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TFCOMPAT_CANDIDATE"] = "tensorflow.compat.v1"

from tests import observe  # noqa: E402
from tests.cases import Case, identify  # noqa: E402
from tests.golden_store import Store, Writer, decode  # noqa: E402
from tests.observe import Built, Failure, attempt  # noqa: E402


def record(tf: Any, case: Case) -> dict[str, Any]:
    """Everything the reference says about a row, variant by variant."""
    row: dict[str, Any] = {}
    for variant in observe.variants_of(case):
        row[variant] = record_variant(tf, case, variant, row)
        if variant == "known" and "error" in row[variant]:
            break
    return row


def record_variant(tf: Any, case: Case, variant: str, row: dict[str, Any]) -> dict[str, Any]:
    """One variant; what equals the variant with known shapes is left out, except static shapes."""
    built = attempt("build", lambda: observe.build(tf, case, variant))
    if isinstance(built, Failure):
        return {"error": error_record(built)}
    try:
        failed = attempt("run", lambda: observe.run_values(built)) if case.run else None
        if isinstance(failed, Failure):
            return {"error": error_record(failed)}
        made = {
            "structure": built.structure,
            "shapes": [leaf.shape for leaf in built.leaves],
            "dtypes": [leaf.dtype for leaf in built.leaves],
            "nodes": built.nodes if case.graph else [],
        }
        if variant == "known":
            made["values"] = [leaf.value for leaf in built.leaves]
            made.update(record_gradients(case, built))
            return made
        return {k: v for k, v in made.items() if k == "shapes" or v != row["known"][k]}
    finally:
        built.close()


def record_gradients(case: Case, built: Built) -> dict[str, Any]:
    """First and second gradients, or the error with which the reference refuses them."""
    if not case.differentiable():
        return {}
    first = attempt("gradient", lambda: observe.first_gradients(built))
    if isinstance(first, Failure):
        return {"gradient": {"error": error_record(first)}}
    gradients, directions = first
    made: dict[str, Any] = {"gradient": {"values": gradients.values, "sparse": gradients.sparse}}
    if case.twice_differentiable():
        second = attempt("gradient", lambda: observe.second_gradients(built, gradients, directions))
        made["gradient2"] = (
            {"error": error_record(second)} if isinstance(second, Failure) else {"values": second.values}
        )
    return made


def error_record(failure: Failure) -> dict[str, str]:
    """Phase, class and message, without the traceback that the reference writes around messages of kernels."""
    text = str(failure.error)
    kernel = re.search(r"Node: '[^']*'\n(.*?)\s*\[\[\{\{node", text, re.DOTALL)
    message = kernel.group(1) if kernel else text.split("\n")[0]
    return {"phase": failure.phase, "class": failure.classes[0], "message": message[:300]}


def verdict(name: str, case: Case, row: dict[str, Any]) -> str | None:
    """What is wrong with a row's expectation of an error, None when nothing is."""
    error = row["known"].get("error")
    wanted = case.raises[0] if isinstance(case.raises, tuple) else case.raises
    if error is None:
        return f"{name}: the reference does not refuse it, though raises={case.raises!r}" if wanted else None
    said = f"{error['class']} ({error['phase']}): {error['message']}"
    if wanted != error["class"]:
        return f"{name}: the reference refuses it: {said}"
    if isinstance(case.raises, tuple) and not re.search(case.raises[1], error["message"]):
        return f"{name}: message does not match {case.raises[1]!r}: {said}"
    return None


def work(module: str, indices: list[int], pipe: Any) -> None:
    """Child process: records rows of a module, announcing each, since the reference may abort the process."""
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.FATAL)
    cases = importlib.import_module(module).CASES
    for index in indices:
        pipe.send(("begin", index, None))
        pipe.send(("end", index, record(tf, cases[index])))
    pipe.send(("done", -1, None))


def record_rows(module: str, indices: list[int], jobs: int, progress: Any) -> dict[int, dict[str, Any]]:
    """Records rows in child processes; one that kills its process is reported and left out."""
    context = multiprocessing.get_context("spawn")
    made: dict[int, dict[str, Any]] = {}
    begun: set[int] = set()
    jobs = max(1, min(jobs, len(indices) // 20 + 1))
    waiting = [indices[k::jobs] for k in range(jobs)]
    children: list[tuple[Any, Any, list[int]]] = []
    while waiting or children:
        while waiting:
            ours, theirs = context.Pipe(False)
            share = waiting.pop()
            child = context.Process(target=work, args=(module, share, theirs), daemon=True)
            child.start()
            theirs.close()
            children.append((child, ours, share))
        for entry in multiprocessing.connection.wait([c[1] for c in children]):
            child, pipe, share = next(c for c in children if c[1] is entry)
            try:
                kind, index, row = pipe.recv()
            except EOFError:
                kind, index, row = "died", -1, None
            if kind == "begin":
                begun.add(index)
            elif kind == "end":
                made[index] = row
                progress(len(made))
            else:
                children.remove((child, pipe, share))
                child.join()
                left = [i for i in share if i not in made]
                if kind == "died" and left:
                    if left[0] not in begun:
                        raise RuntimeError(f"{module} cannot be recorded: its process ended before the first row")
                    print(f"\nrow {left[0]} of {module} kills the reference's process; it is not recorded")
                    made[left[0]] = {}
                    waiting += [left[1:]] if left[1:] else []
    return {index: row for index, row in made.items() if row}


def record_file(path: Path, jobs: int, quiet: bool) -> list[str]:
    """Records one module of rows; returns complaints about rows."""
    module = ".".join(path.resolve().relative_to(ROOT).with_suffix("").parts)
    named = identify(importlib.import_module(module).CASES)
    family = path.stem.removeprefix("test_")
    store = Store(family)
    keys = [case.key() for _, case in named]
    missing = [i for i, key in enumerate(keys) if key not in store.rows]
    began = time.monotonic()

    def progress(count: int) -> None:
        if not quiet and (count % 20 == 0 or count == len(missing)):
            print(f"\r{family}: {count} of {len(missing)} rows", end="", flush=True)

    fresh: dict[int, dict[str, Any]] = {}
    for onednn in ("0", "1"):
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = onednn
        chosen = [i for i in missing if named[i][1].onednn == (onednn == "1")]
        fresh |= record_rows(module, chosen, jobs, progress) if chosen else {}
    writer = Writer()
    complaints = []
    for index, ((name, case), key) in enumerate(zip(named, keys, strict=True)):
        row = fresh.get(index) or (decode(store, store.rows[key]) if key in store.rows else None)
        if row is None:
            complaints.append(f"{name}: not recorded")
            continue
        complaint = verdict(name, case, row)
        if complaint:
            complaints.append(complaint)
        writer.put(key, row)
    if fresh or set(keys) != set(store.rows):
        writer.write(family)
    if not quiet:
        print(f"\r{family}: {len(named)} rows, {len(fresh)} recorded in {time.monotonic() - began:.0f} s")
    return complaints


def record_programs(path: Path, quiet: bool) -> list[str]:
    """Records a module of whole programs, all anew."""
    import tensorflow.compat.v1 as tf

    from tests.parity import harness

    tf.disable_v2_behavior()
    module = ".".join(path.resolve().relative_to(ROOT).with_suffix("").parts)
    writer = Writer()
    for program in importlib.import_module(module).PROGRAMS:
        seen = harness.observe(tf, program)
        if isinstance(seen["values"], Failure):
            return [f"{program.__name__}: {seen['values']}"]
        writer.put(harness.key(program), seen)
        if not quiet:
            print(f"recorded {program.__name__}")
    writer.write(path.stem.removeprefix("test_"))
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    complaints = []
    for path in options.files:
        if "parity import harness" in path.read_text(encoding="utf-8"):
            complaints += record_programs(path, options.quiet)
        else:
            complaints += record_file(path, options.jobs, options.quiet)
    for line in complaints:
        print(line)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
