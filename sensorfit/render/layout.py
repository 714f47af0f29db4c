"""Where the nodes of a network stand in a drawing: rows by the longest way from an input, columns below what they read.

row 0      Conv                  a node stands below the last that it reads, as near to their middle
row 1      Relu                  as its neighbours in the row leave room
row 2    Conv   Pool
row 3      Concat
"""

from __future__ import annotations

from collections.abc import Sequence


def layout(reads: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """(row, column) of each node; ``reads`` names for each the places of those before it that it reads."""
    rows: list[int] = []
    for sources in reads:
        rows.append(1 + max((rows[s] for s in sources), default=-1))
    members: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for node, row in enumerate(rows):
        members[row].append(node)
    columns = [0.0] * len(rows)
    for nodes in members:
        wished = sorted((_middle(reads[node], columns), node) for node in nodes)
        taken: list[float] = []
        for wish, node in wished:
            columns[node] = max(wish, taken[-1] + 1) if taken else wish
            taken.append(columns[node])
        shift = sum(columns[n] for _, n in wished) / len(wished) - sum(w for w, _ in wished) / len(wished)
        for _, node in wished:
            columns[node] = round(columns[node] - shift, 2)
    return list(zip(rows, columns, strict=True))


def _middle(sources: Sequence[int], columns: Sequence[float]) -> float:
    return sum(columns[s] for s in sources) / len(sources) if sources else 0.0
