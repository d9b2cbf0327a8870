"""An extension of griffe: a call has the parameters on the site that `help` shows, also those written for several."""

import inspect
import re
from typing import Any, Final

import griffe

_SHARED: Final = ("Unpack[", "Filter", "Where")
"""What the annotation begins with of a parameter that is written for several calls."""

_MODULES: Final = re.compile(r"\b(?:[a-z_]+\.)+")
_INTEGRATIONS: Final = "modelbox.integrations."


class SharedParameters(griffe.Extension):
    """Shows what `modelbox/parameters.py` makes of a call when it is defined."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Take such parameters, and the docstring, from the call itself."""
        shared = [one.name for one in func.parameters if str(one.annotation).startswith(_SHARED)]
        # What needs a framework cannot be asked without it.
        if not shared or func.path.startswith(_INTEGRATIONS):
            return
        call = griffe.dynamic_import(func.path)
        signature = inspect.signature(call)
        for name in shared:
            del func.parameters[name]
        for name, parameter in signature.parameters.items():
            if name not in func.parameters:
                func.parameters.add(_shown(parameter))
        func.parameters = griffe.Parameters(*(func.parameters[name] for name in signature.parameters))
        if func.docstring is not None:
            func.docstring.value = inspect.getdoc(call) or ""


def _shown(parameter: inspect.Parameter) -> griffe.Parameter:
    return griffe.Parameter(
        parameter.name,
        annotation=_MODULES.sub("", inspect.formatannotation(parameter.annotation)).strip("'"),
        kind=griffe.ParameterKind[parameter.kind.name.lower()],
        default=repr(parameter.default),
    )
