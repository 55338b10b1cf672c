"""How many words of a transcript are wrong?

    WER = (S + D + I) / N,      N the words of the reference,

with S, D, I the substitutions, deletions and insertions of a cheapest alignment of unit costs, counted from it. Over
several texts edits and words are added up before dividing. Against an empty reference every word is an insertion, and
the rate is 0 for an empty transcript and the number of its words otherwise (as jiwer 4 has it).

Source: the Levenshtein distance by rapidfuzz, sheet 01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psephos.errors import check_same_length
from psephos.opinions.equivalence import words
from psephos.opinions.wording import plural


@dataclass(frozen=True)
class WordErrors:
    """Errors of one or several transcripts; add them up with ``+``.

    Attributes
    ----------
    substitutions, deletions, insertions, hits : int
        Counted from the alignment.
    """

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    hits: int = 0

    @property
    def edits(self) -> int:
        """Substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def words(self) -> int:
        """Words of the reference."""
        return self.substitutions + self.deletions + self.hits

    @property
    def rate(self) -> float:
        """The word error rate."""
        return self.edits / self.words if self.words else float(self.edits)

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.hits + other.hits,
        )

    def __str__(self) -> str:
        return (
            f"WER {self.rate:.4f} ({plural(self.substitutions, 'substitution')}, {plural(self.deletions, 'deletion')}, "
            f"{plural(self.insertions, 'insertion')} on {plural(self.words, 'word')})"
        )


def word_errors(reference: str | Sequence[str], transcript: str | Sequence[str]) -> WordErrors:
    """Count the errors of a transcript.

    Parameters
    ----------
    reference, transcript : str or sequence of str
        A text is cut by `psephos.opinions.equivalence.words` (case and punctuation do not count); a sequence is taken
        as the words that it is.

    Examples
    --------
    >>> print(word_errors("No chest pain today.", "now chest pain"))
    WER 0.5000 (1 substitution, 1 deletion, 0 insertions on 4 words)
    """
    true = words(reference) if isinstance(reference, str) else list(reference)
    said = words(transcript) if isinstance(transcript, str) else list(transcript)
    counts = dict.fromkeys(("replace", "delete", "insert"), 0)
    for tag, _, _ in alignment_edits(true, said):
        counts[tag] += 1
    wrong = counts["replace"], counts["delete"], counts["insert"]
    return WordErrors(*wrong, hits=len(true) - counts["replace"] - counts["delete"])


def word_error_rate(references: Sequence[str], transcripts: Sequence[str]) -> float:
    """Word error rate over several texts, edits and words added up first.

    Parameters
    ----------
    references, transcripts : sequence of str, shape (n_texts,)
        True texts, and what was written of each.

    Raises
    ------
    InputError
        If there are not as many transcripts as references.

    Examples
    --------
    >>> word_error_rate(["a b", "c"], ["a", "c d"])
    0.6666666666666666
    """
    check_same_length(references=references, transcripts=transcripts)
    pairs = zip(references, transcripts, strict=True)
    return sum((word_errors(reference, said) for reference, said in pairs), WordErrors()).rate


def alignment_edits(true: Sequence[object], said: Sequence[object]) -> list[tuple[str, int, int]]:
    """The edits that turn one list of words into another: what, where in the first, where in the second.

    Examples
    --------
    >>> alignment_edits(["a", "b"], ["a", "c", "d"])
    [('insert', 1, 1), ('replace', 1, 2)]
    """
    from rapidfuzz.distance import Levenshtein

    code: dict[object, int] = {}
    first, second = ([code.setdefault(word, len(code)) for word in part] for part in (true, said))
    return [(edit.tag, edit.src_pos, edit.dest_pos) for edit in Levenshtein.editops(first, second)]
