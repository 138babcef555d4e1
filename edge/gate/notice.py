"""The sign at the door: a printable page that tells people before they are sensed."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from edge.errors import EdgeError
from edge.release import Profile

if TYPE_CHECKING:
    from edge.gate.options import DeploymentOptions, PrivacyOptions

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Mood sensing in use</title>
<style>
  @page {{ size: A4; margin: 20mm }}
  body {{ font: 16pt/1.5 sans-serif; max-width: 170mm; margin: 0 auto; color: #000; background: #fff }}
  h1 {{ font-size: 34pt; line-height: 1.1 }}
  .contact {{ border-top: 2pt solid; padding-top: 6mm; display: flex; gap: 8mm; align-items: center }}
  svg {{ width: 36mm; height: 36mm; flex: none }}
  small {{ font-size: 10pt }}
</style>
</head>
<body>
<h1>This place senses the mood of the room</h1>
<p>A device with {sensors} estimates emotions here.
It works on the spot: no picture and no sound is stored or sent, and nobody is recognised.</p>
<p>{grain}</p>
<p>If you do not want to take part, please stay out of its reach.</p>
<div class="contact">
{code}
<p>Questions, objections, your rights:<br><strong>{contact}</strong></p>
</div>
<p><small>Notice under Article 50(3) of Regulation (EU) 2024/1689 (AI Act). Put up on {acknowledged_on}.
The operator answers for it; this form is not legal advice.</small></p>
</body>
</html>
"""


def notice_page(
    privacy: PrivacyOptions,
    deployment: DeploymentOptions,
    *,
    sensors: tuple[str, ...],
    contact: str | None = None,
) -> str:
    """Make the page as self-contained HTML, with a QR code of the contact where `segno` is installed.

    Parameters
    ----------
    privacy, deployment
        What holds; the contact and the day are those of `deployment.notice`.
    sensors
        What senses, as people call it: `("a camera", "a microphone")`.
    contact
        Used while `deployment.notice` is not set yet.

    Raises
    ------
    EdgeError
        There is neither a notice in the config nor a `contact`.
    """
    notice = deployment.notice
    shown = notice.contact if notice else contact
    if not shown:
        raise EdgeError("a notice needs a contact: set deployment.notice.contact")
    return _PAGE.format(
        sensors=html.escape(" and ".join(sensors)),
        grain=html.escape(_grain(privacy)),
        code=_qr_code(shown),
        contact=html.escape(shown),
        acknowledged_on=notice.acknowledged_on.isoformat() if notice else "____-__-__",
    )


def _grain(privacy: PrivacyOptions) -> str:
    minutes, seconds = divmod(privacy.window_s, 60)
    every = f"{privacy.window_s:g} seconds" if seconds or not minutes else f"{minutes:g} minutes"
    if privacy.profile is not Profile.PUBLIC:
        return f"What leaves the device, every {every}, is one word for the mood of the room."
    more = " and ".join(["how many looked"] * privacy.attention + ["when many reacted"] * privacy.moments)
    return (
        f"What leaves the device, every {every}, is the mood of the crowd{more and f', {more}'}: "
        f"only if about {privacy.k} people "
        "or more were there, and with random noise added, so that no single person can be made out "
        f"(differential privacy, epsilon {privacy.epsilon:g})."
    )


def _qr_code(content: str) -> str:
    try:
        import segno
    except ModuleNotFoundError:
        return ""
    return str(segno.make(content, error="m", micro=False).svg_inline(border=2))
