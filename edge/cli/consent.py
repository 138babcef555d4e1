"""`edge-affect consent`: who agreed to which sensor, by a random handle, without names."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from edge.capture.wearer import WearerOptions
from edge.cli.run import add_config_arguments
from edge.config.derived import baseline_path, consent_path
from edge.config.load import load_config
from edge.gate.consent import ConsentStore, Purpose

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("consent", help="agree to a sensor, list or withdraw agreements")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    grant = actions.add_parser("grant", help="agree to a sensor; nothing is captured without it")
    add_config_arguments(grant)
    grant.add_argument("--sensor", required=True, help="name of the source in the config")
    grant.add_argument("--purpose", required=True, type=Purpose, choices=list(Purpose))
    grant.add_argument("--days", type=int, default=365, help="how long it holds (365)")
    grant.set_defaults(command=grant_consent)
    listing = actions.add_parser("list", help="the agreements that hold")
    add_config_arguments(listing)
    listing.set_defaults(command=list_consents)
    revoke = actions.add_parser("revoke", help="withdraw; capture stops at once")
    add_config_arguments(revoke)
    revoke.add_argument("handle", help="the handle that `grant` printed")
    revoke.set_defaults(command=revoke_consent)


def grant_consent(options: argparse.Namespace) -> int:
    """Write down a consent and print its handle."""
    consent = _store(options).grant(
        sensor=options.sensor, purpose=options.purpose, days=options.days, now_s=time.time()
    )
    print(f"{consent.handle}  {consent.sensor}, {consent.purpose}, until {_day(consent.until_s)}")
    print(f"Withdraw it with: edge-affect consent revoke {options.config} {consent.handle}")
    return 0


def list_consents(options: argparse.Namespace) -> int:
    """Print the consents that hold."""
    for consent in _store(options).valid(now_s=time.time()):
        print(f"{consent.handle}  {consent.sensor}, {consent.purpose}, until {_day(consent.until_s)}")
    return 0


def revoke_consent(options: argparse.Namespace) -> int:
    """Erase a consent, and the baseline that was measured under it."""
    config = load_config(options.config, overrides=options.overrides).config
    consent = ConsentStore(consent_path(config)).revoke(options.handle, now_s=time.time())
    print(f"{consent.handle} is withdrawn: {consent.sensor} is no longer captured.")
    source = config.sources.get(consent.sensor)
    if isinstance(source, WearerOptions):
        from edge.physiology.vault import erase_baseline

        if erase_baseline(baseline_path(config, source.wearer)):
            print("The baseline of its wearer is erased.")
    return 0


def _store(options: argparse.Namespace) -> ConsentStore:
    config = load_config(options.config, overrides=options.overrides).config
    return ConsentStore(consent_path(config))


def _day(until_s: float) -> str:
    return datetime.fromtimestamp(until_s, tz=UTC).date().isoformat()
