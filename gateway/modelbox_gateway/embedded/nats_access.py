"""Who may connect to the embedded NATS, and as what: a relay that writes the feed, and followers that read it.

Other accounts of the machine reach a port on loopback as well as we do. So there are two users with passwords of their
own, in files that only this account reads, and two accounts of NATS. The relay alone is in the one that has the feed.
Followers are in the other; what they may ask of JetStream is handed over one by one. With both in one account, a
follower stores what it likes in the feed: a request's reply subject is published without asking for a right.

The files of the users are contexts as the `nats` command reads them, so nothing of ours is needed to follow the feed.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from modelbox_gateway.embedded.process import EmbeddedServerError

RELAY: Final = "relay"
FOLLOWER: Final = "follower"
FOLLOWER_API: Final = "FEED.API"
"""What a follower's JetStream requests begin with, instead of `$JS.API`."""

_PASSWORD_BYTES: Final = 32
_FILE_MODE: Final = 0o600

# A follower finds the stream, makes a consumer of its own, reads and acknowledges.
_FOLLOWER_REQUESTS: Final = (
    "STREAM.NAMES",
    "STREAM.INFO.*",
    "CONSUMER.CREATE.>",
    "CONSUMER.DURABLE.CREATE.>",
    "CONSUMER.INFO.>",
    "CONSUMER.MSG.NEXT.>",
)
_STREAMED: Final = "CONSUMER.MSG.NEXT.>"  # one request, many answers


class Access:
    """The users of the NATS in one folder; their passwords are drawn once and kept there."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        self._folder = folder

    def context_file(self, user: str) -> Path:
        """Return the file that says how a user connects."""
        return self._folder / f"{user}.json"

    def url(self, user: str) -> str:
        """Return where a user connects, the password included.

        Raises:
            EmbeddedServerError: The user's file cannot be read.
        """
        context = self._context(user)
        return str(context["url"]).replace("://", f"://{context['user']}:{context['password']}@")

    def prepare(self, address: str) -> None:
        """Write each user's file for a server at this address; a password that exists stays as it is."""
        for user in (RELAY, FOLLOWER):
            password = self._password(user) or secrets.token_urlsafe(_PASSWORD_BYTES)
            context = {"description": f"ModelBox: {user}", "url": address, "user": user, "password": password}
            if user == FOLLOWER:
                context["jetstream_api_prefix"] = FOLLOWER_API
            write_private(self.context_file(user), json.dumps(context, indent=2) + "\n")

    def accounts(self) -> dict[str, Any]:
        """Return the accounts of the server's configuration."""
        requests = [f"$JS.API.{request}" for request in _FOLLOWER_REQUESTS]
        acknowledge = "$JS.ACK.>"
        of_feed = [
            *({"service": request, "accounts": ["FOLLOW"]} for request in requests if not request.endswith(_STREAMED)),
            {"service": f"$JS.API.{_STREAMED}", "response": "stream", "accounts": ["FOLLOW"]},
            {"service": acknowledge, "accounts": ["FOLLOW"]},
        ]
        to_follower = [
            *(
                {"service": {"account": "FEED", "subject": request}, "to": request.replace("$JS.API", FOLLOWER_API)}
                for request in requests
            ),
            {"service": {"account": "FEED", "subject": acknowledge}},
        ]
        permissions = {"publish": [f"{FOLLOWER_API}.>", acknowledge], "subscribe": ["_INBOX.>"]}
        follower = {"user": FOLLOWER, "password": self._password(FOLLOWER), "permissions": permissions}
        relay = {"user": RELAY, "password": self._password(RELAY)}
        return {
            "FEED": {"jetstream": "enabled", "users": [relay], "exports": of_feed},
            "FOLLOW": {"users": [follower], "imports": to_follower},
        }

    def _password(self, user: str) -> str:
        try:
            return str(self._context(user)["password"])
        except EmbeddedServerError:  # none yet, or a file that is damaged: a new one opens what the server is told
            return ""

    def _context(self, user: str) -> dict[str, Any]:
        try:
            context: dict[str, Any] = json.loads(self.context_file(user).read_bytes())
            return {key: context[key] for key in ("url", "user", "password")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"{self.context_file(user)} does not say how to connect to the embedded NATS ({error})"
            raise EmbeddedServerError(f"{problem}; start the server, which writes it") from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account reads; readers see the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(file, "w", encoding="utf-8") as output:
        output.write(text)
    draft.replace(path)
