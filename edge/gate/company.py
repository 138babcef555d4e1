"""How many people there surely are, when faces, voices and wearers cannot be matched to each other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.signals import Affect, Modality


def people_at_least(evidence: Iterable[Affect]) -> int:
    """Count the people who must be there to explain the evidence.

    A face, a voice and a wearer may be one person, so modalities are never added up. Two tokens of one
    modality may be one person too, lost and found again, so only tokens whose spans share an instant
    count as two.

    Returns
    -------
    The largest number of tokens of one modality that share an instant; 0 without evidence.
    """
    spans: defaultdict[Modality, dict[int, tuple[float, float]]] = defaultdict(dict)
    for affect in evidence:
        spans[affect.modality][affect.who] = (affect.start_s, affect.end_s)
    return max((_most_at_once(list(by_token.values())) for by_token in spans.values()), default=0)


def _most_at_once(spans: list[tuple[float, float]]) -> int:
    # Spans are open at their start, so that a track that begins where another ended is not a second
    # person; a span without length is an instant.
    return max(
        sum(start_s < instant_s <= end_s or start_s == end_s == instant_s for start_s, end_s in spans)
        for _, instant_s in spans
    )
