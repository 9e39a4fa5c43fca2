"""An emulator of Bilibili's log-in, upload and submission services, over TLS.

It keeps what it is sent, checks what the site checks (signatures, cookies, csrf, the upload
token, chunk order and sizes), keeps a book of violations that the site might let pass, and can be
told to fail at any step. Requests and answers are as in the public descriptions of the API.
"""

import contextlib
import hashlib
import http.server
import json
import math
import socket
import ssl
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.servers.bilibili_favourites import FavouritesPages, Folder
from tests.servers.bilibili_seasons import Season, SeasonPages
from tests.servers.certificates import Authority

TV_KEY, TV_SECRET = "4409e2ce8ffd12b8", "59b43e04ad6965f34319062b478f83dd"
ANDROID_KEY, ANDROID_SECRET = "783bbb7264451d82", "2653583c8873dea268ab9386918b1d65"
SECRETS = {TV_KEY: TV_SECRET, ANDROID_KEY: ANDROID_SECRET}

STEPS = (
    "nav", "probe", "line", "preupload", "init", "chunk", "complete", "cover", "pre_add",
    "submit", "archives", "view", "edit", "qr_code", "qr_poll", "qr_confirm", "token_info",
    "token_refresh", "folders", "folder_add", "favour", "video",
    "seasons", "section", "section_add",
)  # fmt: skip
HOSTS = (
    "passport.bilibili.com", "api.bilibili.com", "member.bilibili.com", "*.bilibili.com",
    "*.bilivideo.com", "*.esheep.com", "*.aikobo.cn", "localhost", "127.0.0.1",
)  # fmt: skip
SUFFIXES = ("bilibili.com", "bilivideo.com", "esheep.com", "aikobo.cn", "127.0.0.1")
HTML = "<!DOCTYPE html><html><title>出错啦! - bilibili.com</title></html>"


@dataclass
class Fault:
    """Something that goes wrong at a step.

    `action`: `500`, `html`, `cut` (connection closed without an answer), `slow` (answers after
    `seconds`), `hang` (until `released`), `http:<status>`, or a number: the API's error code.
    `after`: the step takes effect first and only the answer is spoilt.
    """

    step: str
    action: str
    times: int = 1
    skip: int = 0
    after: bool = False
    seconds: float = 0.0
    line: str = ""
    """Only for this upload line (`upcdn`)."""
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Member:
    """An account of the emulated site."""

    mid: int
    name: str
    csrf: str
    access_token: str
    refresh_token: str
    platform_key: str = TV_KEY
    wants_refresh: bool = False


@dataclass
class Upload:
    """One file on its way: preupload, init, chunks, complete."""

    filename: str
    auth: str
    size: int
    name: str
    biz_id: int
    upload_id: str = ""
    chunks: dict[int, bytes] = field(default_factory=dict)
    n_chunks: int = 0
    puts: int = 0
    completed: bool = False
    sha256: str = ""


@dataclass
class Archive:
    """A submission (稿件) on the site."""

    aid: int
    bvid: str
    mid: int
    fields: dict[str, Any]
    ctime: int
    state: int = -30
    invisible_for: int = 0
    """Look-ups (list requests) that do not show it yet."""

    @property
    def filenames(self) -> list[str]:
        return [video["filename"] for video in self.fields["videos"]]


class BilibiliSite:
    """The emulated site; start, point a proxy at `port`, then ask what it received."""

    def __init__(self, authority: Authority, *, chunk_size: int = 64 * 1024) -> None:
        self.chunk_size = chunk_size
        self.members: dict[str, Member] = {}
        self.uploads: dict[str, Upload] = {}
        self.archives: list[Archive] = []
        self.covers: list[bytes] = []
        self.folders: list[Folder] = []
        self.seasons: list[Season] = []
        self.videos: dict[str, int] = {}
        """av number of each video by its BV number; others are gone."""
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.violations: list[str] = []
        self.counts: Counter[str] = Counter()
        self.same_title_refused = False
        self.lag = 0
        self.qr_answers: list[int] = []
        self.qr_codes: dict[str, Member | None] = {}
        self._lock = threading.RLock()
        self._serial = 0
        site = self

        class Handler(_Handler):
            owner = site

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed in mid-request is no error of the site."""

            def get_request(self) -> tuple[ssl.SSLSocket, Any]:
                plain, address = self.socket.accept()
                # The handshake is left to the connection's own thread.
                return (
                    context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False),
                    address,
                )

        context = authority.server_context()
        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for fault in self.faults:
            fault.released.set()
        self._server.shutdown()
        self._server.server_close()

    # What tests arrange and ask -----------------------------------------------------------

    def add_member(self, name: str = "uta") -> Member:
        """An account that is logged in."""
        with self._lock:
            number = self._next()
            member = Member(
                mid=10_000 + number,
                name=name,
                csrf=hashlib.md5(f"csrf{number}".encode()).hexdigest(),
                access_token=f"access-{number}-secret",
                refresh_token=f"refresh-{number}-secret",
            )
            self.members[f"sess-{number}-secret"] = member
            return member

    def cookies_of(self, member: Member) -> dict[str, Any]:
        """The log-in record, as a QR log-in answers it."""
        sessdata = next(key for key, value in self.members.items() if value is member)
        expires = int(time.time()) + 180 * 86400
        pairs = {
            "SESSDATA": sessdata,
            "bili_jct": member.csrf,
            "DedeUserID": str(member.mid),
            "DedeUserID__ckMd5": "0123456789abcdef",
            "sid": "testsid1",
        }
        return {
            "cookie_info": {
                "cookies": [
                    {"name": k, "value": v, "http_only": 0, "expires": expires, "secure": 0}
                    for k, v in pairs.items()
                ],
                "domains": [".bilibili.com"],
            },
            "sso": ["https://passport.bilibili.com/api/v2/sso"],
            "token_info": {
                "access_token": member.access_token,
                "expires_in": 180 * 86400,
                "mid": member.mid,
                "refresh_token": member.refresh_token,
            },
            "platform": "BiliTV",
        }

    def log_out(self, member: Member) -> None:
        """Let a member's cookies and token expire."""
        with self._lock:
            self.members = {k: v for k, v in self.members.items() if v is not member}

    def fail(self, step: str, action: str, **options: Any) -> Fault:
        """Arrange a fault."""
        assert step in STEPS, step
        fault = Fault(step, action, **options)
        with self._lock:
            self.faults.append(fault)
        return fault

    def heal(self) -> None:
        """No more faults."""
        with self._lock:
            for fault in self.faults:
                fault.released.set()
            self.faults.clear()

    def add_season(self, member: Member, title: str) -> Season:
        """A season that the site has reviewed."""
        with self._lock:
            number = self._next()
            season = Season(7_000_000 + number, 8_000_000 + number, member.mid, title)
            self.seasons.append(season)
            return season

    def archive(self, bvid: str) -> Archive:
        """The archive of that id."""
        return next(archive for archive in self.archives if archive.bvid == bvid)

    def sha256_of(self, filename: str) -> str:
        """Digest of a completed file."""
        upload = self.uploads[filename]
        assert upload.completed, f"{filename} never completed"
        return upload.sha256

    # Inside --------------------------------------------------------------------------------

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def take_fault(self, step: str, line: str) -> Fault | None:
        """The fault that strikes this request, if one does."""
        with self._lock:
            for fault in self.faults:
                if fault.step != step or (fault.line and fault.line != line):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times > 0:
                    fault.times -= 1
                    return fault
            return None


class _Handler(FavouritesPages, SeasonPages, http.server.BaseHTTPRequestHandler):
    owner: BilibiliSite
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the tests read `requests`."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_GET

    def setup(self) -> None:
        assert isinstance(self.request, ssl.SSLSocket)
        self.request.settimeout(self.timeout)
        self.request.do_handshake()
        super().setup()

    def _handle(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = (self.headers.get("Host") or "").split(":")[0]
        step = self._step(host, url.path)
        site = self.owner
        with site._lock:
            site.counts[step] += 1
            site.requests.append((step, f"{self.command} {host}{self.path}"))
        fault = site.take_fault(step, self.query.get("upcdn", ""))
        if fault is None:
            self._answer(*self._act(step, url.path))
            return
        answer = self._act(step, url.path) if fault.after else None
        fault.reached.set()
        if fault.action == "hang":
            fault.released.wait(60)
            self._cut()
        elif fault.action == "cut":
            self._cut()
        elif fault.action == "slow":
            time.sleep(fault.seconds)
            self._answer(*(answer or self._act(step, url.path)))
        elif fault.action == "html":
            self._answer(200, HTML)
        elif fault.action == "500":
            self._answer(500, "<html>Internal Server Error</html>")
        elif fault.action.startswith("http:"):
            status = int(fault.action.removeprefix("http:"))
            self._answer(
                status, {"code": status, "message": "您上传视频过快，请您稍作休息后再继续"}
            )
        else:
            self._answer(200, _refusal(step, int(fault.action)))

    def _step(self, host: str, path: str) -> str:
        if host == "127.0.0.1":
            if self.command == "PUT":
                return "chunk"
            return "init" if "uploads" in self.query else "complete"
        if path == "/preupload":
            return "probe" if self.query.get("r") == "probe" else "preupload"
        if path == "/OK":
            return "line"
        known = {
            "/x/web-interface/nav": "nav",
            "/x/vu/web/cover/up": "cover",
            "/x/geetest/pre/add": "pre_add",
            "/x/vu/web/add": "submit",
            "/x/web/archives": "archives",
            "/x/client/archive/view": "view",
            "/x/vu/web/edit": "edit",
            "/x/v3/fav/folder/created/list-all": "folders",
            "/x/v3/fav/folder/add": "folder_add",
            "/x/v3/fav/resource/deal": "favour",
            "/x/web-interface/view": "video",
            "/x2/creative/web/seasons": "seasons",
            "/x2/creative/web/season/section": "section",
            "/x2/creative/web/season/section/episodes/add": "section_add",
            "/x/passport-tv-login/qrcode/auth_code": "qr_code",
            "/x/passport-tv-login/qrcode/poll": "qr_poll",
            "/x/passport-tv-login/h5/qrcode/confirm": "qr_confirm",
            "/x/passport-login/oauth2/info": "token_info",
            "/x/passport-login/oauth2/refresh_token": "token_refresh",
        }
        return known.get(path, f"unknown {host}{path}")

    def _act(self, step: str, path: str) -> tuple[int, Any]:
        with self.owner._lock:
            method = getattr(self, f"_{step}", None)
            if method is None:
                self.owner.violations.append(f"unknown request: {step}")
                return 404, {"code": -404, "message": "啥都木有"}
            result: tuple[int, Any] = method(path)
            return result

    def _answer(self, status: int, answer: Any) -> None:
        if isinstance(answer, str):
            payload, kind = answer.encode(), "text/html; charset=utf-8"
        else:
            payload, kind = json.dumps(answer, ensure_ascii=False).encode(), "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)

    # Log-in --------------------------------------------------------------------------------

    def _form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    def _signed(self, form: dict[str, str]) -> bool:
        secret = SECRETS.get(form.get("appkey", ""))
        plain = {key: value for key, value in form.items() if key != "sign"}
        text = urllib.parse.urlencode(sorted(plain.items()))
        right = secret and hashlib.md5(f"{text}{secret}".encode()).hexdigest() == form.get("sign")
        if not right:
            self.owner.violations.append(f"bad signature at {self.path.split('?')[0]}")
        return bool(right)

    def _qr_code(self, path: str) -> tuple[int, Any]:
        if not self._signed(self._form()):
            return 200, {"code": -3, "message": "API校验密匙错误", "ttl": 1}
        code = f"auth{self.owner._next():028d}"
        self.owner.qr_codes[code] = None
        url = f"https://passport.bilibili.com/x/passport-tv-login/h5/qrcode/auth?auth_code={code}"
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": {"url": url, "auth_code": code}}

    def _qr_poll(self, path: str) -> tuple[int, Any]:
        form = self._form()
        if not self._signed(form):
            return 200, {"code": -3, "message": "API校验密匙错误", "ttl": 1}
        code = form.get("auth_code", "")
        if code not in self.owner.qr_codes:
            return 200, {"code": -400, "message": "请求错误", "ttl": 1}
        if self.owner.qr_answers and (answer := self.owner.qr_answers.pop(0)):
            return 200, {"code": answer, "message": "未确认", "ttl": 1, "data": None}
        member = self.owner.qr_codes[code]
        if member is None:
            member = self.owner.qr_codes[code] = self.owner.add_member("by-qr")
        record = {k: v for k, v in self.owner.cookies_of(member).items() if k != "platform"}
        data = {"is_new": False, **record, **record["token_info"]}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _qr_confirm(self, path: str) -> tuple[int, Any]:
        form = self._form()
        member = self._member()
        if member is None or form.get("csrf") != member.csrf:
            return 200, {"code": -101, "message": "账号未登录"}
        self.owner.qr_codes[form["auth_code"]] = member
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": {"gourl": ""}}

    def _token_member(self, form: dict[str, str]) -> Member | None:
        key = form.get("access_key", "")
        for member in self.owner.members.values():
            if member.access_token == key and form.get("appkey") == member.platform_key:
                return member
        return None

    def _token_info(self, path: str) -> tuple[int, Any]:
        if not self._signed(self.query):
            return 200, {"code": -3, "message": "API校验密匙错误", "ttl": 1}
        member = self._token_member(self.query)
        if member is None:
            return 200, {"code": -101, "message": "账号未登录", "ttl": 1}
        data = {
            "mid": member.mid,
            "access_token": member.access_token,
            "expires_in": 3600,
            "refresh": member.wants_refresh,
        }
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _token_refresh(self, path: str) -> tuple[int, Any]:
        form = self._form()
        if not self._signed(form):
            return 200, {"code": -3, "message": "API校验密匙错误", "ttl": 1}
        member = self._token_member(form)
        if member is None or form.get("refresh_token") != member.refresh_token:
            return 200, {"code": -101, "message": "账号未登录", "ttl": 1}
        number = self.owner._next()
        self.owner.log_out(member)
        member.access_token = f"access-{number}-secret"
        member.refresh_token = f"refresh-{number}-secret"
        member.csrf = hashlib.md5(f"csrf{number}".encode()).hexdigest()
        member.wants_refresh = False
        self.owner.members[f"sess-{number}-secret"] = member
        record = {k: v for k, v in self.owner.cookies_of(member).items() if k != "platform"}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": record}

    # Who am I ------------------------------------------------------------------------------

    def _member(self) -> Member | None:
        pairs = (item.strip().partition("=") for item in self.headers.get("Cookie", "").split(";"))
        cookies = {name: value for name, _, value in pairs}
        return self.owner.members.get(cookies.get("SESSDATA", ""))

    def _nav(self, path: str) -> tuple[int, Any]:
        member = self._member()
        if member is None:
            return 200, {"code": -101, "message": "账号未登录", "data": {"isLogin": False}}
        return 200, {
            "code": 0,
            "message": "0",
            "data": {"isLogin": True, "mid": member.mid, "uname": member.name},
        }

    # Upload --------------------------------------------------------------------------------

    def _probe(self, path: str) -> tuple[int, Any]:
        lines = [
            {
                "os": "upos",
                "query": f"upcdn={name}&probe_version=20221109",
                "probe_url": f"//upos-cs-upcdn{name}.bilivideo.com/OK",
            }
            for name in ("bda2", "tx")
        ]
        return 200, {"OK": 1, "lines": lines, "probe": {"post": 102400, "get": False}}

    def _line(self, path: str) -> tuple[int, Any]:
        return 200, {}

    def _preupload(self, path: str) -> tuple[int, Any]:
        member = self._member()
        if member is None:
            return 200, {"OK": 0, "code": -101, "message": "账号未登录"}
        if "/" in self.query.get("name", "/") or "\\" in self.query["name"]:
            self.owner.violations.append(f"a path was sent as a name: {self.query['name']}")
        number = self.owner._next()
        upload = Upload(
            filename=f"n{number:06d}a{number:010d}",
            auth=f"ak=1494471752&cdn=%2F%2Fupos&uid={member.mid}&sign={number}secret",
            size=int(self.query["size"]),
            name=self.query["name"],
            biz_id=900_000 + number,
        )
        self.owner.uploads[upload.filename] = upload
        return 200, {
            "OK": 1,
            "auth": upload.auth,
            "biz_id": upload.biz_id,
            "chunk_retry": 10,
            "chunk_retry_delay": 3,
            "chunk_size": self.owner.chunk_size,
            "endpoint": f"//127.0.0.1:{self.owner.port}",
            "endpoints": [f"//127.0.0.1:{self.owner.port}"],
            "expose_params": None,
            "put_query": "os=upos&profile=ugcupos%2Fbup",
            "threads": 3,
            "timeout": 1200,
            "uip": "127.0.0.1",
            "upos_uri": f"upos://ugcboss/{upload.filename}.mp4",
        }

    def _upload(self, path: str) -> Upload | None:
        upload = self.owner.uploads.get(path.rsplit("/", 1)[-1].removesuffix(".mp4"))
        if upload is None or self.headers.get("X-Upos-Auth") != upload.auth:
            self.owner.violations.append(f"wrong upload token for {path}")
            return None
        return upload

    def _init(self, path: str) -> tuple[int, Any]:
        upload = self._upload(path)
        if upload is None:
            return 403, {"OK": 0, "message": "forbidden"}
        upload.upload_id = f"up{self.owner._next()}"
        upload.chunks.clear()
        return 200, {
            "OK": 1,
            "bucket": "ugcboss",
            "key": f"/{upload.filename}.mp4",
            "upload_id": upload.upload_id,
        }

    def _chunk(self, path: str) -> tuple[int, Any]:
        upload = self._upload(path)
        if upload is None or self.query.get("uploadId") != upload.upload_id:
            return 403, "Forbidden"
        number, index = int(self.query["partNumber"]), int(self.query["chunk"])
        start, end = int(self.query["start"]), int(self.query["end"])
        size, step = int(self.query["size"]), self.owner.chunk_size
        expected = min(step, upload.size - index * step)
        if (
            number != index + 1
            or start != index * step
            or end != start + size
            or size != len(self.body)
            or size != expected
            or int(self.query["total"]) != upload.size
            or int(self.query["chunks"]) != math.ceil(upload.size / step)
        ):
            self.owner.violations.append(f"chunk {index} of {upload.filename} does not fit")
            return 400, "Bad Request"
        upload.puts += 1
        upload.n_chunks = int(self.query["chunks"])
        upload.chunks[number] = self.body
        return 200, "MULTIPART_PUT_SUCCESS"

    def _complete(self, path: str) -> tuple[int, Any]:
        upload = self._upload(path)
        if upload is None or self.query.get("uploadId") != upload.upload_id:
            return 403, {"OK": 0, "message": "forbidden"}
        if int(self.query["biz_id"]) != upload.biz_id:
            self.owner.violations.append("wrong biz_id")
            return 400, {"OK": 0, "message": "biz_id"}
        if "/" in self.query.get("name", "/"):
            self.owner.violations.append(f"a path was sent as a name: {self.query['name']}")
        listed = {part["partNumber"] for part in json.loads(self.body)["parts"]}
        if listed != set(upload.chunks) or len(listed) != upload.n_chunks:
            return 200, {"OK": 0, "code": 0, "message": "missing parts"}
        content = b"".join(upload.chunks[number] for number in sorted(upload.chunks))
        if len(content) != upload.size:
            return 200, {"OK": 0, "message": "size"}
        upload.completed = True
        upload.sha256 = hashlib.sha256(content).hexdigest()
        return 200, {"OK": 1, "bucket": "ugcboss", "key": f"/{upload.filename}.mp4"}

    # Submission ----------------------------------------------------------------------------

    def _csrf_member(self, given: str | None) -> tuple[Member | None, tuple[int, Any]]:
        member = self._member()
        if member is None:
            return None, (200, {"code": -101, "message": "账号未登录", "ttl": 1})
        if given != member.csrf:
            self.owner.violations.append(f"wrong csrf at {self.path.split('?')[0]}")
            return None, (200, {"code": -111, "message": "csrf 校验失败", "ttl": 1})
        return member, (200, {})

    def _pre_add(self, path: str) -> tuple[int, Any]:
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": {}}

    def _cover(self, path: str) -> tuple[int, Any]:
        form = self._form()
        member, refusal = self._csrf_member(form.get("csrf"))
        if member is None:
            return refusal
        if not form.get("cover", "").startswith("data:image/jpeg;base64,"):
            self.owner.violations.append("a cover that is no data URI")
            return 200, {"code": -400, "message": "请求错误"}
        self.owner.covers.append(form["cover"].encode())
        url = f"http://archive.biliimg.com/bfs/archive/{len(self.owner.covers)}.jpg"
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": {"url": url}}

    def _check_fields(self, fields: dict[str, Any], member: Member) -> int:
        videos = fields["videos"]
        if not fields["title"] or len(fields["title"]) > 80:
            return 21103
        if any(len(video["title"]) > 80 for video in videos):
            return 21104
        if len(videos) > 100:
            return 21058
        if len(fields["desc"]) > 2000:
            return 21160
        tags = fields["tag"].split(",")
        if not 1 <= len(tags) <= 10 or any(not 1 <= len(tag) <= 20 for tag in tags):
            return 21070_0
        if fields["copyright"] == 2 and not fields["source"]:
            return 21017
        for video in videos:
            upload = self.owner.uploads.get(video["filename"])
            if upload is None or not upload.completed:
                self.owner.violations.append(f"submitted an incomplete file {video['filename']}")
                return 21003
        return 0

    def _submit(self, path: str) -> tuple[int, Any]:
        member, refusal = self._csrf_member(self.query.get("csrf"))
        if member is None:
            return refusal
        fields = json.loads(self.body)
        if code := self._check_fields(fields, member):
            return 200, {"code": code, "message": "refused", "ttl": 1}
        if self.owner.same_title_refused and any(
            archive.fields["title"] == fields["title"] for archive in self.owner.archives
        ):
            return 200, {"code": 21012, "message": "请勿重复投稿", "ttl": 1}
        taken = {name for archive in self.owner.archives for name in archive.filenames}
        if taken & {video["filename"] for video in fields["videos"]}:
            self.owner.violations.append(f"the same files submitted twice: {fields['title']}")
        number = self.owner._next()
        archive = Archive(
            aid=110_000_000 + number,
            bvid=f"BV1{number:09d}",
            mid=member.mid,
            fields=fields,
            ctime=int(time.time()),
            invisible_for=self.owner.lag,
        )
        self.owner.archives.append(archive)
        data = {"aid": archive.aid, "bvid": archive.bvid}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _archives(self, path: str) -> tuple[int, Any]:
        member = self._member()
        if member is None:
            return 200, {"code": -101, "message": "账号未登录", "ttl": 1}
        page, size = int(self.query.get("pn", 1)), int(self.query.get("ps", 10))
        own = []
        for archive in reversed(self.owner.archives):
            if archive.mid != member.mid:
                continue
            if archive.invisible_for > 0:
                archive.invisible_for -= 1
                continue
            own.append(archive)
        rows = own[(page - 1) * size : page * size]
        data = {
            "arc_audits": [{"Archive": self._archive_row(archive)} for archive in rows] or None,
            "page": {"pn": page, "ps": size, "count": len(own)},
        }
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _archive_row(self, archive: Archive) -> dict[str, Any]:
        names = (
            "title", "cover", "desc", "tag", "tid", "copyright", "source", "dynamic",
            "desc_format_id",
        )  # fmt: skip
        return {
            "aid": archive.aid,
            "bvid": archive.bvid,
            "state": archive.state,
            "state_desc": {0: "开放浏览", -30: "审核中", -40: "定时发布"}.get(archive.state, ""),
            "ctime": archive.ctime,
            "ptime": archive.ctime,
            "dtime": archive.fields.get("dtime") or 0,
            "reject_reason": "",
            **{name: archive.fields.get(name, "") for name in names},
        }

    def _view(self, path: str) -> tuple[int, Any]:
        member = self._member()
        if member is None:
            return 200, {"code": -101, "message": "账号未登录", "ttl": 1}
        for archive in self.owner.archives:
            if archive.bvid == self.query.get("bvid") and archive.mid == member.mid:
                videos = [
                    {
                        "aid": archive.aid,
                        "cid": 500_000 + archive.aid * 100 + index,
                        "index": index + 1,
                        "duration": 200,
                        "xcode_state": 6,
                        "status": 0,
                        "desc": "",
                        **{key: video[key] for key in ("filename", "title")},
                    }
                    for index, video in enumerate(archive.fields["videos"])
                ]
                data = {"archive": self._archive_row(archive), "videos": videos}
                return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}
        return 200, {"code": -404, "message": "啥都木有", "ttl": 1}

    def _edit(self, path: str) -> tuple[int, Any]:
        member, refusal = self._csrf_member(self.query.get("csrf"))
        if member is None:
            return refusal
        fields = json.loads(self.body)
        found = [a for a in self.owner.archives if a.aid == fields.get("aid")]
        if not found or found[0].mid != member.mid:
            return 200, {"code": -404, "message": "啥都木有", "ttl": 1}
        archive = found[0]
        if archive.state == -30:
            self.owner.violations.append("an edit while in review")
            return 200, {"code": 21015, "message": "审核中的稿件不允许编辑", "ttl": 1}
        if code := self._check_fields(fields, member):
            return 200, {"code": code, "message": "refused", "ttl": 1}
        names = [video["filename"] for video in fields["videos"]]
        if names[: len(archive.filenames)] != archive.filenames:
            self.owner.violations.append("an edit lost or moved existing parts")
        if len(set(names)) != len(names):
            self.owner.violations.append("an edit added the same part twice")
        archive.fields = {**archive.fields, **fields}
        archive.state = -30
        data = {"aid": archive.aid, "bvid": archive.bvid}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}


def _refusal(step: str, code: int) -> dict[str, Any]:
    """Return how the site words a refusal at a step."""
    messages = {
        -101: "账号未登录",
        -111: "csrf 校验失败",
        406: "您上传视频过快，请您稍作休息后再继续",
        601: "您上传视频过快，请您稍作休息后再继续",
        21012: "请勿重复投稿",
        21070: "您投稿的频率过快，请稍等30秒",
        21566: "投稿过于频繁，请完成验证",
        137022: "投稿过于频繁，请稍后再试",
    }
    answer: dict[str, Any] = {"code": code, "message": messages.get(code, "refused"), "ttl": 1}
    if step in {"preupload", "init", "complete"}:
        answer.update(OK=0, info=answer["message"])
    if code in {601, 21566}:
        answer["detail"] = {"v_voucher": "voucher_00000000-test"}
        if code == 21566:
            answer["data"] = {"v_voucher": "voucher_00000000-test"}
    return answer
