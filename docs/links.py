"""A hook of the site: links that lead out of docs/ become the paths of files in the source, which the site has not."""

import re
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page without links that lead out of docs/."""
    return re.sub(r"\[([^\]]+)\]\(\.\./([^)]+)\)", r"\1 (`\2`)", markdown)
