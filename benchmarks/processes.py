"""The worker processes of the benchmarks: one library each, asked by lines of JSON."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class WorkerError(Exception):
    """A worker answered with an error, or ended. `library` is the worker's."""

    def __init__(self, library: str, message: str):
        super().__init__(message)
        self.library = library


class Worker:
    """A process that runs worker.py for one library in the Python interpreter `python`."""

    def __init__(self, library: str, python: str):
        self.library = library
        environment = dict(os.environ)
        if library == "tfcompat":
            path = [str(HERE.parent), *filter(None, [environment.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = os.pathsep.join(path)
        with tempfile.NamedTemporaryFile(delete=False) as log:
            self.log = Path(log.name)
            self.process = subprocess.Popen(
                [python, str(HERE / "worker.py"), library],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )

    def ask(self, **request) -> dict:
        """The answer to one request.

        Raises:
            WorkerError: the answer is an error, or there is none because the process ended.
        """
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(self.library, f"ended with code {self.process.wait()}: {self._last_words()}")
        result = json.loads(line)
        if "error" in result:
            raise WorkerError(self.library, result["error"])
        return result

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it printed nothing"

    def close(self) -> None:
        """Ends the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.log.unlink()


class Workers:
    """The workers by library, started when they are first asked for and again when they have ended.

    Attributes:
        pythons: library to the interpreter that has it; a library that is not there is left out.
    """

    def __init__(self, pythons: dict[str, str]):
        self.pythons = pythons
        self.running: dict[str, Worker] = {}

    def __getitem__(self, library: str) -> Worker:
        running = self.running.get(library)
        if running is None or running.process.poll() is not None:
            if running is not None:
                running.close()
            running = self.running[library] = Worker(library, self.pythons[library])
        return running

    def close(self) -> None:
        """Ends all processes."""
        for worker in self.running.values():
            worker.close()
        self.running.clear()
