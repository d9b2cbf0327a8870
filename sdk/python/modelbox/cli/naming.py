"""How a command line names an object: by its id, the beginning of its id, or its name.

Must not know: any command.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import click

from modelbox.client import ModelBox
from modelbox.errors import NotFoundError
from modelbox.experiments import Experiment
from modelbox.models import Model
from modelbox.runs import Run

_BEGINNING: Final = re.compile(r"[0-9a-f][0-9a-f-]{3,35}", re.IGNORECASE)
_CANDIDATES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class GivenId:
    """What stands where an id is asked for, and of what kind the object is; empty means any."""

    text: str
    kind: str

    def __bool__(self) -> bool:
        return bool(self.text)


class Id(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click alone
    """An id or its beginning; `with_client` turns it into the id."""

    name = "id"

    def __init__(self, kind: str = "") -> None:
        """Take ids of objects of a kind; of any, unless given."""
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002  # click's names
        """Keep it until there is a client."""
        return GivenId(value, self._kind) if isinstance(value, str) else value


def resolved(client: ModelBox, given: Any) -> Any:
    """Return an argument with the ids in it whole."""
    match given:
        case GivenId():
            return whole_id(client, given.text, kind=given.kind)
        case tuple():
            return tuple(resolved(client, one) for one in given)
        case _:
            return given


def whole_id(client: ModelBox, text: str, *, kind: str = "") -> str:
    """Return the id that begins with a text; a text that is whole, or none of an id, as it is.

    Raises:
        click.ClickException: No id begins so, or several do.
    """
    if not _is_beginning(text):
        return text
    found = _beginning_so(client, text, kind)
    if found is None:
        noun = kind.replace("_", " ") or "object"
        raise click.ClickException(f"id: there is no {noun} whose id begins with {text!r}")
    return found


def find_model(client: ModelBox, model: str, namespace: str) -> Model:
    """Return the model of an id, of the beginning of one, or of a name in the namespace."""
    if not model:
        raise click.UsageError("--model is missing: give its id or its name")
    if _is_id(model):
        return client.model(id=model)
    try:
        return client.model(namespace=namespace, name=model)
    except NotFoundError:
        if not _is_beginning(model) or (found := _beginning_so(client, model, "model")) is None:
            raise
    return client.model(id=found)


def find_experiment(client: ModelBox, experiment: str, namespace: str) -> Experiment:
    """Return the experiment of an id, of the beginning of one, or of a name in the namespace."""
    if not experiment:
        raise click.UsageError("--experiment is missing: give its id or its name")
    if _is_id(experiment):
        return client.experiment(id=experiment)
    try:
        return client.experiment(namespace=namespace, name=experiment)
    except NotFoundError:
        if not _is_beginning(experiment) or (found := _beginning_so(client, experiment, "experiment")) is None:
            raise
    return client.experiment(id=found)


def find_run(client: ModelBox, run: str, *, experiment: str = "", namespace: str = "") -> Run:
    """Return the run of an id, of the beginning of one, or of a name in the experiment or namespace.

    Raises:
        click.ClickException: There is none, or several have that name.
    """
    if _is_id(run):
        return client.run(run)
    if _is_beginning(run) and (found := _beginning_so(client, run, "run")) is not None:
        return client.run(found)
    of_name = 'name = "{}"'.format(run.replace('"', '""'))
    if experiment:
        runs = find_experiment(client, experiment, namespace).runs(filter=of_name, limit=_CANDIDATES_MAX + 1)
    else:
        runs = client.runs(namespace or client.namespace, filter=of_name, limit=_CANDIDATES_MAX + 1)
    if len(runs) == 1:
        return runs[0]
    where = f"experiment {experiment!r}" if experiment else f"namespace {namespace or client.namespace!r}"
    if not runs:
        raise click.ClickException(f"id: {run[:80]!r} is neither a run's id nor the name of one in {where}")
    ids = ", ".join(one.id for one in runs[:_CANDIDATES_MAX])
    more = " and others" if len(runs) > _CANDIDATES_MAX else ""
    raise click.ClickException(f"id: several runs in {where} are named {run[:80]!r}: {ids}{more}")


def object_id_of(
    client: ModelBox, *, object_id: str, experiment: str, run: str, model: str, version: str, tag: str, namespace: str
) -> str:
    """Return the id of the object that the options of `object_options` name.

    Raises:
        click.UsageError: They name none, or several.
    """
    if (version or tag) and not model:
        raise click.UsageError("--version and --tag are of a --model")
    # A run may be looked for in an experiment.
    if sum(map(bool, (object_id, model, run or experiment))) != 1:
        raise click.UsageError("give one of: --id; --run; --experiment; --model, with --version or --tag for a version")
    if object_id:
        return object_id
    if run:
        return find_run(client, run, experiment=experiment, namespace=namespace).id
    if experiment:
        return find_experiment(client, experiment, namespace).id
    found = find_model(client, model, namespace)
    return found.model_version(version, tag=tag).id if version or tag else found.id


def _beginning_so(client: ModelBox, text: str, kind: str) -> str | None:
    """Return the one id that begins so, None if there is none.

    Raises:
        click.ClickException: Several begin so.
    """
    found = [one for one in client.find_objects(text) if kind in ("", one.type)]
    if len(found) <= 1:
        return found[0].id if found else None
    candidates = "; ".join(f"{one.id} ({one.type} {one.name})" for one in found)
    raise click.ClickException(f"id: several begin with {text!r}, give more of it: {candidates}")


def _is_beginning(text: str) -> bool:
    return _BEGINNING.fullmatch(text) is not None and not _is_id(text)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
