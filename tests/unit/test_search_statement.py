"""What becomes of a search in SQL: fixed fragments, parameters, and errors that name the field and the remedy."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from modelbox_events.event import Kind
from modelbox_projections import FilterError, InvalidPageTokenError
from modelbox_projections.limits import POSITION_MAX
from modelbox_projections.search.kinds import KINDS
from modelbox_projections.search.page_tokens import PageTokens
from modelbox_projections.search.statement import Draft, Scope, Statement

SECRET = "s3cr3t"
ID = UUID("0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f")


def statement(kind: Kind = "run", *, filter: str = "", order_by: str = "", scope: Scope | None = None) -> Statement:  # noqa: A002
    draft = Draft(kind, scope or Scope(), filter=filter, order_by=order_by, include_deleted=True)
    return draft.statement(limit=3, after=None)


def test_what_a_user_writes_is_never_in_the_statement() -> None:
    filters = [
        f"name = '{SECRET}'",
        f"name like '%{SECRET}' and labels.{SECRET} in ('{SECRET}', 'x')",
        f"params.{SECRET} is null or metrics.`{SECRET}`.max > 5 or metadata.{SECRET}.x = true",
        f"source.commit != '{SECRET}'",
    ]
    scope = Scope(namespace=SECRET, recursive=True)
    for text in filters:
        sql, _ = statement(filter=text, order_by=f"labels.{SECRET}, params.{SECRET}", scope=scope)
        assert SECRET not in sql
        assert "'x'" not in sql


def test_the_statement_depends_on_the_shape_of_a_filter_alone() -> None:
    first = statement(filter="params.a = 'x' and metrics.loss < 0.5", order_by="labels.a")
    second = statement(filter="params.`'); DROP` = '$1' and metrics.val.acc < 7", order_by='labels.`"`')
    assert first.sql == second.sql
    assert first.parameters == ["a", "x", "loss", 0.5, "a", 3]
    assert second.parameters == ["'); DROP", "$1", "val.acc", 7.0, '"', 3]


def test_every_parameter_is_used_and_numbered() -> None:
    sql, parameters = statement(
        filter="not (epoch in (1, 2.5) and run_id is not null)",
        order_by="epoch desc, metadata.x",
        kind="checkpoint",
        scope=Scope(namespace="a", parents={"experiment_id": ID, "run_id": ID}),
    )
    assert {int(number) for number in re.findall(r"\$(\d+)", sql)} == set(range(1, len(parameters) + 1))


@pytest.mark.parametrize(
    ("kind", "text", "position", "says"),
    [
        ("run", "nmae = 'x'", 1, "a run has no field nmae; did you mean name? It has comment created_at"),
        ("run", "nmae = 'x'", 1, "; did you mean name?"),
        ("run", "lr > 0.1", 1, "; did you mean params.lr or metrics.lr or labels.lr?"),
        ("run", "config.lr > 0.1", 1, "; did you mean params.lr?"),
        ("run", "hyperparameters.optimizer.lr > 0.1", 1, "; did you mean params.optimizer.lr?"),
        ("run", "param.lr > 0.1", 1, "; did you mean params.lr?"),
        ("run", "summary.loss > 0.1", 1, "; did you mean metrics.loss?"),
        ("run", "metric.acc > 0.1", 1, "; did you mean metrics.acc?"),
        ("run", "start_time > '2026-01-01'", 1, "; did you mean started_at?"),
        ("run", "source.comit = 'x'", 1, "; did you mean source.commit?"),
        ("run", "state = 'failed'", 1, "; did you mean status?"),
        ("model", "start_time > '2026-01-01'", 1, "a model has no field start_time"),
        ("run", "started_at > 2026-01-01", 14, "found '2026'; put a date in quotes, as in \"2026-01-31\""),
        ("run", "duration = '5'", 12, "it is a number"),
        ("model_version", "epoch = 1", 1, "a model version has no field epoch"),
        ("run", "name.first = 'x'", 1, "has no field name.first"),
        ("run", "labels = 'x'", 1, "labels needs a key, as in labels.name"),
        ("run", "name = 5", 8, 'name: it is text; write "5" in quotes'),
        ("run", "labels.a = true", 12, 'write "true" in quotes'),
        ("run", "name is null", 6, "name is never null"),
        ("run", "name is not null", 6, "name is never null"),
        ("run", "status = 'done'", 10, "it is one of running, finished, failed, killed, lost"),
        ("run", "status in ('lost', 'done')", 20, "it is one of running"),
        ("run", "status < 'lost'", 8, "status is a word and is not compared by <; use = like ilike in"),
        ("run", "metrics.loss like '0%'", 14, "metrics.loss is a number and is not compared by like"),
        ("run", "metrics.loss = '0.9'", 16, "write one without quotes, not '0.9'"),
        ("run", "params.a is nan", 10, "is not compared by is nan"),
        ("run", "params.a < true", 10, "use = in"),
        ("run", "started_at > 5", 14, "'5' is no time"),
        ("run", "started_at > '2026-02-30'", 14, "RFC 3339"),
        ("run", "started_at > '2026-01-01T10:00+25:00'", 14, "RFC 3339"),
        ("run", "started_at > '0001-01-01T00:00+23:59'", 14, "RFC 3339"),
        ("run", "started_at > '9999-12-31T23:59-23:59'", 14, "RFC 3339"),
        ("run", "started_at > '2026-01-01T24:00'", 14, "RFC 3339"),
        ("run", "id = 'x'", 6, "'x' is no id"),
        ("run", "id > 'x'", 4, "use = in"),
        ("checkpoint", "epoch = '1'", 9, "it is a whole number"),
        ("checkpoint", "epoch < inf", 9, "it is a whole number"),
        ("model_version", "version = true", 11, 'write "true" in quotes'),
        ("model_version", "tags is nan", 6, "tags is text and is not compared by is nan"),
    ],
)
def test_a_field_compared_with_what_it_cannot_be_is_refused(kind: Kind, text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as refused:
        statement(kind, filter=text)
    assert refused.value.position == position
    assert says in str(refused.value)


def test_what_has_many_values_is_no_order() -> None:
    with pytest.raises(FilterError, match="tags may have many values") as refused:
        statement("model_version", order_by="name, tags")
    assert (refused.value.field, refused.value.position) == ("order_by", 7)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T18:30", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        ("2026-01-31 18:30:05Z", datetime(2026, 1, 31, 18, 30, 5, tzinfo=UTC)),
        ("2026-01-31t18:30:05.123456789z", datetime(2026, 1, 31, 18, 30, 5, 123456, tzinfo=UTC)),
        ("2026-01-31T18:30:05.5+05:30", datetime(2026, 1, 31, 13, 0, 5, 500000, tzinfo=UTC)),
    ],
)
def test_a_time_has_any_zone_and_is_utc_without(text: str, means: datetime) -> None:
    assert statement(filter=f"created_at = '{text}'").parameters[0] == means


def test_a_scope_names_parents_that_the_kind_has() -> None:
    names = sorted(frozenset().union(*(rule.parents for rule in KINDS.values())))
    assert {"experiment_id", "run_id", "model_id", "parent_id"} <= set(names)
    for kind, rule in KINDS.items():
        for name in names:
            scope = Scope(parents={name: ID})
            if name in rule.parents:
                assert statement(kind, scope=scope).parameters[0] == ID
            else:
                with pytest.raises(ValueError, match=name):
                    statement(kind, scope=scope)


def test_a_scope_is_told_as_page_tokens_of_earlier_versions_tell_it() -> None:
    """They held its fields in this order; a list that goes on after an upgrade has such a token."""
    scope = Scope(namespace="a", recursive=True, parents={"other_id": ID, "run_id": ID, "experiment_id": ID})
    assert scope.told() == ("a", True, ID, ID, None, None, ("other_id", ID))
    assert Scope().told() == ("", False, None, None, None, None)


def test_a_page_token_comes_back_as_it_was() -> None:
    tokens = PageTokens(["run", "name"], [str, float, datetime, int, UUID])
    values = ("ß", -0.5, datetime(2026, 1, 31, 1, 2, 3, 4, tzinfo=UTC), -(2**63), ID)
    assert tokens.values(tokens.token(7, values)) == (7, values)
    assert tokens.values(tokens.token(POSITION_MAX, (None,) * 5)) == (POSITION_MAX, (None,) * 5)


@pytest.mark.parametrize("token", ["", "x", "ß", "A" * 40_000, "kAA=", "=", "\ud800"])
def test_what_is_no_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidPageTokenError, match="no page token of this search"):
        PageTokens(["run"], [str]).values(token)


def test_a_page_token_of_another_search_is_refused() -> None:
    token = PageTokens(["run", "a"], [str]).token(1, ("x",))
    for other in (PageTokens(["run", "b"], [str]), PageTokens(["run", "a"], [float]), PageTokens(["run", "a"], [])):
        with pytest.raises(InvalidPageTokenError):
            other.values(token)


@pytest.mark.parametrize(
    ("types", "values", "position"),
    [
        ([str], ("\0",), 1),
        ([str], ("x" * 256,), 1),
        ([int], (2**63,), 1),
        ([datetime], (datetime(2026, 1, 1),), 1),  # noqa: DTZ001  # without a zone on purpose
        ([UUID], ("x",), 1),
        ([float], ("1",), 1),
        ([], (), -1),
        ([], (), 2**63),
    ],
)
def test_a_forged_page_token_with_what_postgres_cannot_take_is_refused(
    types: list[type], values: tuple[object, ...], position: int
) -> None:
    tokens = PageTokens(["run"], types)
    with pytest.raises(InvalidPageTokenError):
        tokens.values(tokens.token(position, values))
