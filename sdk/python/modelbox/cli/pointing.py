"""The one rule by which every command names the object that it is about.

As the first argument, as `--id`, or as the option of its kind, such as `--run`: each takes the id, as many of its first
digits as tell it apart, or the name. A model version is named by its model and `--version` or `--tag` too.

Must not know: any command.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from modelbox.cli.common import namespace_option, with_client
from modelbox.cli.groups import ObjectArgument
from modelbox.cli.naming import find_id, find_named, is_id, read_id
from modelbox.client import ModelBox
from modelbox.ids import object_id as derived_id
from modelbox.kinds.model import MODELS
from modelbox.objects import StoredObject
from modelbox.registry import KINDS
from modelbox.values import FoundObject

ANY: Final = tuple(KINDS)
"""The kinds of objects."""

_ARGUMENT: Final = "object_argument"
_ID: Final = "object_id"


def with_object(
    *kinds: str, id_names: Sequence[str] = ("--id", "--parent-id")
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a client and, as `object_id`, the id of the object of these kinds (of any) that it is about."""
    return _with(
        kinds or ANY, id_names, lambda command, client, object_id, of: command(client, object_id=object_id, **of)
    )


def with_one(kind: str, *, tag_is: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a client and the object of this kind that it is about, as it is now.

    Args:
        tag_is: An argument of the command that is the version's tag, where a model is given and nothing else.
    """

    def call(command: Callable[..., None], client: ModelBox, object_id: str, of: dict[str, Any]) -> None:
        command(client, read_id(client, KINDS[kind], object_id), **of)

    return _with((kind,), ("--id",), call, tag_is=tag_is)


def object_options(kinds: Sequence[str], id_names: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the first argument and the options that name an object of these kinds, for `object_id_of`."""
    named_by = frozenset((_ID, *kinds, *(("model",) if "model_version" in kinds else ())))
    metavar = f"[{'OBJECT' if len(kinds) > 1 else kinds[0].upper()}]"
    nouns = " or ".join(kind.replace("_", " ") for kind in kinds) if kinds != ANY else "object"

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        if _are_in_namespaces(kinds):
            command = namespace_option(command)
        if "model_version" in kinds:
            command = click.option("--tag", default="", help="With a model: the version that holds this unique tag.")(
                command
            )
            command = click.option("--version", default="", help="With a model: this version of it.")(command)
        if kinds == ("run",):
            text = "Where the run is, if it is named: the experiment's id or name."
            command = click.option("--experiment", "--experiment-id", "experiment", default="", help=text)(command)
        if "model_version" in kinds and "model" not in kinds:
            command = click.option(
                "--model", "--model-id", "model", default="", help="The model that it is a version of."
            )(command)
        for kind in reversed(kinds) if len(kinds) > 1 else ():
            command = click.option(*_names(kind), kind, default="", help=_help(kind))(command)
        own = () if len(kinds) > 1 else _names(kinds[0])
        how = "its id, as many of its first digits as tell it apart, or its name"
        text = f"The {nouns}, instead of the first argument: {how}."
        command = click.option(*id_names, *own, _ID, default="", help=text)(command)
        params = getattr(command, "__click_params__", [])
        params.append(ObjectArgument(_ARGUMENT, named_by=named_by, metavar=metavar))
        command.__click_params__ = params  # type: ignore[attr-defined]  # where click looks for them
        return command

    return add


def read_any(client: ModelBox, object_id: str) -> StoredObject:
    """Return the object of any kind with this id.

    Raises:
        click.ClickException: There is none.
    """
    found: StoredObject = read_id(client, KINDS[_known(client, object_id).type], object_id)
    return found


def described(client: ModelBox, object_id: str) -> str:
    """Return the kind, name and id of an object of any kind.

    Raises:
        click.ClickException: There is none.
    """
    found = _known(client, object_id)
    name = f" {found.name!r}" if found.name else ""
    return f"{found.type.replace('_', ' ')}{name} ({found.id})"


def _known(client: ModelBox, object_id: str) -> FoundObject:
    for found in client.find_objects(object_id):
        if found.type in KINDS:
            return found
    raise click.ClickException(f"id: there is no object {object_id}")


def object_id_of(client: ModelBox, kinds: Sequence[str], given: Mapping[str, str]) -> str | None:
    """Return the id of the object that the parameters of `object_options` name; None if they name none.

    Raises:
        click.UsageError: They name several.
    """
    texts = {name: given[name] for name in (_ARGUMENT, _ID, *ANY) if given.get(name)}
    if given.get("version") or given.get("tag"):
        return _version_of(client, texts, given)
    experiment = texts.pop("experiment", "") if not texts.keys().isdisjoint((_ARGUMENT, _ID, "run")) else ""
    if len(texts) > 1 or ("model" in texts and "model" not in kinds):
        raise click.UsageError(choice_of(kinds))
    for name, text in texts.items():
        of = (name,) if name in kinds else kinds
        return _find(client, text, of, experiment=experiment, namespace=given.get("namespace", ""))
    return None


def known_id_of(client: ModelBox, given: Mapping[str, str]) -> str:
    """Return the id as `object_id_of` does, of what is named so that its id is known without the server; else nothing.

    So are whole ids, and names of experiments and models.
    """
    texts = {name: given[name] for name in (_ARGUMENT, _ID, *ANY) if given.get(name)}
    if len(texts) != 1 or given.get("version") or given.get("tag"):
        return ""
    [(name, text)] = texts.items()
    if is_id(text):
        return text.lower()
    is_derived = name in KINDS and KINDS[name].is_found_by_name
    return derived_id(name, given.get("namespace") or client.namespace, text) if is_derived else ""


def refuse_second(given: Mapping[str, str], ids: Sequence[str] = (), *, remedy: str) -> None:
    """Refuse a first argument beside an option that names an object: it was meant for something else.

    Args:
        given: The parameters of `object_options`.
        ids: What else names the object.
        remedy: What the argument was probably meant for.

    Raises:
        click.UsageError: There are both.
    """
    text = given.get(_ARGUMENT, "")
    named = [_names(kind)[0] for kind in ANY if given.get(kind)]
    if text and (ids or given.get(_ID) or named):
        raise click.UsageError(f"{text[:80]!r} is a second object beside {(*named, '--id')[0]}; {remedy}")


def choice_of(kinds: Sequence[str]) -> str:
    """Return what says how to name an object of these kinds."""
    argument = "OBJECT" if len(kinds) > 1 else kinds[0].upper()
    options = ["--id", *(_names(kind)[0] for kind in kinds)]
    version = "; --model with --version or --tag for a version" if "model_version" in kinds else ""
    return f"give one of: {argument} as the first argument; {'; '.join(options)}{version}"


def _with(
    kinds: Sequence[str],
    id_names: Sequence[str],
    call: Callable[[Callable[..., None], ModelBox, str, dict[str, Any]], None],
    *,
    tag_is: str = "",
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    names = params_of(kinds)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @object_options(kinds, id_names)
        @with_client
        @functools.wraps(command)
        def run(client: ModelBox, **of: Any) -> None:
            given = {name: of.pop(name) for name in names}
            if tag_is and given["model"] and not given["version"] and not given["tag"]:
                given["tag"] = of[tag_is]
            object_id = object_id_of(client, kinds, given)
            if object_id is None:
                raise click.UsageError(choice_of(kinds))
            call(command, client, object_id, of)

        return run

    return decorate


def params_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the parameters that `object_options` adds."""
    of_kinds = kinds if len(kinds) > 1 else ()
    of_version = ("version", "tag") if "model_version" in kinds else ()
    model = ("model",) if kinds == ("model_version",) else ()
    scope = ("experiment",) if kinds == ("run",) else ()
    where = ("namespace",) if _are_in_namespaces(kinds) else ()
    return (_ARGUMENT, _ID, *of_kinds, *model, *of_version, *scope, *where)


def _find(client: ModelBox, text: str, kinds: Sequence[str], *, experiment: str, namespace: str) -> str:
    match kinds:
        case (kind,) if KINDS[kind].is_found_by_name:
            # It is told where else one of that name is.
            return str(find_named(client, KINDS[kind], text, namespace).id)
        case _:
            return find_id(client, text, kinds, experiment=experiment, namespace=namespace)


def _version_of(client: ModelBox, texts: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return the id of the version of a model, which the option or the first argument names."""
    model = texts.get("model") or texts.get(_ARGUMENT)
    if not model:
        raise click.UsageError("--version and --tag are of a --model")
    if others := [text for text in texts.values() if text != model] or list(texts.values())[1:]:
        raise click.UsageError(
            f"--version and --tag are of the model {model[:80]!r} alone; leave out {others[0][:80]!r}"
        )
    found = find_named(client, MODELS, model, given.get("namespace", ""))
    version, tag = given.get("version", ""), given.get("tag", "")
    if version and tag:
        raise click.UsageError("give either --version or --tag")
    return found.model_version(version, tag=tag).id


def _names(kind: str) -> tuple[str, str]:
    """Return the names of the option of a kind."""
    name = f"--{kind.replace('_', '-')}"
    return name, f"{name}-id"


def _are_in_namespaces(kinds: Sequence[str]) -> bool:
    """Tell whether objects of these kinds, or what they are parts of, are found by their names in a namespace."""
    return any(KINDS[kind].is_named or KINDS[kind].part_of for kind in kinds)


def _help(name: str) -> str:
    kind = KINDS[name]
    text = f"The {name.replace('_', ' ')}: its id or its beginning"
    if not kind.is_named:
        return f"{text}."
    return f"{text}, or its name in the {f'--{kind.part_of} or ' if kind.part_of else ''}namespace."
