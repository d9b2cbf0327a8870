"""A signal's handler may log, whatever the program was doing when the signal came."""

from modelbox import ModelBox
from tests.integration.journal_support import logged_steps, trained
from tests.integration.sdk_server import SdkServer

LOG_IN_HANDLER = """
import itertools, time
handled = itertools.count()
is_handling = False
def handler(signal_number, frame):
    global is_handling
    if is_handling:
        return
    is_handling = True
    step = next(handled)
    run.log_metrics({"handled": float(step), "text": "x" * 20}, step=step)
    if step % 5 == 0:
        run.log_event("signal", wallclock=1.7e9 + step)
    is_handling = False
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
end = time.monotonic() + 3
for step in itertools.count():
    run.log_metrics({"main": float(step), "text": "y" * 20}, step=step)
    if step % 10 == 0:
        run.log_event("main", wallclock=1.7e9 + step)
    if time.monotonic() > end:
        break
    time.sleep(0.0002)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 0)
client.flush(60)
"""


def test_a_handler_that_logs_while_the_program_logs_stops_neither(sdk_server: SdkServer, client: ModelBox) -> None:
    run = client.new_experiment("digits").new_run(source=False, heartbeat=False)
    assert trained(LOG_IN_HANDLER, sdk_server.address, run.id) == 0
    for key in ("main", "handled"):
        steps = logged_steps(sdk_server, run.id, key)
        assert sorted(steps) == list(range(len(steps)))
        assert len(steps) > 100
