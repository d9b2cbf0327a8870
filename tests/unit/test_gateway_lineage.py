"""Lineage as a message, which must not grow with what there is."""

from uuid import UUID

import pytest

from modelbox_gateway.rpc.methods.lineage import lineage_message
from modelbox_projections import Lineage, LineageEdge, LineageNode


def star(count: int) -> Lineage:
    """Return a node from which so many others were made, each node and edge of a few hundred bytes."""
    nodes = [LineageNode(UUID(int=n), "dataset", "n" * 255, "s" * 255) for n in range(count + 1)]
    edges = [LineageEdge(nodes[0].id, node.id, "r" * 255) for node in nodes[1:]]
    return Lineage(nodes, edges, truncated=False)


def test_lineage_that_fits_is_whole() -> None:
    answer = lineage_message(star(10), 100_000)

    assert (len(answer.nodes), len(answer.edges), answer.truncated) == (11, 10, False)


@pytest.mark.parametrize("bytes_max", [10_000, 50_000, 200_000])
def test_lineage_beyond_the_bound_loses_what_is_furthest_and_says_so(bytes_max: int) -> None:
    whole = star(1_000)

    answer = lineage_message(whole, bytes_max)

    shown = [node.id for node in answer.nodes]
    assert answer.truncated
    assert bytes_max * 0.4 < answer.ByteSize() < bytes_max * 1.05
    assert shown == [str(node.id) for node in whole.nodes[: len(shown)]]
    assert len(answer.edges) > 0
    assert {edge.from_id for edge in answer.edges} | {edge.to_id for edge in answer.edges} <= set(shown)


def test_lineage_that_was_cut_before_says_so() -> None:
    assert lineage_message(Lineage(star(1).nodes, [], truncated=True), 10_000).truncated
