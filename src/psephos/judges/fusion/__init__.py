"""One answer made of several drafts by a language model, with what each of its sentences stands on."""

from psephos.judges.fusion.contradictions import contradictions
from psephos.judges.fusion.dataset import fuse_dataset
from psephos.judges.fusion.drafting import collect_drafts
from psephos.judges.fusion.drafts import Draft
from psephos.judges.fusion.fused_dataset import FusedDataset
from psephos.judges.fusion.fusing import fuse
from psephos.judges.fusion.fusion_result import Fusion
from psephos.judges.fusion.preview import FusionPreview, fuse_preview
from psephos.judges.fusion.support import sentence_support
from psephos.judges.fusion.win_rate import WinRate, judge_pairs, win_rate

__all__ = [
    "Draft",
    "FusedDataset",
    "Fusion",
    "FusionPreview",
    "WinRate",
    "collect_drafts",
    "contradictions",
    "fuse",
    "fuse_dataset",
    "fuse_preview",
    "judge_pairs",
    "sentence_support",
    "win_rate",
]
