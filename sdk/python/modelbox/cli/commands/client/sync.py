"""`modelbox client sync`."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import click

from modelbox.cli.common import (
    REFUSED_TIMEOUT_S,
    TIMEOUT_S,
    connection_options,
    journal_settings,
    output_option,
    reported,
)
from modelbox.cli.output import print_rows, shown
from modelbox.cli.tables import terminal_width
from modelbox.config import resolve_address
from modelbox.errors import counted
from modelbox.journal.folder import JournalSettings

if TYPE_CHECKING:
    from modelbox.delivery.takeover import Sent
    from modelbox.refusals import SetAside


class _Retries(TypedDict):
    """How long the server may be away, and how long nothing may listen, in seconds."""

    away_s_max: float
    refused_s_max: float


_RETRIES: Final[_Retries] = {"away_s_max": TIMEOUT_S, "refused_s_max": REFUSED_TIMEOUT_S}

_EXAMPLES = """\b
Example: modelbox client sync --server-addr localhost:8085
What the server refused, and why: modelbox client sync --refused --show
Send all of it again:             modelbox client sync --refused
Drop one of it for good:          modelbox client sync --refused --drop --key 1f0c…
"""


@click.command(epilog=_EXAMPLES)
@click.option("--written-for", default="", help="The address in the journals, if it was another.")
@click.option("--from-another-log", is_flag=True, help="Also send what is meant for another log than the server has.")
@click.option("--refused", is_flag=True, help="Send again what the server refused and is set aside; nothing else.")
@click.option("--show", is_flag=True, help="With --refused: only show it.")
@click.option("--drop", is_flag=True, help="With --refused: drop it for good; nothing is sent.")
@click.option("--key", "keys", multiple=True, help="With --refused: only this one; its first digits do. Repeatable.")
@output_option
@connection_options
def sync(
    *,
    written_for: str,
    from_another_log: bool,
    refused: bool,
    show: bool,
    drop: bool,
    keys: Sequence[str],
    output: str,
    server_addr: str,
    config_path: Path | None,
) -> None:
    """Send what programs logged while the server was away, and left in their journals when they ended.

    Each point and call is recorded once, however often it was sent. A journal that a running program still writes is
    left to it, and one that is meant for another log than the server has is kept. Only what a ModelBox server refuses
    in its own words is not sent again by itself: it is set aside. Ends with exit code 1 if anything was refused or is
    still kept.
    """
    if not refused and (show or drop or keys):
        raise click.UsageError("--show, --drop and --key go with --refused")
    if show and drop:
        raise click.UsageError("--show and --drop do not go together")
    with reported():
        address = resolve_address(server_addr, config_path=config_path)
        settings = journal_settings(config_path)
        if refused:
            found: list[SetAside] = []
            try:
                found = _go_through_refused(
                    settings,
                    address,
                    written_for=written_for,
                    keys=keys,
                    foreign=from_another_log,
                    show=show,
                    drop=drop,
                )
            finally:
                _print_refused(found, output)
            _fail_where_refused_again(found)
        else:
            _sync(settings, address, written_for, output, foreign=from_another_log)


def _sync(settings: JournalSettings, address: str, written_for: str, output: str, *, foreign: bool) -> None:
    from modelbox.syncing import sync_journals

    done: list[Sent] = []
    try:
        sync_journals(settings, address, written_for=written_for, from_another_log=foreign, sent=done, **_RETRIES)
    finally:
        became = ("refused_points", "refused_calls", "waiting_points", "waiting_calls")
        columns = ("journal", "points", "calls", *became)
        print_rows([_sent_row(sent) for sent in done], columns=columns, output=output, what="journals to send")
    problems = "; ".join(dict.fromkeys(problem for sent in done for problem in _problems_of(sent)))
    if any(sent.refused for sent in done):
        refused = counted(sum(sent.refused_points for sent in done), sum(sent.refused_calls for sent in done))
        remedy = "they are set aside: modelbox client sync --refused"
        raise click.ClickException(f"the server refused {refused} ({remedy}): {problems}")
    if waiting := [sent for sent in done if sent.waiting or sent.trouble]:
        count = counted(sum(sent.waiting_points for sent in waiting), sum(sent.waiting_calls for sent in waiting))
        raise click.ClickException(f"{count} still wait in their journals: {problems}")


def _problems_of(sent: "Sent") -> list[str]:
    """Return what is to be said of a journal: what was refused, and why the rest waits."""
    why = sent.trouble or "the object that it is about is still to be created, by a program that runs"
    waits = f"waits: {why}"
    return [*sent.problems, waits] if sent.waiting and waits not in sent.problems else sent.problems


def _sent_row(sent: "Sent") -> dict[str, object]:
    return {
        "journal": sent.path.name,
        "points": sent.points,
        "calls": sent.calls,
        "refused": sent.refused,
        "dropped": sent.dropped,
        "waiting": sent.waiting,
        "refused_points": sent.refused_points,
        "refused_calls": sent.refused_calls,
        "waiting_points": sent.waiting_points,
        "waiting_calls": sent.waiting_calls,
        "damaged_bytes": sent.damaged_bytes,
        "problems": _problems_of(sent),
    }


def _go_through_refused(
    settings: JournalSettings,
    address: str,
    *,
    written_for: str,
    keys: Collection[str],
    foreign: bool,
    show: bool,
    drop: bool,
) -> "list[SetAside]":
    from modelbox.refusals import drop_refused, resend_refused, show_refused, whole_keys

    keys = whole_keys(settings, written_for or address, keys)
    if show:
        return show_refused(settings, written_for or address, keys=keys)
    if drop:
        return drop_refused(settings, written_for or address, keys=keys)
    return resend_refused(settings, address, written_for=written_for, keys=keys, from_another_log=foreign, **_RETRIES)


def _print_refused(found: "Sequence[SetAside]", output: str) -> None:
    columns = ("refused_at", "key", "method", "points", "outcome", "reason", "problem")
    if found and output == "table" and terminal_width() is not None:
        # A table would be cut, and the key and the problem are what one came for.
        for one in found:
            facts = (shown(one.refused_at), one.key, one.method, counted(one.points, not one.points), str(one.outcome))
            click.echo("  ".join(facts))
            click.echo(f"    {shown(one.problem)}")
    else:
        print_rows([_refused_row(one) for one in found], columns=columns, output=output, what="refused records")


def _fail_where_refused_again(found: "Sequence[SetAside]") -> None:
    from modelbox.refusals import Outcome

    if still := sum(one.outcome in {Outcome.REFUSED, Outcome.UNANSWERED} for one in found):
        remedy = "drop what is not wanted: modelbox client sync --refused --drop"
        raise click.ClickException(f"{still} of them were not recorded and stay set aside; {remedy}")


def _refused_row(one: "SetAside") -> dict[str, object]:
    return {**asdict(one), "outcome": str(one.outcome), "path": str(one.path)}


COMMAND: Final = sync
