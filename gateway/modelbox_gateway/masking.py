"""Keeps passwords out of what is logged and printed.

Must not know: where a text comes from.
"""

import re
from typing import Final

_SECRETS: Final = (
    re.compile(r"(?P<before>\w+://[^\s:@/]*:)[^\s]*(?=@)"),  # scheme://user:SECRET@host
    re.compile(r"(?P<before>\bpassword=)[^\s&'\"]+", re.IGNORECASE),  # ?password=SECRET
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
