"""One answer made of several drafts by a language model, with what each of its sentences stands on."""

from psephos.judges.fusion.contradictions import contradictions
from psephos.judges.fusion.drafts import Draft
from psephos.judges.fusion.fusing import fuse
from psephos.judges.fusion.fusion_result import Fusion
from psephos.judges.fusion.support import sentence_support

__all__ = ["Draft", "Fusion", "contradictions", "fuse", "sentence_support"]
