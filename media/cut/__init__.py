"""Cutting songs out of recordings, to the sample, without a second loss where none is needed."""

from utawaku.media.cut.audio import CutPlan, cut_audio, plan_cut
from utawaku.media.cut.result import AudioCodec, CutResult
from utawaku.media.cut.video import cut_video

__all__ = ["AudioCodec", "CutPlan", "CutResult", "cut_audio", "cut_video", "plan_cut"]
