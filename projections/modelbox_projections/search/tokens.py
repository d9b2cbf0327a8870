"""Cuts a filter or an order into words, values and signs.

Must not know: SQL, any kind of object.
"""

import math
import re
from enum import Enum
from typing import Final, NamedTuple

from modelbox_projections.errors import FilterError
from modelbox_projections.limits import FILTER_CHARS_MAX
from modelbox_projections.search.syntax import Part, shown


class TokenKind(Enum):
    """What a token is."""

    PATH = "path"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """One token: how it was written, its first character from 1, and what it stands for."""

    kind: TokenKind
    text: str
    position: int
    value: str | int | float = ""
    parts: tuple[Part, ...] = ()

    @property
    def keyword(self) -> str:
        """The token in lower case if it can be a keyword, else nothing."""
        return self.text.lower() if len(self.parts) == 1 and not self.parts[0].quoted else ""

    def __str__(self) -> str:
        """Return it as errors show it."""
        return "the end" if self.kind is TokenKind.END else repr(shown(self.text))


_BACKTICKED: Final = r"`(?:[^`]|``)+`"
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<number>[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf)(?![\w.]))
    | (?P<path>[^\W\d]\w*(?:\.(?:\w+|{_BACKTICKED}))*)
    | (?P<string>"(?:[^"]|"")*"|'(?:[^']|'')*')
    | (?P<sign>!=|<=|>=|==|[=<>(),])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PART: Final = re.compile(rf"\w+|{_BACKTICKED}")
_NOT_IN_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")
_BACKTICKS: Final = "put a key with such characters in backticks, as in metrics.`val/acc`"
_REMEDIES: Final = {
    '"': 'this string has no end; close it with the same quote, and write a quote inside twice, as in "a ""b"" c"',
    "'": "this string has no end; close it with the same quote, and write a quote inside twice, as in 'it''s'",
    "`": "backticks enclose a key after a point, as in metrics.`val/acc`, and need a second one at its end",
    "!": "'!' belongs to '!='; write not for a negation",
    "&": "write and",
    "|": "write or",
    ".": f"a point stands between a field and its key, or in a number; {_BACKTICKS}",
}

_DIRECTIONS: Final = {"-": "desc", "+": "asc"}


def tokens_of(text: str, *, field: str) -> list[Token]:
    """Cut a text into tokens; the last one is the end.

    Args:
        text: What the user wrote.
        field: What errors name: "filter" or "order_by".

    Raises:
        FilterError: The text is too long, or has something that is no token.
    """
    if len(text) > FILTER_CHARS_MAX:
        problem = f"has {len(text)} characters; at most {FILTER_CHARS_MAX} are allowed"
        raise FilterError(field, FILTER_CHARS_MAX + 1, problem)
    if (found := _NOT_IN_TEXT.search(text)) is not None:
        problem = f"the character U+{ord(found.group()):04X} stands in no text; remove it"
        raise FilterError(field, found.start() + 1, problem)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(field, at + 1, _problem(text, at, field))
        if match.lastgroup != "space":
            tokens.append(_token(match, field))
        at = match.end()
    tokens.append(Token(TokenKind.END, "", len(text) + 1))
    return tokens


def _token(match: re.Match[str], field: str) -> Token:
    text, position = match.group(), match.start() + 1
    match match.lastgroup:
        case "number":
            return Token(TokenKind.NUMBER, text, position, _number(text, position, field))
        case "string":
            quote = text[0]
            return Token(TokenKind.STRING, text, position, text[1:-1].replace(quote * 2, quote))
        case "path":
            parts = tuple(map(_part, _PART.findall(text)))
            return Token(TokenKind.PATH, text, position, parts=parts)
        case _:
            return Token(TokenKind.SIGN, text, position)


def _part(text: str) -> Part:
    return Part(text[1:-1].replace("``", "`"), quoted=True) if text.startswith("`") else Part(text, quoted=False)


def _number(text: str, position: int, field: str) -> int | float:
    value = float(text)
    if math.isinf(value) and "inf" not in text.lower():
        raise FilterError(field, position, f"no double is as large as {shown(text)}; write inf for infinity")
    return int(text) if text.lstrip("+-").isdecimal() else value


def _problem(text: str, at: int, field: str) -> str:
    character = text[at]
    remedy = _REMEDIES.get(character)
    if field == "order_by" and character in _DIRECTIONS and (of := _TOKEN.match(text, at + 1)) is not None:
        remedy = f"write {shown(of.group())} {_DIRECTIONS[character]}"
    if remedy is None:
        remedy = f"put text in quotes; {_BACKTICKS}"
    return f"{character!r} is out of place; {remedy}"
