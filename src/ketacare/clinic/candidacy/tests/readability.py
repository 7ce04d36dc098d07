"""How hard a text is to read: Flesch-Kincaid grade for English, Fernández-Huerta ease for Spanish."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ']+")
_SENTENCE = re.compile(r"[.!?:]+(?:\s|$)")


def english_grade(text: str) -> float:
    """Flesch-Kincaid (Kincaid 1975): US school grade; 6 is a child of 11 or 12."""
    words, sentences = _WORD.findall(text), len(_SENTENCE.findall(text)) or 1
    syllables = sum(english_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def english_syllables(word: str) -> int:
    word = word.lower().strip("'")
    groups = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    if re.search(r"[^td]ed$", word) and groups > 1:
        groups -= 1
    return max(groups, 1)


def spanish_ease(text: str) -> float:
    """Fernández-Huerta (1959, as corrected): 70 to 80 is fairly easy, the sixth year of school."""
    words, sentences = _WORD.findall(text), len(_SENTENCE.findall(text)) or 1
    syllables = sum(spanish_syllables(word) for word in words)
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentences


def spanish_syllables(word: str) -> int:
    word = re.sub(r"(?<=[qg])u(?=[eiéí])", "", word.lower())
    word = re.sub(r"[iuü](?=[aeoáéó])|(?<=[aeoáéó])[iuü]", "", word)
    return max(len(re.findall(r"[aeiouáéíóúü]", word)), 1)
