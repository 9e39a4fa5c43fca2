"""What `utawaku doctor` says about yt-dlp and its helpers."""

import datetime as dt

from utawaku.services.downloader_health import downloader_health


def test_doctor_tells_how_old_yt_dlp_is() -> None:
    import yt_dlp.version

    released = dt.datetime.strptime(yt_dlp.version.__version__[:10], "%Y.%m.%d").date()
    for days, level in ((3, "ok"), (60, "warning"), (365, "error")):
        finding = downloader_health(released + dt.timedelta(days=days))[0]
        assert (finding.name, finding.level) == ("yt-dlp", level)
        assert f"{days} days old" in finding.message
        assert bool(finding.next_step) is (level != "ok")
