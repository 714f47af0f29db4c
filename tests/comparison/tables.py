"""Comparisons for the tests, and what is printed of them."""

from functools import cache

from sensorfit.api import compare
from sensorfit.comparison import Row, Table
from sensorfit.render.comparison.cells import COLUMNS
from sensorfit.render.comparison.formats import print_table, to_markdown
from sensorfit.render.comparison.sources import Sources
from sensorfit.render.screen import recorded

MODELS = ("picosam2", "picosam3", "edgesam", "tinysam", "litesam", "fastsam")


@cache
def table(*models: str) -> Table:
    return compare(models or MODELS)


def cells_of(row: Row, *others: Row) -> dict[str, str]:
    """The row's cells by heading, in full."""
    sources = Sources([row, *others])
    return {heading: cell(row, sources) for heading, cell in COLUMNS.items()}


def console(found: Table, width: int) -> str:
    """The table in a terminal of ``width`` columns, the blanks between words one each."""
    return " ".join(recorded(lambda out: print_table(found, out), width).split())


def below(found: Table) -> list[str]:
    """The lines under the Markdown table, without its escapes."""
    return [
        line.removeprefix("- ").replace("\\", "")
        for line in to_markdown(found).splitlines()
        if line[:1] == "-"
    ]
