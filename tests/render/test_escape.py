"""What a model says cannot reach the terminal, the page or the runner as anything but text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorfit.render import escape

COMMAND = re.compile(r"(^|\W)::[A-Za-z]|::(error|warning|notice|group|add-mask|stop-commands|set-output)")


@given(st.text(max_size=2000))
def test_plain_text_is_one_visible_line_without_commands(text: str) -> None:
    shown = escape.plain(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert not COMMAND.search(shown)
    assert "##[" not in shown


@pytest.mark.parametrize(
    "name", ["/encoder/Conv_3", "aten::conv2d", "pkg.torch.onnx::Softmax_12", "größe", "层1/卷积"]
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert escape.plain(name) == name


def test_control_characters_become_visible_escapes() -> None:
    assert escape.plain("a\x1b[31mb\n\u202ec") == "a\\x1b[31mb\\n\\u202ec"


def test_long_text_is_cut() -> None:
    shown = escape.plain("x" * 10_000)
    assert len(shown) == escape.MAX_CHARACTERS
    assert shown.endswith("…")


@given(st.text(alphabet="[]redbold/\\ a", max_size=60))
def test_a_terminal_shows_rich_markup_as_text(text: str) -> None:
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    buffer = StringIO()
    Console(file=buffer, width=200, force_terminal=False).print(
        Text(escape.terminal(text)), end="", soft_wrap=True
    )
    assert buffer.getvalue().rstrip() == text.rstrip()


@given(st.text(alphabet="`*_[]()<>|@#&~!:/ahtpswo.", max_size=80))
def test_markdown_renders_back_to_the_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    html = pytest.importorskip("html")
    parser = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False})
    rendered = parser.renderInline(escape.markdown(text))
    assert "<a " not in rendered
    assert (
        "<em>" not in rendered
        and "<strong>" not in rendered
        and "<code>" not in rendered
        and "<img" not in rendered
    )
    assert html.unescape(rendered.replace("<!-- -->", "")).strip() == escape.plain(text).strip()


@given(st.text(alphabet="`*_[]()<>|@#&~!:/\\ahtp", max_size=80))
def test_markdown_code_renders_back_to_the_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    html = pytest.importorskip("html")
    parser = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False})
    rendered = parser.renderInline(escape.markdown_code(text))
    assert rendered.startswith("<code>") and rendered.endswith("</code>")
    inner = rendered.removeprefix("<code>").removesuffix("</code>")
    assert "<" not in inner
    assert html.unescape(inner).strip() == escape.plain(text).strip()


def test_mentions_and_references_are_broken_in_prose() -> None:
    assert "@octocat" not in escape.markdown("thanks @octocat, see #12 and octo/repo#3")
    assert "#12" not in escape.markdown("see #12")
    assert "://" not in escape.markdown("see https://example.com")


def test_a_pipe_ends_no_table_cell() -> None:
    assert "|" not in escape.markdown("a|b")
    assert "|" not in escape.markdown_code("a|b")


@given(st.text(max_size=200))
def test_a_workflow_command_takes_no_second_line_and_no_second_property(text: str) -> None:
    value = escape.workflow_property(text)
    assert not set("\r\n:,") & set(value)
    assert "%" not in re.sub(r"%(25|0A|0D|3A|2C)", "", value)


@given(st.text(max_size=200))
def test_markup_parses_back_to_the_plain_text(text: str) -> None:
    from xml.etree import ElementTree

    element = ElementTree.fromstring(f'<a b="{escape.markup(text)}">{escape.markup(text)}</a>')
    assert (element.text or "") == escape.plain(text)
    assert element.get("b") == escape.plain(text)
