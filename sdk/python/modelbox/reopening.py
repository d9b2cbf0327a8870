"""A client's objects in another process: what a copy of them knows of the client, and how it finds one there.

A pickle holds an address, folders and bounds, as the configuration file does; no token, no credential, nothing that
waits to be sent. Must not know: what a session does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelbox.journal.folder import JournalSettings
from modelbox.transfer.cache import CacheSettings

if TYPE_CHECKING:
    from modelbox.session import Session


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a session is made with; see `Session`."""

    address: str
    timeout_s: float
    journal: JournalSettings | None
    background: bool
    blob_address: str
    cache: CacheSettings | None
    keeps_differences: bool = True


def session_of(settings: SessionSettings) -> "Session":
    """Return a session with these settings: one of this process that is open, or a new one."""
    # Sessions know how they are pickled.
    from modelbox.session import Session, open_sessions  # noqa: PLC0415  # see above

    for session in open_sessions():
        if session.settings == settings:
            return session
    return Session(
        settings.address,
        timeout_s=settings.timeout_s,
        journal=settings.journal,
        background=settings.background,
        blob_address=settings.blob_address,
        cache=settings.cache,
        keeps_differences=settings.keeps_differences,
    )
