"""The site holds every page; its links lead somewhere; a tag is published only as what it says. `make site` builds it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

import sensorfit.testing
from sensorfit.verify import catalogue
from tools import release, site

from .conftest import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"


def pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    return [page for one in (nav.values() if isinstance(nav, dict) else nav) for page in pages(one)]


def test_the_navigation_names_every_page_once() -> None:
    named = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    there = {page.name for page in (ROOT / "docs").glob("*.md")} | set(site.ELSEWHERE)
    assert sorted(named) == sorted(there)


def test_every_rule_has_its_line_and_its_page() -> None:
    lines = list(site.each_rule())
    assert len(lines) == len(catalogue.rules())
    assert all((ROOT / "docs" / line.partition(": ")[2]).is_file() for line in lines)


@pytest.mark.parametrize(
    ("source", "text", "wanted"),
    [
        ("docs/check.md", "[b](memory.md#how-good)", "[b](memory.md#how-good)"),
        ("docs/rules/SF101.md", "[b](../build.md)", "[b](../build.md)"),
        ("CONTRIBUTING.md", "[b](docs/ci.md)", "[b](ci.md)"),
        ("docs/ci.md", "[b](../CONTRIBUTING.md)", "[b](contributing.md)"),
        ("docs/check.md", "[`x`](../sensorfit/report/schema.json)", "`x`"),
        ("docs/check.md", "[b](https://example.org) [c](#here)", "[b](https://example.org) [c](#here)"),
    ],
)
def test_links_are_those_of_the_site(
    source: str, text: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENSORFIT_REPOSITORY", raising=False)
    wrong: list[str] = []
    assert (site.linked(text, ROOT / source, wrong), wrong) == (wanted, [])


def test_a_file_that_is_no_page_is_linked_to_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORFIT_REPOSITORY", "https://example.org/a/b/")
    found = site.linked("[x](../rules/imx500/memory.toml)", ROOT / "docs" / "memory.md", [])
    assert found == "[x](https://example.org/a/b/blob/main/rules/imx500/memory.toml)"


@pytest.mark.parametrize("link", ["nowhere.md", "../../outside.md"])
def test_a_link_that_leads_nowhere_is_named(link: str) -> None:
    wrong: list[str] = []
    site.linked(f"[x]({link})", ROOT / "docs" / "check.md", wrong)
    assert wrong == [f"docs/check.md: the link to {link} leads nowhere"]


def test_every_link_of_the_readme_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [match[3] for match in site.LINK.finditer(text)]
    assert len(found) > 20 and [place for place in found if not Path(ROOT, place).exists()] == []


VERSION = '"""The version."""\n\n__version__ = "1.2.3"\n'


@pytest.mark.parametrize(
    ("tag", "changelog", "said"),
    [
        ("v1.2.3", "# Changes\n\n## 1.2.3 (2026-12-01)\n", ""),
        ("v1.2.4", "## 1.2.3\n", "tag v1.2.3"),
        ("1.2.3", "## 1.2.3\n", "tag v1.2.3"),
        ("v1.2.3", "## Unreleased\n\n## 1.2.30\n", "no section '## 1.2.3'"),
    ],
)
def test_a_tag_is_published_where_version_and_changelog_agree(tag: str, changelog: str, said: str) -> None:
    found = release.objection(tag, VERSION, changelog)
    assert said in found and bool(said) == bool(found)


def test_the_repository_states_a_version_that_a_tag_can_name() -> None:
    stated = (ROOT / "sensorfit" / "version.py").read_text(encoding="utf-8")
    assert "no version" not in release.objection("v0", stated, "")


def test_what_is_uploaded_was_tested_and_needs_no_token() -> None:
    jobs = yaml.safe_load((WORKFLOWS / "release.yml").read_text(encoding="utf-8"))["jobs"]
    assert (jobs["publish"]["needs"], jobs["test"]["needs"]) == ("test", "build")
    assert (
        jobs["publish"]["permissions"] == {"id-token": "write"} and jobs["publish"]["environment"] == "pypi"
    )
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    assert "secrets." not in (WORKFLOWS / "release.yml").read_text(encoding="utf-8")


def test_the_reference_has_every_public_name() -> None:
    """What `import sensorfit` and its module for tests offer, each where its docstring is."""
    entries = re.findall(
        r"^::: (\S+)$", (ROOT / "docs" / "reference.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    documented = {entry.rpartition(".")[2] for entry in entries}
    assert {*sensorfit.__all__, *sensorfit.testing.__all__} - {"__version__"} <= documented
    for entry in entries:
        module, _, name = entry.rpartition(".")
        assert name == "errors" or hasattr(import_module(module), name)


@pytest.mark.browser
def test_the_filter_of_the_operators_puts_the_one_that_is_called_so_first(
    browser: Any, tmp_path: Path
) -> None:
    table = [
        line
        for line in (ROOT / "docs" / "operators.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    rows = [f"<tr><td>{'</td><td>'.join(line.strip('| ').split(' | '))}</td></tr>" for line in table[2:]]
    script = (ROOT / "docs" / "assets" / "filter.js").read_text(encoding="utf-8")
    file = tmp_path / "operators.html"
    file.write_text(
        f"<article><table><tbody>{''.join(rows)}</tbody></table></article><script>{script}</script>",
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(file.as_uri())

    def shown(wanted: str) -> list[str]:
        page.locator("input").fill(wanted)
        return [row.locator("td").first.inner_text() for row in page.locator("tr:visible").all()]

    assert shown("")[:2] == ["Abs", "Acos"] and len(shown("")) == len(rows)
    assert shown("matmul")[0] == "MatMul" and "CumSum" in shown("matmul")
    assert shown(" Conv ")[:4] == ["Conv", "ConvInteger", "ConvTranspose", "DeformConv"]
    assert shown("")[:2] == ["Abs", "Acos"]
    assert shown("no such operator") == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "build", "operators", "reference"])
def test_everybody_can_read_the_site(name: str, browser: Any) -> None:
    """In the site that `make site` built last: axe finds nothing serious, in light and dark; a phone scrolls it one way alone."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    file = ROOT / "build" / "html" / f"{name}.html"
    if not file.exists():
        pytest.skip("make site has not been run")
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(file.as_uri())
        page.wait_for_load_state("load")
        found = axe.run(page).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()
