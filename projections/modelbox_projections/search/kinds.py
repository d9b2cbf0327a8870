"""Which fields each kind of object has, and how a path of a filter finds its field.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError
from modelbox_projections.objects import kinds
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.search.fields import EVERY, EVERY_WORDS, METRIC_SUFFIXES, FieldRule
from modelbox_projections.search.likely import likely
from modelbox_projections.search.syntax import FieldPath
from modelbox_projections.search.value_types import ValueType

_ID_SUFFIX: Final = "_id"


@dataclass(frozen=True, slots=True)
class KindRule:
    """A kind of object.

    Attributes:
        view: Its view.
        fields: Its fields.
        parents: Those that hold the id of another object: a scope can name them.
        aliases: Fields by other names for them.
        words: Other words for fields, by which people may mean them.
    """

    view: str
    fields: Mapping[str, FieldRule]
    parents: frozenset[str]
    aliases: Mapping[str, str]
    words: Mapping[str, Sequence[str]]


def _rule(kind: ObjectKind[Any]) -> KindRule:
    fields = MappingProxyType({**EVERY, **kind.fields})
    parents = frozenset(name for name, rule in kind.fields.items() if rule.expressions[0].type is ValueType.ID)
    meant = {name: (name.removesuffix(_ID_SUFFIX),) for name in parents}
    words = MappingProxyType({**kind.words, **EVERY_WORDS, **meant})
    return KindRule(f"modelbox_views.{kind.view}", fields, parents, kind.aliases, words)


KINDS: Final[Mapping[Kind, KindRule]] = {name: _rule(kind) for name, kind in kinds.KINDS.items()}
"""What can be searched for."""


def field_of(kind: Kind, path: FieldPath, *, where: str) -> tuple[FieldRule, str]:
    """Return the field that a path names, and the key that follows the field's name.

    Args:
        kind: Of what the field is.
        path: As the user wrote it.
        where: What errors name: "filter" or "order_by".

    Raises:
        FilterError: There is no such field, or it needs a key.
    """
    rule = KINDS[kind]
    fields = rule.fields
    texts = _meant(kind, [part.text for part in path.parts])
    plain = fields.get(".".join(texts))
    if plain is not None and not plain.keyed:
        return plain, ""
    keyed = fields.get(texts[0])
    if keyed is None or (not keyed.keyed and len(texts) > 1):
        known = " ".join(sorted(_shown(name, one) for name, one in fields.items()))
        noun = kind.replace("_", " ")
        problem = f"a {noun} has no field {path}"
        raise FilterError(where, path.position, problem, meant=likely(texts, fields, rule.words), known=known)
    if len(texts) == 1:
        raise FilterError(where, path.position, f"{path} needs a key, as in {texts[0]}.name")
    suffix = path.parts[-1]
    if texts[0] == "metrics" and len(texts) > 2 and not suffix.quoted and suffix.text in METRIC_SUFFIXES:  # noqa: PLR2004  # field, key, suffix
        return METRIC_SUFFIXES[suffix.text], ".".join(texts[1:-1])
    return keyed, ".".join(texts[1:])


def _meant(kind: Kind, texts: list[str]) -> list[str]:
    """Return the parts of a path with our words for those of MLflow."""
    match texts:
        case ["attributes", name, *rest]:
            texts = [name, *rest]
        case ["tags", key, *rest]:
            texts = ["labels", key, *rest]
    return [KINDS[kind].aliases.get(texts[0], texts[0])] if len(texts) == 1 else texts


def _shown(name: str, rule: FieldRule) -> str:
    return f"{name}.<key>" if rule.keyed else name
