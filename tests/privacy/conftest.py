"""What the privacy tests measure is reported here, and written into the docs as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "privacy.md"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.privacy)


@dataclass
class Table:
    """Rows between two marks of the document."""

    mark: str
    head: str
    rows: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Replace what stands between the marks."""
        begin, end = f"<!-- {self.mark}: written by tests/privacy -->", f"<!-- {self.mark}: end -->"
        rule = "|" + "---|" * self.head.count(" | ") + "---|"
        before = DOCUMENT.read_text(encoding="utf-8")
        start, stop = before.index(begin), before.index(end)
        after = "\n".join([before[:start] + begin, self.head, rule, *self.rows, before[stop:]])
        if after != before:
            DOCUMENT.write_text(after, encoding="utf-8")


class AttackTable(Table):
    """Success rates: the best guess without the device, with it, and with the defence switched off."""

    def add(self, attack: str, defence: str, *, base: float, defended: float, undefended: float) -> None:
        rates = " | ".join(f"{100 * rate:.1f} %" for rate in (base, defended, undefended))
        self.rows.append(f"| {attack} | {rates} | {defence} |")


@pytest.fixture(scope="session")
def attacks(request: pytest.FixtureRequest) -> Iterator[AttackTable]:
    head = "| attack | best guess without the device | success | success without the defence | defence |"
    table = AttackTable("attacks", head)
    yield table
    _write(table, "attacks", request.session)


@pytest.fixture(scope="session")
def usefulness(request: pytest.FixtureRequest) -> Iterator[Table]:
    head = "| people | windows published | true state | with attention | with moments | with both |"
    table = Table("usefulness", head)
    yield table
    _write(table, "usefulness", request.session)


@pytest.fixture(scope="session")
def moments(request: pytest.FixtureRequest) -> Iterator[Table]:
    reacting = " | ".join(f"{share} %{beside}" for beside in ("", ", attention") for share in (30, 50, 80))
    table = Table("moments", f"| people | {reacting} |")
    yield table
    _write(table, "moments", request.session)


def _write(table: Table, fixture: str, session: pytest.Session) -> None:
    """Write a table to which all tests of it have added a row, and none has failed."""
    chosen = session.config.option.keyword or any("::" in argument for argument in session.config.args)
    is_whole = not chosen and {item.path for item in session.items} >= set(HERE.glob("test_*.py"))
    rows = sum(fixture in getattr(item, "fixturenames", ()) for item in session.items)
    if is_whole and not session.testsfailed and len(table.rows) == rows:
        table.write()
