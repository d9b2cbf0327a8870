"""The names of the experiments that runs are of.

Must not know: any command.
"""

from collections.abc import Iterable
from typing import Final

from modelbox.cli.naming import listed
from modelbox.client import ModelBox
from modelbox.kinds.experiment import EXPERIMENTS
from modelbox.kinds.run import Run

_ASKED_MAX: Final = 100
"""So many ids stand in one filter."""


def experiment_names(client: ModelBox, runs: Iterable[Run]) -> dict[str, str]:
    """Return the names of the experiments of these runs, of deleted ones too, by their ids."""
    of_namespace: dict[str, set[str]] = {}
    for run in runs:
        of_namespace.setdefault(run.namespace, set()).add(run.experiment_id)
    names: dict[str, str] = {}
    for namespace, ids in of_namespace.items():
        in_order = sorted(ids)
        for start in range(0, len(in_order), _ASKED_MAX):
            asked = ", ".join(f'"{one}"' for one in in_order[start : start + _ASKED_MAX])
            which = {"filter": f"id in ({asked})", "include_deleted": True}
            names.update((one.id, one.name) for one in listed(client, EXPERIMENTS, namespace, which))
    return names
