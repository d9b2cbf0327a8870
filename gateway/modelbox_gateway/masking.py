"""Keeps passwords out of what is logged and printed."""

import re
from typing import Final

_SECRETS: Final = (
    re.compile(r"(?P<before>\w+://[^\s:@/]*:)[^\s]*(?=@)"),  # scheme://user:SECRET@host
    re.compile(r"(?P<before>\b(?!postgres)\w+://)[^\s:@/]+(?=@)"),  # nats://SECRET@host; Postgres has a user there
    # ?password=SECRET, sslpassword = 'SECRET', "secret_key": "SECRET"; not the words of a sentence
    re.compile(
        r"""(?P<before>(?:password|passwd|secret_key|auth_token)["']?\s*(?:=|:(?=\s*["']))\s*)"""
        r"""("[^"]*"|'[^']*'|[^\s&'"]+)""",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<before>\bX-Amz-(?:Signature|Security-Token)=)[^\s&'\"]+", re.IGNORECASE
    ),  # who has it may act by it
)
_MASK: Final = r"\g<before>***"


def masked(text: str) -> str:
    """Return the text with the passwords of its addresses replaced by `***`."""
    for pattern in _SECRETS:
        text = pattern.sub(_MASK, text)
    return text
