"""What a model says, made safe to print.

Names in an ONNX file are whatever a stranger typed: ANSI codes, rich markup,
HTML, ``@mentions``, ``::error::`` commands for a CI runner, a line that turns
the text around. ``plain`` comes first, everywhere; the others add what their
output needs.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

MAX_CHARACTERS: Final = 1000
"""Longer text is cut; names are for recognising a node, not for reading."""

_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that move, hide or forge text: control, format (bidi, zero width), surrogate,
private use, unassigned, line and paragraph separators."""

# GitHub and Azure runners act on a line that starts with "::name ...::" or contains "##[name]" or
# "##vso[name]". Where a line starts is up to whoever wraps it, so a command's beginning is broken
# anywhere; "aten::conv2d" is not one.
_COMMANDS: Final = (
    "error|warning|notice|debug|group|endgroup|add-mask|add-path|add-matcher|remove-matcher|set-env|set-output|"
    "save-state|stop-commands|echo|internal-"
)
_WORKFLOW_COMMAND: Final = re.compile(rf"::(?={_COMMANDS})|(?<!\w)::(?=[A-Za-z])", re.IGNORECASE)
_LEGACY_COMMAND: Final = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
_MARKDOWN: Final = str.maketrans(
    {c: f"\\{c}" for c in "\\`*_{}[]~$"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "@<!-- -->", "#": "#<!-- -->"}
)
_LINK: Final = re.compile(r"(?i)(://|\bwww\.|\b(?:mailto|xmpp):)")
_CODE: Final = str.maketrans({c: f"&#{ord(c)};" for c in "\\`*_{}[]()<>|~$@#&!:\"'"})


def plain(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` on one line, with what cannot be seen written as an escape and at most ``limit`` characters."""
    shown = str(text)
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(_visible(c) for c in shown)
    shown = _LEGACY_COMMAND.sub("# #", shown)
    return _WORKFLOW_COMMAND.sub(": :", shown)


def _visible(char: str) -> str:
    if unicodedata.category(char) not in _HIDDEN_CATEGORIES:
        return char
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def terminal(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` for a terminal, inside a ``rich.text.Text`` (which reads no markup)."""
    return plain(text, limit)


def markdown(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` as GitHub-flavoured Markdown prose or a table cell: no markup, links, mentions or references."""
    safe = plain(text, limit).translate(_MARKDOWN)
    return _LINK.sub(lambda m: m[0][:-1] + f"&#{ord(m[0][-1])};", safe)


def markdown_code(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` as code in Markdown; GitHub resolves no mention inside it, and a ``|`` ends no cell."""
    return f"<code>{plain(text, limit).translate(_CODE)}</code>"


def markup(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` as HTML or XML character data or attribute value."""
    return html.escape(plain(text, limit), quote=True)


def workflow_data(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` as the message of a GitHub workflow command."""
    return plain(text, limit).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``text`` as a property value (``file=``, ``title=``) of a GitHub workflow command."""
    return workflow_data(text, limit).replace(":", "%3A").replace(",", "%2C")
