"""`edge-affect baseline`: a wearer's rest and pace of breath, kept encrypted, not at all, or erased."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from edge.capture.wearer import WearerOptions
from edge.cli.run import add_config_arguments, clock_for
from edge.clock import run as run_on
from edge.config.derived import baseline_directory, baseline_path
from edge.config.load import load_config
from edge.errors import BaselineError
from edge.gate.retention import keep_in_memory

if TYPE_CHECKING:
    from edge.config.schema import Config

LEAST_MINUTES: Final = 3.0
MOST_MINUTES: Final = 5.0


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "baseline", help="measure a wearer's rest and keep it encrypted, or erase it"
    )
    add_config_arguments(parser)
    parser.add_argument("--wearer", metavar="NAME", help="whose, where the config knows several")
    parser.add_argument("--minutes", type=_minutes, default=4.0, metavar="N", help="of rest, 3 to 5 (4)")
    parser.add_argument(
        "--resonance", action="store_true", help="then find the pace of breath: ten more minutes"
    )
    parser.add_argument("--erase", action="store_true", help="erase what is kept, of all unless --wearer")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Measure and keep, or erase."""
    config = load_config(options.config, overrides=options.overrides).config
    if options.erase:
        return _erase(config, options.wearer)
    from edge.cli.guide import Guide  # the other commands start without loading a reader
    from edge.physiology.vault import load_baseline, read_passphrase, save_baseline

    wearer = _wearer(config, options.wearer)
    path, vault = baseline_path(config, wearer), config.readers.physiology.baseline
    # Whatever is wrong with the passphrase shall show before anybody has sat still for minutes.
    passphrase = read_passphrase(vault) if vault else ""
    earlier = load_baseline(path, passphrase=passphrase) if vault else None
    clock = clock_for(config)
    if not clock.is_virtual:
        keep_in_memory()
    guide = Guide(config, wearer, seconds=options.minutes * 60, clock=clock, earlier=earlier)
    if not run_on(guide.lead(resonance=options.resonance), clock=clock):
        print("Stopped; nothing was kept.")
        return 1
    found = guide.result()
    if not vault:
        print(
            "Nothing is kept, as readers.physiology.baseline is unset. With readers.physiology.rest_s, each "
            "run begins with a rest of its own."
        )
        return 0
    save_baseline(path, found, passphrase=passphrase)
    print(f"Kept, encrypted, in {path}. Erase it with: edge-affect baseline {options.config} --erase")
    return 0


def _minutes(text: str) -> float:
    minutes = float(text)
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise argparse.ArgumentTypeError("give 3 to 5 minutes")
    return minutes


def _wearers(config: Config) -> list[str]:
    return sorted({one.wearer for one in config.sources.values() if isinstance(one, WearerOptions)})


def _wearer(config: Config, wanted: str | None) -> str:
    known = _wearers(config)
    if not known:
        raise BaselineError("the config has no wearable; docs/wearables.md shows how to add one")
    if wanted is None and len(known) > 1:
        raise BaselineError(f"the config knows several wearers; say which: --wearer {' | '.join(known)}")
    if wanted is not None and wanted not in known:
        raise BaselineError(f"the config knows no wearer {wanted}, but {', '.join(known)}")
    return wanted or known[0]


def _erase(config: Config, wearer: str | None) -> int:
    from edge.physiology.vault import erase_baseline

    paths = [baseline_path(config, wearer)] if wearer else sorted(baseline_directory(config).glob("*"))
    erased = [path for path in paths if erase_baseline(path)]
    print(f"Erased {len(erased)}." if erased else "Nothing was kept.")
    return 0
