"""Cutting songs out of recordings, to the sample, without a second loss where none is needed."""

from models.cutter.audio import CutPlan, cut_audio, plan_cut
from models.cutter.result import AudioCodec, CutResult
from models.cutter.video import cut_video

__all__ = ["AudioCodec", "CutPlan", "CutResult", "cut_audio", "cut_video", "plan_cut"]
