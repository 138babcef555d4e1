"""Questions in a terminal, with a default for each; whatever is no answer is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NoAnswerError(EdgeError):
    """Nobody is there to answer."""


class Dialogue:
    """Asks one question after the other.

    Parameters
    ----------
    ask
        Prints a prompt and returns a line; raises `EOFError` when there is none.
    tell
        Prints a line.
    silent
        Take every default, ask nothing; a question without a default cannot be answered then.
    """

    def __init__(
        self,
        *,
        ask: Callable[[str], str] = input,
        tell: Callable[[str], object] = print,
        silent: bool = False,
    ) -> None:
        self._ask = ask
        self.tell = tell
        self.is_silent = silent

    def text(self, question: str, default: str = "", *, wrong: Callable[[str], str] = lambda _: "") -> str:
        """Ask for a line; `wrong` says what is wrong with an answer, nothing when it is fine."""
        while True:
            given = self._line(f"{question} [{default}]: " if default else f"{question}: ", default)
            problem = wrong(given)
            if not problem:
                return given
            if self.is_silent:
                raise NoAnswerError(f"{question}: {problem}; run it without --yes")
            self.tell(f"  {problem}")

    def choice(self, question: str, choices: Sequence[tuple[str, str]], default: str) -> str:
        """Ask for one of (key, words); it can be given by number or key."""
        if not self.is_silent:
            self.tell(question)
            for number, (key, words) in enumerate(choices, 1):
                self.tell(f"  {number}  {words}{'  (default)' if key == default else ''}")
        by_answer = {str(number): key for number, (key, _) in enumerate(choices, 1)}
        by_answer |= {key: key for key, _ in choices}
        given = self.text(
            "Which",
            default,
            wrong=lambda line: "" if line.lower() in by_answer else f"one of 1 to {len(choices)}",
        )
        return by_answer[given.lower()]

    def agrees(self, question: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""
        words = {"y": True, "yes": True, "n": False, "no": False}
        given = self.text(
            f"{question} (y/n)",
            "y" if default else "n",
            wrong=lambda line: "" if line.lower() in words else "y or n",
        )
        return words[given.lower()]

    def _line(self, prompt: str, default: str) -> str:
        if self.is_silent:
            return default
        try:
            return self._ask(prompt).strip() or default
        except EOFError as error:
            raise NoAnswerError("nobody answers; run it in a terminal, or with --yes") from error
