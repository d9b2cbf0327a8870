"""Limits that a client and its server both have: where they must agree, they do.

A client is installed without the server's packages, so it has constants of its own for what the server takes.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.architecture.tree import parsed, source_files

_LIMIT: Final = re.compile(r"_(MAX|MIN|BYTES|CHARS|DIGITS|POINTS|SIZE|S|MS)$")
"""How the names of limits end."""


class Agreement(NamedTuple):
    """A client's constant, a server's, and how the one must be to the other; each is named `module:NAME`."""

    client: str
    must_be: Callable[[Any, Any], bool]
    server: str


def _at_least_ms(client_s: float, server_ms: float) -> bool:
    return client_s * 1000 >= server_ms


_EQUAL: Final = operator.eq
_AT_MOST: Final = operator.le
_AT_LEAST: Final = operator.ge
_LIMITS: Final = "modelbox.limits"
_HEADERS: Final = "modelbox.transport.connection"
_CALL: Final = "modelbox_gateway.rpc.frame.call"
_RULES: Final = "modelbox_gateway.rules.limits"
_WIRE: Final = "modelbox_gateway.rpc.frame.limits"

AGREEMENTS: Final = (
    # How both write the same.
    Agreement("modelbox.ids:DEFAULT_NAMESPACE", _EQUAL, "modelbox_gateway.rules.fields:DEFAULT_NAMESPACE"),
    Agreement("modelbox.ids:_NAMES", _EQUAL, "modelbox_events.ids:_NAMES"),
    Agreement("modelbox.fields:CONTROL", _EQUAL, "modelbox_gateway.rules.fields:_CONTROL"),
    Agreement("modelbox.transfer.cache:_SHA256", _EQUAL, "modelbox_gateway.blobs.filesystem:_SHA256"),
    Agreement(f"{_HEADERS}:IDEMPOTENCY_KEY", _EQUAL, f"{_CALL}:IDEMPOTENCY_KEY"),
    Agreement(f"{_HEADERS}:_LOG", _EQUAL, f"{_CALL}:LOG"),
    Agreement(f"{_HEADERS}:_MIN_TOKEN", _EQUAL, f"{_CALL}:MIN_TOKEN"),
    Agreement(f"{_HEADERS}:_TOKEN", _EQUAL, f"{_CALL}:TOKEN"),
    Agreement("modelbox.transport.status:DOMAIN", _EQUAL, "modelbox_gateway.rpc.frame.status:DOMAIN"),
    Agreement("modelbox.transport.status:DETAILS_KEY", _EQUAL, "modelbox_gateway.rpc.frame.status:DETAILS_KEY"),
    # What a name, a text, a number may be.
    Agreement(f"{_LIMITS}:NAME_CHARS_MAX", _EQUAL, f"{_RULES}:NAME_CHARS_MAX"),
    Agreement(f"{_LIMITS}:NAME_CHARS_MAX", _EQUAL, "modelbox_events.limits:NAME_CHARS_MAX"),
    Agreement(f"{_LIMITS}:PATH_CHARS_MAX", _EQUAL, f"{_RULES}:PATH_CHARS_MAX"),
    Agreement(f"{_LIMITS}:REASON_CHARS_MAX", _AT_MOST, f"{_RULES}:DESCRIPTION_CHARS_MAX"),
    Agreement(f"{_LIMITS}:TEXT_CHARS_MAX", _AT_LEAST, f"{_RULES}:DESCRIPTION_CHARS_MAX"),
    Agreement(f"{_LIMITS}:STEP_MAX", _EQUAL, f"{_RULES}:STEP_MAX"),
    Agreement(f"{_LIMITS}:STEP_MAX", _EQUAL, "modelbox_gateway.rpc.methods.metrics:_STEP_MAX"),
    Agreement(f"{_LIMITS}:WALLCLOCK_S_MAX", _EQUAL, f"{_RULES}:WALLCLOCK_S_MAX"),
    Agreement("modelbox.metadata:_INT_MAX", _EQUAL, "modelbox_gateway.rules.json_values:INT_MAX"),
    Agreement("modelbox.metadata:_INT_MIN", _EQUAL, "modelbox_gateway.rules.json_values:INT_MIN"),
    Agreement("modelbox.capture.plain:_INT_MAX", _AT_MOST, "modelbox_gateway.rules.json_values:INT_MAX"),
    Agreement("modelbox.capture.description:_INT_MAX", _AT_MOST, "modelbox_gateway.rules.json_values:INT_MAX"),
    Agreement("modelbox.config:_PORT_MAX", _EQUAL, "modelbox_gateway.config:PORT_MAX"),
    Agreement("modelbox.transport.tokens:_DIGITS_MAX", _EQUAL, "modelbox_events.token:_DIGITS_MAX"),
    # How much one request holds.
    Agreement(f"{_LIMITS}:VALUE_BYTES_MAX", _EQUAL, f"{_RULES}:METADATA_VALUE_BYTES_MAX"),
    Agreement(f"{_LIMITS}:VALUE_DEPTH_MAX", _EQUAL, f"{_RULES}:METADATA_DEPTH_MAX"),
    Agreement(f"{_LIMITS}:HYPERPARAMETER_BYTES_MAX", _EQUAL, f"{_RULES}:HYPERPARAMETER_BYTES_MAX"),
    Agreement(f"{_LIMITS}:HYPERPARAMETERS_MAX", _AT_MOST, f"{_RULES}:HYPERPARAMETERS_MAX"),
    Agreement(f"{_LIMITS}:HYPERPARAMETERS_BYTES_MAX", _AT_MOST, f"{_RULES}:METADATA_BYTES_MAX"),
    Agreement(f"{_LIMITS}:BATCH_POINTS_MAX", _AT_MOST, f"{_RULES}:POINTS_MAX"),
    Agreement(f"{_LIMITS}:BATCH_SERIES_MAX", _AT_MOST, f"{_RULES}:SERIES_MAX"),
    Agreement(f"{_LIMITS}:BATCH_BYTES_MAX", _AT_MOST, f"{_RULES}:POINTS_BYTES_MAX"),
    Agreement(f"{_LIMITS}:BATCH_BYTES_MAX", _AT_MOST, "modelbox_events.limits:EVENT_BYTES_MAX"),
    Agreement(f"{_LIMITS}:REQUEST_BYTES_MAX", _AT_MOST, f"{_WIRE}:MESSAGE_BYTES_MAX"),
    Agreement(f"{_LIMITS}:TRACK_FILES_MAX", _AT_MOST, f"{_RULES}:FILES_MAX"),
    Agreement("modelbox.capture.description:COLUMNS_MAX", _AT_MOST, f"{_RULES}:COLUMNS_MAX"),
    Agreement("modelbox.capture.source:DEPENDENCIES_MAX", _AT_MOST, f"{_RULES}:DEPENDENCIES_MAX"),
    # Files.
    Agreement(f"{_LIMITS}:CHUNK_BYTES", _AT_MOST, f"{_WIRE}:MESSAGE_BYTES_MAX"),
    Agreement(f"{_LIMITS}:CONTENT_BYTES_MAX", _AT_MOST, f"{_WIRE}:SMALL_FILE_BYTES_MAX"),
    Agreement(f"{_LIMITS}:SMALL_FILE_BYTES_MAX", _AT_MOST, f"{_WIRE}:SMALL_FILE_BYTES_MAX"),
    Agreement(f"{_LIMITS}:SMALL_FILES_MAX", _AT_MOST, f"{_WIRE}:SMALL_FILES_MAX"),
    Agreement(f"{_LIMITS}:SMALL_FILES_BYTES_MAX", _AT_MOST, f"{_WIRE}:SMALL_FILES_BYTES_MAX"),
    Agreement(f"{_LIMITS}:SAMPLE_BYTES", _EQUAL, f"{_WIRE}:SAMPLE_BYTES"),
    # Pages.
    Agreement(f"{_LIMITS}:PAGE_SIZE", _AT_MOST, f"{_WIRE}:PAGE_ITEMS_MAX"),
    Agreement(f"{_LIMITS}:POINTS_PER_PAGE", _AT_MOST, f"{_WIRE}:POINTS_PER_PAGE_AS_COLUMNS_MAX"),
    # Times: the server is done, or says so, before the client gives up or comes again.
    Agreement(f"{_LIMITS}:RETRY_AFTER_S_MAX", _AT_LEAST, "modelbox_events.drain:RETRY_AFTER_S_MAX"),
    Agreement(f"{_LIMITS}:RETRY_AFTER_S_MAX", _AT_LEAST, f"{_WIRE}:WATCH_RETRY_AFTER_S"),
    Agreement(f"{_LIMITS}:ATTEMPT_TIMEOUT_S", _AT_LEAST, "modelbox_events.append:RESEND_FOR_S"),
    Agreement(f"{_LIMITS}:CALL_TIMEOUT_S", _AT_LEAST, "modelbox_projections.limits:SEARCH_TIMEOUT_S"),
    Agreement(f"{_LIMITS}:CALL_TIMEOUT_S", _AT_LEAST, f"{_WIRE}:READ_WAIT_S_MAX"),
    Agreement(f"{_LIMITS}:KEEPALIVE_S", _at_least_ms, "modelbox_gateway.rpc.server:MIN_PING_INTERVAL_MS"),
    Agreement(f"{_LIMITS}:KEY_TRUSTED_S", _AT_MOST, "modelbox_events.upkeep:KEYS_KEPT_S"),
    Agreement(f"{_LIMITS}:HEARTBEAT_S", _AT_MOST, f"{_WIRE}:HEARTBEAT_NEXT_S"),
    Agreement(f"{_LIMITS}:HEARTBEAT_S_MIN", _AT_MOST, f"{_WIRE}:HEARTBEAT_NEXT_S"),
    Agreement(f"{_LIMITS}:HEARTBEAT_S_MAX", _AT_MOST, "modelbox_projections.limits:HEARTBEAT_LOST_S"),
)

APART: Final = {
    "CLOSE_TIMEOUT_S": "how long each waits for its own connections",
    "DEPTH_MAX": "of hyperparameters, which a client writes flat; of messages, which a server reads",
    "FLUSH_TIMEOUT_S": "of what is logged; of log lines",
    "FREE_BYTES_MIN": "on disks of their own",
    "ID_CHARS": "as they are shown in short; as they are sent",
    "LABELS_MAX": "that a description of data counts; that an object has",
    "NAMES_TOLD_MAX": "in warnings; in answers",
    "OVERHEAD_BYTES": "beside the bytes of a record; beside those of a change",
    "PART_BYTES": "of a call in a ring; of a file in a bucket",
    "PARTS_MAX": "of a value; of a file in a bucket",
    "POINTS_MAX": "of a series that is shown; of a request",
    "SHOWN_CHARS_MAX": "in messages of their own",
    "STOP_TIMEOUT_S": "of threads; of servers",
    "TAKEOVER_S": "of journals; of the lead of relays",
    "TIMEOUT_S": "of programs and commands; of migrations",
    "TOLD_MAX": "in messages of their own",
}
"""Limits that have one name by chance, or for two things: what they bound on either side."""


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: f"{agreement.client}, {agreement.server}")
def test_a_client_stays_within_what_its_server_takes(agreement: Agreement) -> None:
    client, server = _value_of(agreement.client), _value_of(agreement.server)
    assert agreement.must_be(client, server), f"{agreement.client} is {client}, {agreement.server} is {server}"


def test_limits_of_one_name_on_both_sides_are_compared_or_are_of_different_things() -> None:
    clients, servers = set(_limits(client=True)), set(_limits(client=False))
    compared = {_name_of(one.client) for one in AGREEMENTS}
    assert (clients & servers) - compared - APART.keys() == set()


def test_what_is_said_to_be_of_different_things_is_on_both_sides_and_not_compared() -> None:
    compared = {_name_of(one.client) for one in AGREEMENTS if _name_of(one.client) == _name_of(one.server)}
    assert APART.keys() - (set(_limits(client=True)) & set(_limits(client=False))) == set()
    assert APART.keys() & compared == set()


def test_an_agreement_is_between_a_client_and_a_server() -> None:
    assert [one for one in AGREEMENTS if not one.client.startswith("modelbox.")] == []
    assert [one for one in AGREEMENTS if not one.server.startswith("modelbox_")] == []


def _value_of(named: str) -> Any:
    module, _, name = named.partition(":")
    return getattr(import_module(module), name)


def _name_of(named: str) -> str:
    return named.partition(":")[2].lstrip("_")


def _limits(*, client: bool) -> Iterator[str]:
    """Return the names of the limits that the modules of a side define, without what says that one is private."""
    for path in source_files():
        if (path.parts[0] == "sdk") is client and _is_of_a_package(path):
            for node in parsed(path).body:
                match node:
                    case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                        if name.isupper() and _LIMIT.search(name):
                            yield name.lstrip("_")


def _is_of_a_package(path: Path) -> bool:
    return any(part.startswith("modelbox") for part in path.parts)
