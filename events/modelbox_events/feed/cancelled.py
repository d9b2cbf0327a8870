"""Cancellations that got lost on their way."""

import asyncio


def stop_if_cancelled() -> None:
    """End the current task if it was cancelled, though something it waited for took no notice.

    nats-py waits with `asyncio.wait_for`, which before Python 3.12 drops a cancellation that comes together with what
    it waits for. A relay that goes on then keeps its whole server from ending.

    Raises:
        asyncio.CancelledError: The task was cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
