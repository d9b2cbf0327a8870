"""Run the benchmarks: all of them, or those named (`python -m tests.benchmarks log relay`)."""

import importlib
import sys

import uvloop

from tests.benchmarks.report import show

SECTIONS = {
    "log": "The log (in-process appends; Postgres and client share the cores)",
    "snapshots": "Appends under a held snapshot",
    "relay": "The relay (log to JetStream)",
    "projections": "The projections (views rebuilt one after the other)",
    "growth": "A server with a short log and with a long one",
    "calls": "Calls over gRPC (one server process, clients in another)",
    "shapes": "Shapes of a server (relay and projections in a process of their own, beside one process)",
    "watchers": "Watchers (what open watches cost those who write)",
    "metrics": "Metrics (SDK, gRPC, log, view)",
    "fleet": "The fleet in small (trainers at their pace, each a process, on a large database)",
    "steps": "log_metrics inside the steps of a training",
    "transfers": "Files (one client; server, Postgres and S3 share the cores with it)",
    "series": "A series of a million points",
    "search": "Search among 100,000 runs",
    "lists": "Lists of runs with their metrics and hyperparameters",
}


def main() -> None:
    """Run the sections and print their figures."""
    names = sys.argv[1:] or list(SECTIONS)
    if unknown := set(names) - set(SECTIONS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    for name in names:
        try:
            module = importlib.import_module(f"tests.benchmarks.{name}")
        except ModuleNotFoundError as error:
            sys.exit(f"{name} needs {error.name}, which `make bench SECTIONS={name}` installs")
        show(SECTIONS[name], uvloop.run(module.run()))


main()
