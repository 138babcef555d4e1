"""GPIO lines through the kernel's character device and `gpiod`, which the extra `gpio` installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from edge.capture.mute.options import LineOptions
    from edge.capture.mute.switch import Line

_CONSUMER: Final = "edge-affect"


class GpioLine:
    """One requested line; make it with `open_input` or `open_output`."""

    def __init__(self, name: str, offset: int, request: Any, gpiod: Any) -> None:
        self._name = name
        self._offset = offset
        self._request = request
        self._active = gpiod.line.Value.ACTIVE
        self._inactive = gpiod.line.Value.INACTIVE

    def read(self) -> bool:
        """Whether the line is active."""
        try:
            return bool(self._request.get_value(self._offset) is self._active)
        except (OSError, ValueError) as error:
            raise SourceError(
                self._name, SourceReason.UNREADABLE, f"cannot read the line: {error}"
            ) from error

    def write(self, *, active: bool) -> None:
        """Drive the line."""
        try:
            self._request.set_value(self._offset, self._active if active else self._inactive)
        except (OSError, ValueError) as error:
            raise SourceError(
                self._name, SourceReason.UNREADABLE, f"cannot write the line: {error}"
            ) from error

    def close(self) -> None:
        """Let go of the line."""
        self._request.release()


def open_input(options: LineOptions) -> Line:
    """Request a line for reading.

    Raises
    ------
    SourceError
        `gpiod` is not installed, or the line cannot be had.
    """
    return _open(options, "mute switch", is_output=False)


def open_output(options: LineOptions) -> Line:
    """Request a line for writing.

    Raises
    ------
    SourceError
        `gpiod` is not installed, or the line cannot be had.
    """
    return _open(options, "indicator", is_output=True)


def _open(options: LineOptions, name: str, *, is_output: bool) -> Line:
    try:
        import gpiod
    except ModuleNotFoundError as error:
        detail = "gpiod is not installed: pip install edge-affect[gpio]"
        raise SourceError(name, SourceReason.NOT_INSTALLED, detail) from error
    direction = gpiod.line.Direction.OUTPUT if is_output else gpiod.line.Direction.INPUT
    settings = gpiod.LineSettings(direction=direction, active_low=options.active_low)
    try:
        request = gpiod.request_lines(options.chip, config={options.line: settings}, consumer=_CONSUMER)
    except (OSError, ValueError) as error:
        detail = f"line {options.line} of {options.chip} cannot be had: {error}"
        raise SourceError(name, _reason(error), detail) from error
    return GpioLine(name, options.line, request, gpiod)


def _reason(error: Exception) -> SourceReason:
    if isinstance(error, FileNotFoundError):
        return SourceReason.MISSING
    if isinstance(error, PermissionError):
        return SourceReason.PERMISSION
    return SourceReason.BUSY if isinstance(error, OSError) else SourceReason.UNREADABLE
