"""Lists that a search returns, and what of the search nothing has.

Must not know: any kind of object.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from modelbox.proto import modelstore_pb2 as pb

ItemT = TypeVar("ItemT")

_NAMESPACE: Final = "namespace"
_TEXTS: Final = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'""")
_KEYED: Final = re.compile(r"\b(?:metrics|params|labels)(?:\.(?:\w+|`(?:[^`]|``)+`))+")
_log = logging.getLogger("modelbox")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a search names and that nothing among which it searched has.

    `where` is "namespace", "filter" or "order_by", or "metric" of a best run; `name` what stands there, such as
    `metrics.acuracy`; `nearest` what there is instead, the most similar first.
    """

    where: str
    name: str
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as a sentence."""
        there_are = f"; the nearest: {', '.join(self.nearest)}" if self.nearest else ""
        if self.where == _NAMESPACE:
            return f"namespace: there is nothing in {self.name!r}{there_are}"
        return f"{self.where}: nothing that was searched has {self.name}{there_are}"


class Listed(list[ItemT]):
    """What a search found, in a list that shows itself as a table.

    `missing` says what of the search nothing has, such as a mistyped key. `named` are the metrics, hyperparameters and
    labels that the search names, which are columns of the table.
    """

    missing: tuple[Missing, ...] = ()
    named: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the first rows as a table of text; whole objects are shown one by one."""
        # Loaded when it is used: few programs print lists.
        from modelbox.display.listing import text_of  # noqa: PLC0415  # see above

        return text_of(self)

    def _repr_html_(self) -> str:
        from modelbox.display.listing import html_of  # noqa: PLC0415  # as above

        return html_of(self).text


def named_in(*searched: str) -> tuple[str, ...]:
    """Return the metrics, hyperparameters and labels that filters and orders name, each once, as they do."""
    return tuple(dict.fromkeys(name for text in searched for name in _KEYED.findall(_TEXTS.sub("", text))))


def listed(
    items: Iterable[ItemT],
    missing: Iterable[pb.Missing],
    *,
    named: Mapping[str, str],
    searched: Iterable[str] = (),
) -> Listed[ItemT]:
    """Return what a search found, and warn about what of it nothing has.

    Args:
        named: What a field is called there.
        searched: The filter and the order.
    """
    found = Listed(items)
    found.named = named_in(*searched)
    found.missing = tuple(Missing(named.get(one.where, one.where), one.name, tuple(one.nearest)) for one in missing)
    for one in found.missing:
        _log.warning("%s", one)
    return found
