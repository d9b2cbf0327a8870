"""A search finds what the language says, whatever the filter, the order and the size of pages."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from modelbox_events import Log
from modelbox_events.event import Kind
from modelbox_projections import PROJECTIONS, FilterError, Found, InvalidPageTokenError, Scope, Views, prepare
from modelbox_projections.search.kinds import KINDS
from modelbox_projections.search.queries import Search
from tests.integration.projections_support import WAIT_S, running
from tests.property.search_model import Drawn, DrawnOrder, filters, orders
from tests.property.search_population import EXPERIMENTS, MODELS, NAMESPACES, Item, Population

kinds: st.SearchStrategy[Kind] = st.sampled_from(["run", "checkpoint", "model_version"])
# Each example runs on the same objects: they are only read.
thorough = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Objects:
    """The objects of one test and the views that show them."""

    def __init__(self, views: Views, items: list[Item]) -> None:
        self.views = views
        self.items = items


@pytest.fixture
async def objects(dsn: str, log: Log) -> Objects:
    await prepare(dsn)
    population, views = Population(), Views(log.database)
    await population.write(log)
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    await population.read(views)
    return Objects(views, population.items)


@st.composite
def scopes(draw: st.DrawFn, kind: Kind) -> Scope:
    parents: dict[str, UUID] = {}
    for name in draw(st.sets(st.sampled_from(sorted(KINDS[kind].parents)), max_size=1)):
        parents[name] = draw(st.sampled_from([*EXPERIMENTS, *MODELS]))
    return Scope(namespace=draw(st.sampled_from(["", *NAMESPACES])), recursive=draw(st.booleans()), parents=parents)


def is_in(scope: Scope, item: Item) -> bool:
    if any(item.fields.get(name) != parent for name, parent in scope.parents.items()):
        return False
    below = scope.recursive and item.namespace.startswith(f"{scope.namespace}/")
    return not scope.namespace or item.namespace == scope.namespace or below


class Asked:
    """A search with its meaning."""

    def __init__(self, kind: Kind, drawn: Drawn, order: DrawnOrder) -> None:
        self.kind: Kind = kind
        self.drawn = drawn
        self.order = order

    def __repr__(self) -> str:
        return f"{self.kind}: {self.drawn.text} ORDER BY {self.order.text}"


@st.composite
def searches(draw: st.DrawFn) -> Asked:
    kind = draw(kinds)
    return Asked(kind, draw(filters(kind)), draw(orders(kind)))


@thorough
@given(asked=searches(), include_deleted=st.booleans(), size=st.sampled_from([1, 2, 7, 1000]))
async def test_pages_have_what_the_filter_means_in_the_order_it_means(
    objects: Objects, asked: Asked, include_deleted: bool, size: int
) -> None:
    matching = [
        item
        for item in objects.items
        if item.kind == asked.kind and (include_deleted or not item.deleted) and asked.drawn.holds(item)
    ]
    expected = [item.id for item in asked.order.ordered(matching)]

    found: list[UUID] = []
    after = None
    while len(found) <= len(expected):
        page = await objects.views.of(Search).page(
            asked.kind,
            Scope(),
            filter=asked.drawn.text,
            order_by=asked.order.text,
            include_deleted=include_deleted,
            limit=size,
            after=after,
        )
        if not page:
            break
        found += [item.id for item in page]
        after = page[-1].page_token

    assert found == expected


@settings(thorough, max_examples=60)
@given(kind=kinds, data=st.data())
async def test_a_scope_narrows_by_namespace_and_parent(objects: Objects, kind: Kind, data: st.DataObject) -> None:
    scope = data.draw(scopes(kind))
    found = await objects.views.of(Search).page(kind, scope, include_deleted=True, limit=1000)
    expected = [item for item in objects.items if item.kind == kind and is_in(scope, item)]
    expected.sort(key=lambda item: -item.position)
    assert [item.id for item in found] == [item.id for item in expected]


words = ["name", "params.lr", "metrics.`a`.max", "labels.k", "tags", "and", "or", "not", "in", "is", "null", "nan", "("]
words += [")", "=", "!=", "<", ",", "like", "'%'", '"x"', "0.5", "true", "inf", "asc", "desc", "'", '"', "`", "\\", ";"]
words += ["--", "/*", "$1", "{at}", "{}", "%s", "\0", "\ud800", "é", "'; DROP TABLE x; --", "version", "created_at"]
anything = st.text() | st.lists(st.sampled_from(words), max_size=12).map(" ".join)


@thorough
@given(kind=kinds, text=anything, order_by=anything | st.just(""), token=st.none() | st.text(min_size=1))
@example(kind="run", text="(" * 4000, order_by="", token=None)
@example(kind="run", text="not " * 1000 + "name = 'x'", order_by="", token=None)
async def test_any_text_is_a_search_or_refused_as_none(
    objects: Objects, kind: Kind, text: str, order_by: str, token: str | None
) -> None:
    refused: FilterError | InvalidPageTokenError | None = None
    found: list[Found] = []
    try:
        found = await objects.views.of(Search).page(kind, Scope(), filter=text, order_by=order_by, limit=5, after=token)
    except (FilterError, InvalidPageTokenError) as error:
        refused = error
    match refused:
        case None:
            assert token is None, found
            assert len(found) <= 5
        case FilterError():
            written = {"filter": text, "order_by": order_by}[refused.field]
            assert 1 <= refused.position <= len(written) + 1
        case InvalidPageTokenError():
            assert refused.token == token


@thorough
@given(kind=kinds, value=st.text(), key=st.text(min_size=1))
@example(kind="model_version", value="9", key="9")
async def test_any_text_can_be_looked_for(objects: Objects, kind: Kind, value: str, key: str) -> None:
    assume("\0" not in value + key)
    text = f'''labels.`{key.replace("`", "``")}` = "{value.replace('"', '""')}"'''
    found = await objects.views.of(Search).page(kind, Scope(), filter=text, include_deleted=True, limit=1000)
    expected = {item.id for item in objects.items if item.kind == kind and item.labels.get(key) == value}
    assert {item.id for item in found} == expected
