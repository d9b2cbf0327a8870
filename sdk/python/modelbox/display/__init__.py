"""How objects show themselves in a notebook: HTML with plots as inline SVG, nothing to install and nothing to load.

Everything that comes from the server is escaped. Loaded when something is shown, not with `import modelbox`.
"""

from modelbox.display.page import Html
from modelbox.display.sections import html_of

__all__ = ["Html", "html_of"]
