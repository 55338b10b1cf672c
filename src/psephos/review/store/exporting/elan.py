"""How is a transcript written for ELAN: an EAF file with one time-aligned annotation per word?

EAF 3.0: time slots in milliseconds, one tier ``words`` of a linguistic type that is aligned to time. Characters that
XML 1.0 cannot hold become the replacement character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from psephos.opinions.transcript_words import Word, timed

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def format_elan(words: Sequence[Word], item: str) -> str:
    """The words of one clip as EAF.

    Examples
    --------
    >>> "<ANNOTATION_VALUE>a &lt; b</ANNOTATION_VALUE>" in format_elan([Word("a < b", 0.5, 1)], "clip")
    True
    """
    spoken = timed([word for word in words if word.text], item)
    slots, notes = [], []
    for number, word in enumerate(spoken):
        start = round((word.start or 0.0) * 1000)
        end = max(start + 1, round((word.end or 0.0) * 1000))
        low, high = 2 * number + 1, 2 * number + 2
        slots += [
            f'    <TIME_SLOT TIME_SLOT_ID="ts{low}" TIME_VALUE="{start}"/>',
            f'    <TIME_SLOT TIME_SLOT_ID="ts{high}" TIME_VALUE="{end}"/>',
        ]
        notes += [
            "    <ANNOTATION>",
            f'      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number + 1}"',
            f'          TIME_SLOT_REF1="ts{low}" TIME_SLOT_REF2="ts{high}">',
            f"        <ANNOTATION_VALUE>{escape(_NOT_XML.sub(chr(0xFFFD), word.text))}</ANNOTATION_VALUE>",
            "      </ALIGNABLE_ANNOTATION>",
            "    </ANNOTATION>",
        ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ANNOTATION_DOCUMENT AUTHOR="psephos" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">',
        '  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">',
        f'    <PROPERTY NAME="clip">{escape(_NOT_XML.sub(chr(0xFFFD), item))}</PROPERTY>',
        "  </HEADER>",
        "  <TIME_ORDER>",
        *slots,
        "  </TIME_ORDER>",
        '  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="words">',
        *notes,
        "  </TIER>",
        '  <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>',
        "</ANNOTATION_DOCUMENT>",
    ]
    return "\n".join(lines) + "\n"
