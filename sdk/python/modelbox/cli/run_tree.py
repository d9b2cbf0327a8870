"""Runs below those that they are part of.

Must not know: any command.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from modelbox.client import ModelBox
from modelbox.kinds.run import Run

_LEVELS_MAX: Final = 20
"""So many deleted runs, each part of the next, are looked for above one that is not."""

_ASKED_MAX: Final = 100
"""So many ids stand in one filter."""


def with_deleted_parents(client: ModelBox, runs: Sequence[Run]) -> list[Run]:
    """Return the runs with those deleted ones that they are part of, each before the first of its runs."""
    found = list(runs)
    asked: set[str] = {run.id for run in runs}
    for _ in range(_LEVELS_MAX):
        missing = sorted({run.parent_id for run in found if run.parent_id} - asked)
        deleted = [
            one
            for start in range(0, len(missing), _ASKED_MAX)
            for one in _deleted_of(client, missing[start : start + _ASKED_MAX])
        ]
        for one in deleted:
            found.insert(next(at for at, run in enumerate(found) if run.parent_id == one.id), one)
        if not deleted:
            break
        asked.update(missing)
    return found


def nested(runs: Sequence[Run], *, is_newest_first: bool) -> Iterator[tuple[Run, str]]:
    """Return each run with the branch that it hangs on: the roots in the order of the list, children below them.

    Args:
        is_newest_first: How the list is ordered: then children stand by their creation, else in the list's order.
    """
    listed = {run.id for run in runs}
    children: dict[str, list[Run]] = {}
    for run in runs:
        children.setdefault(run.parent_id if run.parent_id in listed else "", []).append(run)
    waiting = [(run, "", "") for run in reversed(children.get("", []))]
    while waiting:
        run, branch, below = waiting.pop()
        yield run, branch
        of = children.get(run.id, [])
        in_order = of[::-1] if is_newest_first else of
        for at, child in reversed(list(enumerate(in_order))):
            is_last = at == len(of) - 1
            waiting.append(
                (
                    child,
                    below + ("\u2514\u2500 " if is_last else "\u251c\u2500 "),
                    below + ("   " if is_last else "\u2502  "),
                )
            )


def _deleted_of(client: ModelBox, ids: Sequence[str]) -> Sequence[Run]:
    listed = ", ".join(f'"{one}"' for one in ids)
    of_ids = f"deleted_at is not null and id in ({listed})"
    return client.runs(all_namespaces=True, filter=of_ids, include_deleted=True, all_keys=True)
