"""The view for terminals: four rooms in the order in which a sample walks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demonstration.words import REASONS, colour_of, gist, ranking
from edge.capture.supervisor import SourceState
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from demonstration.listener import Listener
    from demonstration.watch import Watch, Window

FRAME: Final = "grey42"
DIM: Final = "grey58"
SHOWN_CLASSES: Final = 4
_STATE_STYLES: Final = {
    SourceState.OK: "green",
    SourceState.ENDED: DIM,
    SourceState.MUTED: DIM,
    SourceState.STARTING: DIM,
    SourceState.ABSENT: DIM,
}


class Screen:
    """Draws the watch each time it is rendered.

    Parameters
    ----------
    watch
        What passed along the street.
    listener
        What a subscriber at the broker heard.
    title
        What the heading says.
    topic
        Where releases are published.
    progress_s
        Seconds so far and in all.
    """

    def __init__(
        self,
        watch: Watch,
        listener: Listener,
        *,
        title: str,
        topic: str,
        progress_s: Callable[[], tuple[float, float]],
    ) -> None:
        self._watch = watch
        self._listener = listener
        self._title = title
        self._topic = topic
        self._progress_s = progress_s

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Two rooms a line; wider terminals give them more air."""
        gap = 1
        half = (options.max_width - gap) // 2
        yield self._heading()
        yield _side_by_side(
            _room("sensed", self._sensed(half - 4), note="on the device"),
            _room("fused", self._fused(half - 4), note="private"),
            gap=gap,
        )
        yield _side_by_side(
            _room("gate", self._gate(), note="one verdict a window"),
            _room("lamp", self._lamp(half - 4)),
            gap=gap,
        )
        yield _room("published", self._published(), note="what a subscriber reads", style="bright_white")

    def _heading(self) -> RenderableType:
        so_far_s, in_all_s = self._progress_s()
        row = Table.grid(expand=True)
        row.add_column()
        row.add_column(justify="right")
        row.add_row(
            Text.assemble((" edge-affect", "bold"), (f"  {self._title}", DIM)),
            Text(f"{so_far_s:.0f} of {in_all_s:.0f} s ", DIM),
        )
        return row

    def _sensed(self, width: int) -> RenderableType:
        table = Table.grid(expand=True, padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        for modality in Modality:
            names = [name for name, source in self._watch.sources.items() if source.modality is modality]
            for name in names:
                source = self._watch.sources[name]
                style = _STATE_STYLES.get(source.state, "red")
                said = source.flow if source.state is SourceState.OK else source.detail or source.state
                table.add_row(Text.assemble(("● ", style), name), Text(said, DIM))
            if names:
                table.add_row(*self._reading(modality, width))
        return table

    def _reading(self, modality: Modality, width: int) -> tuple[Text, Text]:
        affect = self._watch.readings.get(modality)
        if affect is None:
            return Text("  nothing to read yet", DIM), Text()
        likeliest = ranking(affect)[:1]
        style = colour_of(likeliest[0][0]) if likeliest else "default"
        quality = _bar(affect.quality, 5 if width < 50 else 12, "grey74")
        return Text(f"  {gist(affect)}", style), Text.assemble(("quality ", DIM), quality)

    def _fused(self, width: int) -> RenderableType:
        room = self._watch.room
        table = Table.grid(padding=(0, 1))
        table.add_column(width=9, no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", width=5, no_wrap=True)
        long = width - 9 - 5 - 2
        classes = ranking(room)[:SHOWN_CLASSES] if room else []
        for name, share in classes:
            table.add_row(name, _bar(share, long, colour_of(name)), f"{share:.0%}")
        for _ in range(SHOWN_CLASSES - len(classes)):
            table.add_row(Text("-", DIM), _bar(0, long, DIM), "")
        for name, value in (
            ("valence", room.valence if room else None),
            ("arousal", room.arousal if room else None),
        ):
            table.add_row(
                Text(name, DIM), _needle(value, long), Text("-" if value is None else f"{value:+.2f}", DIM)
            )
        stress = room.stress if room else None
        share = "-" if stress is None else f"{stress:.0%}"
        table.add_row(Text("stress", DIM), _bar(stress or 0, long, "grey74"), Text(share, DIM))
        return table

    def _gate(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", style=DIM, no_wrap=True)
        table.add_column()
        shown = list(self._watch.windows)[-3:]
        for window in shown:
            passed = window.decision.published
            table.add_row(
                str(window.number),
                Text(
                    f"{'✓' if passed else '✗'} {REASONS[window.decision.reason]}",
                    "green" if passed else "yellow",
                ),
            )
        for _ in range(3 - len(shown)):
            table.add_row("", Text("" if shown else "the first window is open", DIM))
            shown = shown or [None]
        return table

    def _lamp(self, width: int) -> RenderableType:
        windows = self._watch.windows
        if not windows or not windows[-1].colours:
            return Group(Text("no colour yet", DIM), Text(), Text())
        name, shown = next(iter(windows[-1].colours.items()))
        swatch = Text("█" * 12, shown)
        return Group(
            Text.assemble(swatch, f"  {name}"),
            Text.assemble(swatch, (f"  {shown}", DIM)),
            _strip(list(windows), width),
        )

    def _published(self) -> RenderableType:
        heard = self._listener.releases
        if not heard:
            return Group(Text("nothing yet", DIM), Text(), Text())
        payload = self._listener.last_payload
        return Group(
            Text(payload.decode().rstrip(), overflow="fold"),
            Text(
                f"{heard} releases of {len(payload)} bytes on {self._topic}",
                DIM,
                overflow="ellipsis",
                no_wrap=True,
            ),
        )


def _side_by_side(left: RenderableType, right: RenderableType, *, gap: int) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, gap, 0, 0))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _room(name: str, inside: RenderableType, *, note: str = "", style: str = FRAME) -> Panel:
    title = Text.assemble((name, "bold grey89"), (f" · {note}" if note else "", DIM))
    return Panel(inside, title=title, title_align="left", box=box.ROUNDED, border_style=style, padding=(0, 1))


def _bar(share: float, width: int, style: str) -> Text:
    full = round(max(0.0, min(1.0, share)) * width)
    return Text.assemble(("━" * full, style), ("━" * (width - full), "grey23"))


def _needle(value: float | None, width: int) -> Text:
    """Draw where a value in [-1, 1] lies."""
    if value is None:
        return Text("━" * width, "grey23")
    at = min(width - 1, int((value + 1) / 2 * width))
    return Text.assemble(("━" * at, "grey23"), ("●", "grey93"), ("━" * (width - at - 1), "grey23"))


def _strip(windows: list[Window], width: int) -> Text:
    """Draw one mark a window: the colour of what was published, a dot where it was withheld."""
    strip = Text(no_wrap=True)
    for window in windows[-(width // 2) :]:
        if window.decision.published:
            strip.append("■ ", colour_of(window.release.state))
        else:
            strip.append("· ", DIM)
    return strip
