"""A real RTSP server for tests: GStreamer's, which shares no code with ffmpeg nor with segstream.

Reads one JSON object from the first line of standard input (see RtspServerSettings in
rtsp_server.ts), and writes one JSON object a line: {"event": "ready", "port": …}, "connected" for
every TCP connection, "published" with the count of access units that arrived on the mount for
publishing, and "synced" for each further line. It ends when standard input is closed, so that it never outlives the test.

With --check it only says on standard error what is missing here, and exits 1 then.
"""
import json
import os
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

# Of gstreamer1.0-plugins-base, -good, -ugly and -bad.
ELEMENTS = ("appsrc", "videotestsrc", "qtdemux", "rtph264pay", "rtph264depay", "x264enc", "h264parse")
ROLE = "viewer"


def check():
    missing = [name for name in ELEMENTS if Gst.ElementFactory.find(name) is None]
    if missing:
        sys.exit("GStreamer has no " + ", ".join(missing))


# Streaming threads speak as well as the main one, and a line is one write and a flush.
speaking = threading.Lock()


def say(event, **fields):
    with speaking:
        print(json.dumps({"event": event, **fields}), flush=True)


# max-bytes: a picture is only asked for when the one before is gone.
PATTERN = "videotestsrc is-live=true pattern=ball"
PICTURES = "appsrc name=source is-live=true do-timestamp=true format=time max-bytes=1"


def encoding_launch(pictures, width, height, fps):
    return (
        f"{pictures} ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
        f" ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={fps}"
        " ! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1"
    )


FILE_LAUNCH = (
    "appsrc name=source is-live=true format=time block=false max-bytes=0"
    " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
)


def read_samples(path):
    """The file's access units as (bytes, pts, dts, duration), and their caps."""
    pipeline = Gst.parse_launch(
        "filesrc name=file ! qtdemux ! h264parse config-interval=-1"
        " ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=sink sync=false"
    )
    pipeline.get_by_name("file").set_property("location", path)
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    samples, caps = [], None
    while (sample := sink.emit("pull-sample")) is not None:
        buffer, caps = sample.get_buffer(), sample.get_caps()
        data = buffer.extract_dup(0, buffer.get_size())
        samples.append((data, buffer.pts, buffer.dts, buffer.duration))
    pipeline.set_state(Gst.State.NULL)
    if not samples:
        sys.exit(f"no H.264 in {path}")
    return samples, caps


class Loop:
    """Feeds an appsrc the samples over and over, the clock running on."""

    def __init__(self, appsrc, samples, caps):
        self.samples, self.index, self.offset = samples, 0, 0
        self.start = min(pts for _, pts, _, _ in samples)
        self.length = max(pts + duration for _, pts, _, duration in samples) - self.start
        appsrc.set_property("caps", caps)
        appsrc.connect("need-data", self.push)

    def push(self, appsrc, _size):
        data, pts, dts, duration = self.samples[self.index]
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = pts - self.start + self.offset
        buffer.dts = max(0, dts - self.start + self.offset) if dts != Gst.CLOCK_TIME_NONE else buffer.pts
        buffer.duration = duration
        self.index += 1
        if self.index == len(self.samples):
            self.index, self.offset = 0, self.offset + self.length
        appsrc.emit("push-buffer", buffer)


class Clock:
    """Feeds an appsrc the pictures over and over, each with the time at which it is sent."""

    def __init__(self, appsrc, pictures, width, fps):
        self.pictures, self.width, self.period = pictures, width, 1 / fps
        self.index, self.due = 0, time.monotonic()
        appsrc.connect("need-data", self.push)

    def push(self, appsrc, _size):
        now = time.monotonic()
        self.due = max(self.due + self.period, now)
        time.sleep(self.due - now)
        bars = bar_clock(self.width)
        picture = self.pictures[self.index % len(self.pictures)]
        self.index += 1
        appsrc.emit("push-buffer", Gst.Buffer.new_wrapped(bars + picture[len(bars):]))


def bar_clock(width):
    """The upper rows of a picture's luma: what bar_clock.ts reads."""
    side, milliseconds = width // 16, time.time_ns() // 1_000_000
    square = {"1": b"\xeb" * side, "0": b"\x10" * side}
    rows = (f"{bits & 0xFFFF:016b}" for bits in (milliseconds, ~milliseconds))
    return b"".join(b"".join(square[bit] for bit in row) * side for row in rows)


def read_pictures(path, width, height):
    with open(path, "rb") as file:
        return list(iter(lambda: file.read(width * height * 3 // 2), b""))


def playing_factory(source):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    if "file" in source:
        samples, caps = read_samples(source["file"])
        factory.set_launch(FILE_LAUNCH)
        feed_with(factory, lambda appsrc: Loop(appsrc, samples, caps))
        return factory
    width, height, fps = source["width"], source["height"], source["fps"]
    if "pictures" in source:
        pictures = read_pictures(source["pictures"], width, height)
        factory.set_launch(encoding_launch(PICTURES, width, height, fps))
        feed_with(factory, lambda appsrc: Clock(appsrc, pictures, width, fps))
    else:
        factory.set_launch(encoding_launch(PATTERN, width, height, fps))
    return factory


def feed_with(factory, start):
    """Starts a feeder for the source of every media that the factory makes, in place of the last."""
    feeders = []

    def configure(_factory, media):
        feeders[:] = [start(media.get_element().get_by_name("source"))]

    factory.connect("media-configure", configure)


def publishing_factory(record_to):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    factory.set_latency(0)
    # Unbuffered: what has come is in the file when the next is told of.
    sink = "fakesink" if record_to is None else "filesink buffer-mode=unbuffered"
    factory.set_launch(
        "( rtph264depay name=depay0 ! h264parse config-interval=-1"
        f" ! video/x-h264,stream-format=byte-stream,alignment=au ! {sink} name=sink sync=false )"
    )
    count = 0

    def arrived(_pad, _info):
        nonlocal count
        count += 1
        say("published", frames=count)
        return Gst.PadProbeReturn.OK

    def configure(_factory, media):
        sink = media.get_element().get_by_name("sink")
        if record_to is not None:
            sink.set_property("location", record_to)
        sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, arrived)

    factory.connect("media-configure", configure)
    return factory


def protect(server, factories, user, password, method):
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(
        GstRtsp.RTSPAuthMethod.DIGEST if method == "digest" else GstRtsp.RTSPAuthMethod.BASIC
    )
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if method == "digest":
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    for factory in factories:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_role(ROLE)
        for right in ("access", "construct"):
            permissions.add_permission_for_role(ROLE, f"media.factory.{right}", True)
        factory.set_permissions(permissions)


def serve(settings):
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(settings["port"]))
    playing = playing_factory(settings["source"])
    publishing = publishing_factory(settings.get("recordTo"))
    mounts = server.get_mount_points()
    mounts.add_factory(settings["path"], playing)
    mounts.add_factory(settings["publishPath"], publishing)
    if "password" in settings:
        factories = (playing, publishing)
        protect(server, factories, settings["user"], settings["password"], settings["auth"])
    server.connect("client-connected", lambda _server, _client: say("connected"))
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {settings['port']}")
    say("ready", port=server.get_bound_port())


def answer_parent():
    """Every further line asks whether all is said that has happened; the end of them ends all."""
    for _ in sys.stdin:
        say("synced")
    os._exit(0)


Gst.init(None)
check()
if "--check" not in sys.argv:
    serve(json.loads(sys.stdin.readline()))
    threading.Thread(target=answer_parent, daemon=True).start()
    GLib.MainLoop().run()
