"""What a user can do about an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.errors import (
    AnalysisError,
    AnalysisReason,
    BudgetError,
    ConsentError,
    EdgeError,
    ModelError,
    ModelReason,
    PublishError,
    PublishReason,
    SourceError,
    SourceReason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE: Final[Mapping[SourceReason, str]] = {
    SourceReason.MISSING: "Check the path, or that the device is plugged in and switched on.",
    SourceReason.UNREADABLE: "The file is damaged or of another kind; record or download it again.",
    SourceReason.UNSUPPORTED: "Convert it to a format the documentation lists.",
    SourceReason.WRONG_RATE: "Set the rate at which it was recorded, or record it again.",
    SourceReason.NOT_INSTALLED: "Install the extra it names: pip install 'edge-affect[camera]'.",
    SourceReason.PERMISSION: "Add the user to the device's group (video, audio, i2c, bluetooth).",
    SourceReason.BUSY: "Another program uses the device; close it.",
    SourceReason.DISCONNECTED: "Plug it in again; it is picked up by itself.",
    SourceReason.TIMEOUT: "Move the device closer, or replace its battery.",
    SourceReason.PROTOCOL: "The device speaks another dialect; see docs/wearables.md.",
}
_MODEL: Final[Mapping[ModelReason, str]] = {
    ModelReason.MISSING: "See what is there with `edge-affect models list`; reinstall if a file is gone.",
    ModelReason.ALTERED: "The file is not the one that was signed off; reinstall the package.",
    ModelReason.UNSIGNED: "Install models from a source whose key you trust.",
    ModelReason.OLDER: "Use `edge-affect models rollback` if you really want the older one.",
    ModelReason.INCOMPATIBLE: "Try the other runtime with --set inference.runtime=tflite-runtime.",
    ModelReason.NO_RUNTIME: "Run `pip install ai-edge-litert`, or install 'edge-affect[tflite-runtime]'.",
    ModelReason.LICENCE: "Choose a model whose terms are open; `edge-affect models list` names them.",
}
_PUBLISH: Final[Mapping[PublishReason, str]] = {
    PublishReason.AWAY: "Check publish.mqtt.host and port, and that the broker runs.",
    PublishReason.REFUSED: "Check the user name and password that publish.mqtt names.",
    PublishReason.TLS: "Check the certificates that publish.mqtt.tls names, and their dates.",
}
_ANALYSIS: Final[Mapping[AnalysisReason, str]] = {
    AnalysisReason.NO_RECORDING: "Name a video, a sound file, or signals; see docs/recordings.md.",
    AnalysisReason.BAD_CONTENT: "Name the video that was shown, or leave the option out.",
    AnalysisReason.BAD_OPTION: "See `edge-affect analyze --help`.",
    AnalysisReason.NOBODY: "Nothing was written. Faces should be large, lit, and towards the camera.",
    AnalysisReason.WITHHELD: "Nothing was written. If everybody recorded has agreed, add --i-have-consent.",
    AnalysisReason.CONSENT: "If everybody recorded has agreed, add --i-have-consent.",
    AnalysisReason.PUBLIC: "Run the kiosk live, or add --i-have-consent if everybody recorded has agreed.",
    AnalysisReason.OUTPUT_EXISTS: "Name another folder with --output, or move that one away.",
    AnalysisReason.OUTPUT_REFUSED: "Name a folder that you may write with --output.",
}

_ADVICE: Final[Mapping[type, Mapping[Any, str]]] = {
    SourceReason: _SOURCE,
    ModelReason: _MODEL,
    PublishReason: _PUBLISH,
    AnalysisReason: _ANALYSIS,
}


def advice_for(error: EdgeError) -> str:
    """One sentence that says what to do, or nothing."""
    match error:
        case SourceError() | ModelError() | PublishError() | AnalysisError():
            return _ADVICE[type(error.reason)][error.reason]
        case ConsentError():
            return f"Record it with `edge-affect consent grant CONFIG --sensor {error.sensor} --purpose ...`."
        case BudgetError():
            return "Nothing is published until the ledger can be used; see docs/privacy.md."
        case _:
            return ""
