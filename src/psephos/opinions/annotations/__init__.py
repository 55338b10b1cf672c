"""How do annotations of other tools become opinions: exports of Label Studio and of Argilla?

`psephos.read` recognises them by their shape. People and models are the voters; what is said about items goes into the
table about items. Each control or question of the tool is a column: the only one is called ``label``, or ``score``
where all its values are numbers; of several ``columns={"label": NAME}`` says which one counts.
"""

from __future__ import annotations

from psephos.opinions.annotations.shapes import annotation_shape, read_annotations

__all__ = ["annotation_shape", "read_annotations"]
