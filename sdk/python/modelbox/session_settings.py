"""A client's objects in another process: what a copy of them knows of the client, by which it finds one there.

A pickle holds an address, folders and bounds, as the configuration file does; no token, no credential, nothing that
waits to be sent.
"""

from dataclasses import dataclass

from modelbox.journal.folder import JournalSettings
from modelbox.transfer.cache import CacheSettings


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
