"""Parameters that several calls take: written and described once, and shown by each call as its own.

class ListFields(TypedDict, total=False):
    limit: Annotated[int | None, About("At most so many; all, unless given.")]

@takes()
def runs(self, **which: Unpack[ListFields]) -> list[Run]: ...
"""

import inspect
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from inspect import Parameter
from types import FunctionType
from typing import Annotated, Any, Final, ForwardRef, NamedTuple, Unpack, get_args, get_origin

_LINE_CHARS_MAX: Final = 112
_SECTION: Final = "Args:"
_SECTIONS_BEHIND: Final = ("Returns:", "Raises:")


class About(NamedTuple):
    """What a parameter means, and what counts where it is not given."""

    text: str
    default: object = None


def filled(fields: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given of the fields of a TypedDict, and of the others what counts where they are not given."""
    return {one.name: one.default for one, _ in _fields_of(fields)} | dict(given)


def names_of(call: FunctionType) -> tuple[str, ...]:
    """Return the names of the parameters that a call takes, also of those that it takes by `**`."""
    code = call.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return (*names, *(one.name for of in _taken_by(call) for one, _ in _fields_of(of)))


def show(call: FunctionType, as_: FunctionType) -> None:
    """Have a call that stands for another show and describe the parameters that are written for several calls."""
    if not any(_is_shared(annotation) for annotation in call.__annotations__.values()):
        return
    signature = inspect.signature(call)
    shared = [one for each in signature.parameters.values() for one in _shown(each)]
    as_.__signature__ = signature.replace(parameters=[one for one, _ in shared])  # type: ignore[attr-defined]
    as_.__doc__ = _described(call.__doc__ or "", [(one.name, about.text) for one, about in shared if about])


def _described(text: str, shared: Iterable[tuple[str, str]]) -> str:
    """Return a docstring with parameters in it that it does not describe itself."""
    lines = inspect.cleandoc(text).splitlines()
    own = {line.partition(":")[0].strip() for line in lines}
    more = [line for name, about in shared if name not in own for line in _lines(name, about)]
    if _SECTION in lines:
        begin = lines.index(_SECTION) + 1
        place = next((at for at in range(begin, len(lines)) if not lines[at].startswith(" ")), len(lines))
        return "\n".join([*lines[:place], *more, *lines[place:]])
    place = next((at for at, line in enumerate(lines) if line in _SECTIONS_BEHIND), len(lines))
    before, behind = lines[:place], lines[place:]
    return "\n".join([*before, *([] if behind else [""]), _SECTION, *more, *([""] if behind else []), *behind])


@cache
def _lines(name: str, text: str) -> tuple[str, ...]:
    wrapped = textwrap.wrap(f"{name}: {text}", _LINE_CHARS_MAX, subsequent_indent=" " * 4, break_on_hyphens=False)
    return tuple(f"    {line}" for line in wrapped)


def _shown(parameter: Parameter) -> Iterable[tuple[Parameter, About | None]]:
    """Return a parameter as it is shown, one by one where it stands for the fields of a TypedDict."""
    annotation = parameter.annotation
    if _is_unpacked(annotation):
        return _fields_of(get_args(annotation)[0])
    return [(parameter.replace(annotation=_plain(annotation)), _about(annotation))]


@cache
def _fields_of(fields: Any) -> tuple[tuple[Parameter, About | None], ...]:
    return tuple((_keyword(name, one), _about(one)) for name, one in fields.__annotations__.items())


def _keyword(name: str, annotation: Any) -> Parameter:
    about = _about(annotation)
    default = ... if about is None else about.default
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=_plain(annotation))


def _taken_by(call: FunctionType) -> list[Any]:
    """Return the TypedDict whose fields a call takes by `**`, if it does."""
    return [get_args(one)[0] for one in call.__annotations__.values() if _is_unpacked(one)]


def _is_shared(annotation: Any) -> bool:
    return _is_unpacked(annotation) or _about(annotation) is not None


def _is_unpacked(annotation: Any) -> bool:
    origin: object = get_origin(annotation)
    return origin is Unpack


def _about(annotation: Any) -> About | None:
    said = getattr(annotation, "__metadata__", ())
    return next((one for one in said if isinstance(one, About)), None)


def _plain(annotation: Any) -> Any:
    plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return plain.__forward_arg__ if isinstance(plain, ForwardRef) else plain
