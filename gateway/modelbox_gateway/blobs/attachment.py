"""What an answer with a file's bytes says of them to a browser: to be saved under a name, never to be shown.

Whoever uploads chooses the bytes. A page among them that a browser showed would act as the store's host.

Source: RFC 6266 (Content-Disposition), RFC 8187 (names beyond ASCII).
"""

import re
from typing import Final
from urllib.parse import quote

NAME_CHARS_MAX: Final = 150
"""The end of a longer name, which has its extension: a link has to fit what hosts take as an address."""

_ATTRIBUTE_CHARS: Final = "!#$&+-.^_`|~"


def attachment_header(path: str) -> str:
    """Return the header Content-Disposition for a file of this path, of which the last part is its name."""
    name = re.split(r"[/\\]", path)[-1][-NAME_CHARS_MAX:] or "artifact"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARS)}"
