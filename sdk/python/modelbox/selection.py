"""What every list can be asked for: which objects, in which order, how many.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_metric_key, check_text
from modelbox.parameters import About

OrderBy = str | Sequence[str]
"""An order: fields joined with commas, or a list of them, each with `asc` or `desc` behind it."""

Filter = Annotated[
    str,
    About(
        'Which of them, such as `metrics.val_acc > 0.9 and (params.lr = "0.01" or labels.env = "prod")`; all, unless '
        "given.",
        "",
    ),
]
Where = Annotated[str, About("The namespace; the client's own, unless given.", "")]


class _Filter(TypedDict, total=False):
    filter: Filter


class _Order(TypedDict, total=False):
    order_by: Annotated[
        OrderBy,
        About(
            "In which order, such as `metrics.val_acc desc, name`, or a list of such fields; the newest first, "
            "unless given.",
            "",
        ),
    ]


class _OrderOfChildren(TypedDict, total=False):
    order_by: Annotated[OrderBy, About("In which order; the oldest first, unless given.", "created_at")]


class _Recursive(TypedDict, total=False):
    recursive: Annotated[
        bool, About("Also those of the namespaces below it: of `langtech` those of `langtech/asr`.", default=False)
    ]


class _Deleted(TypedDict, total=False):
    include_deleted: Annotated[bool, About("Also the deleted ones.", default=False)]


class _AllKeys(TypedDict, total=False):
    all_keys: Annotated[
        bool,
        About(
            "Bring all metrics and hyperparameters of each; without it those beyond the first 100 are read when they "
            "are looked at.",
            default=False,
        ),
    ]


class _Limit(TypedDict, total=False):
    limit: Annotated[int | None, About("At most so many; all, unless given.")]


class ListFields(_Order, _Deleted, _Limit, total=False):
    """What a list within an object can be asked for, beside its filter."""


class KeyedListFields(_Order, _Deleted, _AllKeys, _Limit, total=False):
    """As `ListFields`, of objects with metrics and hyperparameters."""


class ChildListFields(_OrderOfChildren, _Deleted, _AllKeys, _Limit, total=False):
    """As `KeyedListFields`, of objects that are parts of one of their own kind."""


class NamespaceListFields(_Filter, _Order, _Recursive, _Deleted, _Limit, total=False):
    """What a list of a namespace can be asked for."""


class KeyedNamespaceListFields(_Filter, _Order, _Recursive, _Deleted, _AllKeys, _Limit, total=False):
    """As `NamespaceListFields`, of objects with metrics and hyperparameters."""


def selection(which: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request for a list; `limit` is none of them.

    Raises:
        InvalidFieldError: One of the texts cannot be sent.
    """
    fields = {name: value for name, value in which.items() if name != "limit"}
    order_by = fields.get("order_by", "")
    if not isinstance(order_by, str):
        if not isinstance(order_by, Sequence):
            raise InvalidFieldError.of("order_by", f"needs a text or a list of them, not {type(order_by).__name__}")
        order_by = ", ".join(check_text(f"order_by[{index}]", field) for index, field in enumerate(order_by))
    return {
        **fields,
        "filter": check_text("filter", fields.get("filter", "")),
        "order_by": check_text("order_by", order_by),
    }


def quoted_key(metric: str) -> str:
    """Return a metric's key as a filter has it.

    Raises:
        InvalidFieldError: It is none, or one that a filter cannot name.
    """
    key = check_metric_key(metric)
    if "`" in key:
        raise InvalidFieldError.of("metric", f"{key[:80]!r} holds a backtick, which a filter cannot name")
    return f"`{key}`"
