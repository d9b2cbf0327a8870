"""One decoder from TOML tables and environment variables to a Struct of settings, and back to a commented file.

A Struct's fields are the keys, its Struct-typed fields the sections, `Meta(description=…)` their comments.

Must not know: the wire.
"""

import difflib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from modelbox_gateway.operator_errors import ConfigError

ENVIRONMENT_PREFIX: Final = "MODELBOX_"
SECRET: Final = {"secret": True}
"""The `extra` of a key's `Meta` whose value no message shows."""

_COMMENT_COLUMNS: Final = 100

KeyPath = tuple[str, ...]
Shape = TypeVar("Shape", bound=msgspec.Struct)


class Setting(NamedTuple):
    """One key: where it stands, what it takes."""

    path: KeyPath
    type: Any
    default: Any
    description: str
    is_secret: bool

    @property
    def key(self) -> str:
        """The key as people write it: `section.key`."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + "_".join(self.path).upper()


class Found(NamedTuple):
    """A value and where it was found: the file's name or the environment variable."""

    value: Any
    source: str


def settings_of(shape: type[msgspec.Struct], *, above: KeyPath = ()) -> Iterator[Setting]:
    """Return every key of a Struct, sections opened, in the order of the fields."""
    for field in msgspec.structs.fields(shape):
        kind, meta = _unwrap(field.type)
        path = (*above, field.name)
        if _is_struct(kind):
            yield from settings_of(kind, above=path)
        else:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            yield Setting(path, kind, default, meta.description or "", meta.extra == SECRET)


def from_table(shape: type[msgspec.Struct], table: Mapping[str, Any], *, source: str) -> dict[KeyPath, Found]:
    """Return the values of a parsed file.

    Raises:
        ConfigError: A key is unknown, a section is not a table, or a value has a wrong type.
    """
    return dict(_walk(shape, table, source=source, above=()))


def from_environment(shape: type[msgspec.Struct], environment: Mapping[str, str]) -> dict[KeyPath, Found]:
    """Return the values that environment variables set: a list with commas, a table as `name=value` with commas.

    Raises:
        ConfigError: A value has a wrong type.
    """
    found = {}
    for setting in settings_of(shape):
        text = environment.get(setting.variable)
        if text is None:
            continue
        source = f"environment variable {setting.variable}"
        found[setting.path] = Found(_convert(setting, _raw(setting, text), source=source, strict=False), source)
    return found


def build(shape: type[Shape], values: Mapping[KeyPath, Found], *, above: KeyPath = ()) -> Shape:
    """Return the Struct with these values, and defaults for the rest."""
    arguments: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        kind, _ = _unwrap(field.type)
        path = (*above, field.name)
        if _is_struct(kind):
            arguments[field.name] = build(kind, values, above=path)
        elif path in values:
            arguments[field.name] = values[path].value
    return shape(**arguments)


def render(shape: type[msgspec.Struct], *, head: str) -> str:
    """Return the commented TOML file that holds every key with its default."""
    lines = _comment(head)
    section: KeyPath = ()
    for setting in settings_of(shape):
        lines.append("")
        if setting.path[:-1] != section:
            section = setting.path[:-1]
            lines += [f"[{'.'.join(section)}]"]
        lines += _comment(f"{setting.description} Environment: {setting.variable}.")
        lines.append(f"{setting.path[-1]} = {_toml(setting.default)}")
    return "\n".join(lines) + "\n"


def _walk(
    shape: type[msgspec.Struct], table: Mapping[str, Any], *, source: str, above: KeyPath
) -> Iterator[tuple[KeyPath, Found]]:
    fields = {field.name: _unwrap(field.type)[0] for field in msgspec.structs.fields(shape)}
    leaves = {setting.path: setting for setting in settings_of(shape, above=above)}
    for name, value in table.items():
        path = (*above, name)
        key = ".".join(path)
        if name not in fields:
            raise ConfigError(source, key, "unknown key", remedy=_suggest(name, list(fields)))
        if not _is_struct(fields[name]):
            yield path, Found(_convert(leaves[path], value, source=source, strict=True), source)
        elif isinstance(value, Mapping):
            yield from _walk(fields[name], value, source=source, above=path)
        else:
            raise ConfigError(source, key, "is a section, not a value", remedy=f"write [{key}] and its keys below")


def _raw(setting: Setting, text: str) -> object:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    match get_origin(setting.type):
        case kind if kind is tuple:
            return parts
        case kind if kind is dict:
            return {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts)}
        case _:
            return text


def _convert(setting: Setting, value: object, *, source: str, strict: bool) -> object:
    try:
        return msgspec.convert(value, setting.type, strict=strict)
    except msgspec.ValidationError as error:
        problem = f"{'the value' if setting.is_secret else _toml(value)} is refused ({error})"
        raise ConfigError(source, setting.key, problem, remedy=_remedy(setting)) from error


def _remedy(setting: Setting) -> str:
    if get_origin(setting.type) is Literal:
        return "use one of " + ", ".join(_toml(choice) for choice in get_args(setting.type))
    return f"write it like {setting.path[-1]} = {_toml(setting.default)}"


def _suggest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"


def _unwrap(kind: Any) -> tuple[Any, msgspec.Meta]:
    """Return the type under an `Annotated`, and what is said about it."""
    about = [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return (kind.__origin__, about[0]) if about else (kind, msgspec.Meta())


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _toml(value: object) -> str:
    # A JSON scalar or array of strings is a TOML value too.
    return json.dumps(value, ensure_ascii=False, default=str)


def _comment(text: str) -> list[str]:
    paragraphs = text.split("\n")
    return [f"# {line}".rstrip() for part in paragraphs for line in textwrap.wrap(part, _COMMENT_COLUMNS) or [""]]
