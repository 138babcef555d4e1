"""States in the language of a home, for people; automations go by the English words, which never change."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """A language that states are also said in."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    ITALIAN = "it"
    DUTCH = "nl"


_OTHERS: Final = (Language.GERMAN, Language.FRENCH, Language.SPANISH, Language.ITALIAN, Language.DUTCH)
_ROWS: Final[dict[str, dict[str, tuple[str, str, str, str, str]]]] = {
    "state": {
        "": ("Stimmung", "Humeur", "Estado de ánimo", "Umore", "Stemming"),
        "neutral": ("neutral", "neutre", "neutral", "neutro", "neutraal"),
        "happiness": ("Freude", "joie", "alegría", "gioia", "vreugde"),
        "surprise": ("Überraschung", "surprise", "sorpresa", "sorpresa", "verrassing"),
        "sadness": ("Trauer", "tristesse", "tristeza", "tristezza", "verdriet"),
        "anger": ("Ärger", "colère", "enfado", "rabbia", "boosheid"),
        "disgust": ("Ekel", "dégoût", "asco", "disgusto", "walging"),
        "fear": ("Angst", "peur", "miedo", "paura", "angst"),
        "contempt": ("Verachtung", "mépris", "desprecio", "disprezzo", "minachting"),
        "insufficient": ("zu wenig bekannt", "trop peu connu", "datos insuficientes", "dati insufficienti",
                         "te weinig bekend"),
    },
    "stress": {
        "": ("Stressniveau", "Niveau de stress", "Nivel de estrés", "Livello di stress", "Stressniveau"),
        "low": ("niedrig", "faible", "bajo", "basso", "laag"),
        "medium": ("mittel", "moyen", "medio", "medio", "gemiddeld"),
        "high": ("hoch", "élevé", "alto", "alto", "hoog"),
        "unknown": ("unbekannt", "inconnu", "desconocido", "sconosciuto", "onbekend"),
    },
    "suggestion": {
        "": ("Vorschlag", "Conseil", "Sugerencia", "Suggerimento", "Suggestie"),
        "ease": ("beruhigen", "apaiser", "suavizar", "calmare", "verzachten"),
        "hold": ("so lassen", "maintenir", "mantener", "mantenere", "zo laten"),
        "intensify": ("steigern", "intensifier", "intensificar", "intensificare", "versterken"),
        "unknown": ("unbekannt", "inconnu", "desconocido", "sconosciuto", "onbekend"),
    },
}  # fmt: skip
"""By key of a release: its name (under the empty word), then its values, in the order of `_OTHERS`."""


def in_words(key: str, language: Language) -> tuple[str, dict[str, str]]:
    """Name and values of one key of a release in a language other than English."""
    column = _OTHERS.index(language)
    values = {word: row[column] for word, row in _ROWS[key].items()}
    return values.pop(""), values
