"""Names of fields and values, in several languages, as what they mean: `Erstelldatum` and `createdAt` mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Final

from etl.mapping.paths import Path

_CONCEPTS: Final = {
    "number": "number numero nummer nr no num id key code kennung codigo clave numéro chave schluessel sysid",
    "order": "order workorder wo auftrag ordem orden ordre work task ticket request incident chamado maintenance maint",
    "title": "title summary subject name short kurztext titel betreff bezeichnung titulo assunto titre headline desc",
    "description": "description descricao descripcion beschreibung langtext details detail note notes notiz remark "
    "text",
    "status": "status state zustand estado situacao statut stage phase stato fase etat",
    "created": "created create creation opened open erstellt erstell angelegt criado criacao creado creacion "
    "cree reported raised entry eroeffnet abertura emissao emission registered",
    "updated": "updated update changed change modified geaendert aenderung alterado atualizado modificado write last",
    "deleted": "deleted deletion removed geloescht loesch excluido eliminado archived archive supprime",
    "completed": "completed complete done closed finished resolved erledigt abgeschlossen fertig beendet concluido "
    "fechado encerrado terminado cerrado termine clos teco cnf closure dateCompleted",
    "due": "due deadline faellig termin vencimento prazo vence echeance limit target",
    "date": "date datum data fecha at on am time zeit uhrzeit hora when tag day",
    "priority": "priority prioritaet prio prioridade prioridad priorite urgency dringlichkeit",
    "asset": "asset equipment anlage maschine equipamento ativo activo machine geraet equipement",
    "location": "location ort standort local localizacao ubicacion site place lieu",
    "assigned": "assigned assignee technician bearbeiter techniker responsavel tecnico zustaendig owner",
    "type": "type art typ tipo kind category kategorie categoria",
    "cost": "cost costs kosten custo costo price preis preco cout",
    "duration": "duration dauer duracao hours stunden horas minutes",
    "start": "start begin beginn inicio debut scheduled geplant planned",
    "pending": "pending offen new neu aberto novo nuevo abierto waiting draft submitted crtd created queued",
    "progress": "progress wip working active started rel released bearbeitung arbeit andamento execucao progreso "
    "laeuft aktiv",
    "hold": "hold onhold paused wartet angehalten pausiert espera pausado suspended suspenso blocked gesperrt",
    "urgent": "urgent dringend eilig emergency critical kritisch critico urgente sofort highest",
    "high": "high hoch alta alto elevee",
    "medium": "medium mittel media medio moderate normal moyenne",
    "low": "low niedrig gering baixa baixo baja bajo basse minor planning",
    "cancelled": "cancelled canceled cancel storniert abgebrochen cancelado annule rejected abgelehnt abandoned noco",
}
"""What a word may mean. `open` and `created` mean a date's occasion as well as a status: both are kept."""

_ALSO: Final = {"pending": {"open", "created", "opened"}, "progress": {"work", "in"}, "completed": {"resolved"}}
_NOISE: Final = frozenset({"order"})
"""What every field of a work order may have in its name."""

_WHEN: Final = frozenset({"date"})
"""What two dates have in common, whatever they are the dates of."""

_GENERIC: Final = frozenset({"value", "displayvalue", "id", "name", "code", "label", "key", "text"})
_IGNORED: Final = frozenset({"value", "display", "is", "has", "the", "der", "die", "das", "de", "da", "do", "des"})
_LONG: Final = 4
_ALIKE: Final = 0.85
_WEAKER: Final = 0.9


@cache
def _meanings() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, text in _CONCEPTS.items():
        for word in (*text.split(), *_ALSO.get(concept, ())):
            found.setdefault(plain(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


def plain(text: str) -> str:
    """Return a text in small letters without accents; umlauts are two letters."""
    text = text.casefold().translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue", 0xDF: "ss"})
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii() and c.isalnum())


def words(name: str) -> list[str]:
    """Return the words of a name: `orderNo`, `order_no` and `Order No.` have two."""
    split = re.sub(r"(?<=[a-zäöüß0-9])(?=[A-ZÄÖÜ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word for part in re.split(r"[^\w]+|_", split) if (word := plain(part)) and word not in _IGNORED]


def slug(text: str, otherwise: str) -> str:
    """Return a name of small letters, digits and underscores."""
    return "_".join(filter(None, map(plain, re.split(r"[^\w]+|_", text)))) or otherwise


def concepts(name: str) -> frozenset[str]:
    """Return what the words of a name mean; a word that is part of a compound counts too."""
    found: set[str] = set()
    known = _meanings()
    for word in words(name):
        if word in known:
            found |= known[word]
            continue
        for part, meant in known.items():
            if len(part) >= _LONG and part in word:
                found |= meant
    return frozenset(found)


def likeness(one: Path, other: Path) -> float:
    """Return how alike two paths are by name and meaning, from 0 to 1."""
    here, there = _name(one), _name(other)
    if plain(here) == plain(there):
        return 1.0
    meant, wanted = concepts(here), concepts(there)
    if meant & wanted:
        meant, wanted = (meant - _NOISE or meant), (wanted - _NOISE or wanted)
        common = meant & wanted
        return 0.0 if common == _WHEN != meant | wanted else 2 * len(common) / (len(meant) + len(wanted))
    ratio = SequenceMatcher(None, plain(here), plain(there)).ratio()
    return ratio * _WEAKER if ratio >= _ALIKE else 0.0


def closest(text: str, among: Iterable[str]) -> str | None:
    """Return the one that a value means by its words, None where none or several do."""
    others = list(among)
    same = [other for other in others if plain(other) == plain(text)]
    if same:
        return same[0]
    meant = _states(text)
    found = [other for other in others if meant & _states(other)]
    return found[0] if len(found) == 1 else None


_VALUES: Final = frozenset(
    {"pending", "progress", "completed", "hold", "cancelled", "deleted", "urgent", "high", "medium", "low"}
)


def _states(text: str) -> frozenset[str]:
    """Return which states or levels a value may mean; where it means the start and more, the more counts."""
    found = concepts(text) & _VALUES
    return found - {"pending"} if len(found) > 1 else found


def _name(path: Path) -> str:
    """Return the names of a path that say what it is: the last one, with the one before where that says little."""
    names = [str(step) for step in path if isinstance(step, str)]
    while len(names) > 1 and plain(names[-1]) in {"value", "displayvalue"}:
        names.pop()
    return " ".join(names[-2:] if len(names) > 1 and plain(names[-1]) in _GENERIC else names[-1:])
