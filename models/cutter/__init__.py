"""Cutting songs out of recordings, to the sample, without a second loss where none is needed."""

from models.cutter.audio import CutPlan, cut_audio, plan_cut
from models.cutter.result import AudioCodec, CutResult

__all__ = ["AudioCodec", "CutPlan", "CutResult", "cut_audio", "plan_cut"]
