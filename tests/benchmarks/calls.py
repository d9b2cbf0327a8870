"""Unary calls over gRPC beside a bare echo: create and get, from one client and from sixteen."""

from tests.benchmarks.processes import Measured, call, echo_server, modelbox_server
from tests.benchmarks.report import Figure

TARGETS = {1: "p50 < 2 ms", 16: "≥ 3,000/s"}
CALLS = {1: 1_500, 16: 400}


async def run() -> list[Figure]:
    """Measure."""
    async with echo_server() as echo, modelbox_server() as modelbox:
        figures = []
        for clients, target in TARGETS.items():
            bare = await call(echo, "echo", clients=clients, calls=CALLS[clients])
            for operation in ("create", "get"):
                measured = await call(modelbox, operation, clients=clients, calls=CALLS[clients])
                reference = f"echo {bare['rate']:,.0f}/s, p50 {bare['p50_s'] * 1000:.2f} ms"
                what = f"{operation} a model, {clients} client{'s' if clients > 1 else ''}"
                figures.append(Figure(what, _text(measured), reference, measured["rate"] / bare["rate"], target))
    return figures


def _text(measured: Measured) -> str:
    return f"{measured['rate']:,.0f}/s, p50 {measured['p50_s'] * 1000:.2f} ms, p99 {measured['p99_s'] * 1000:.2f} ms"
