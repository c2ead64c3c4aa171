# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects: the page that `crowtty trace view` makes. Opened in a browser, as a person would: from
a file, without a network, by mouse and by keyboard."""
import os
import pathlib
import re
import subprocess

import pytest
from conftest import BUILD, Process, free_ports, program

browser = pytest.importorskip("browser")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

CROWTTY = program("tools", "crowtty", "crowtty")
STORY = program("bench", "trace_story")
PICTURES = BUILD / "pictures"
FIRST_US = 100  # of the story's first event, since the target started
CHECKS = pathlib.Path(__file__).with_name("view_checks.js")

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=f"no {browser.missing()}")


def tell(path, story="chain", *more):
    subprocess.run([STORY, story, path, *more], check=True, stdout=subprocess.DEVNULL)
    return path


def make(recording, *options, code=0):
    """Makes a page; returns what was printed and said."""
    done = subprocess.run(
        [CROWTTY, "trace", "view", recording, *options], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done


class Page(browser.Browser):
    def open(self, recording, code=0):
        page = make(recording, code=code).stdout.strip()
        self.driver.get(pathlib.Path(page).resolve().as_uri())
        self.wait("window.view && view.paintedMs")
        return self

    def text(self, selector):
        return self.do(f"return document.querySelector('{selector}').innerText")

    def keys(self, *keys):
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
        self.frame()

    def type(self, *keys):
        """Keys for the timeline."""
        self.driver.find_element(By.ID, "chart").send_keys("")
        self.do("document.getElementById('chart').focus()")
        self.keys(*keys)

    def click(self, x, y):
        """At a place of the timeline."""
        chart = self.driver.find_element(By.ID, "chart")
        size = chart.size
        move = ActionChains(self.driver).move_to_element_with_offset(
            chart, round(x - size["width"] / 2), round(y - size["height"] / 2)
        )
        move.click().perform()
        self.frame()

    def legs(self, request):
        """The arrows of a request as they were drawn."""
        return self.do(
            "return view.chart.drawn.arrows.filter(leg =>"
            " view.recording.message.id[leg.message] === arguments[0])",
            request,
        )

    def pixel(self, x, y):
        return self.do(
            "const ratio = view.chart.ratio;"
            "return [...view.chart.canvas.getContext('2d')"
            ".getImageData(arguments[0] * ratio, arguments[1] * ratio, 1, 1).data].slice(0, 3)",
            x, y,
        )  # fmt: skip

    def view(self):
        return self.do("return [view.chart.from, view.chart.to]")

    def chain(self):
        """The rows of the table of what led to a message, as texts."""
        return self.do(
            "return [...document.querySelectorAll('#chain .hop')].map(row =>"
            " [...row.cells].map(cell => cell.innerText.replace(/\\s+/g, ' ').trim()))"
        )

    def picture(self, name):
        """For the book: build/.../pictures, from where it is copied when it has changed."""
        PICTURES.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))


@pytest.fixture(scope="module")
def page():
    it = Page()
    yield it
    it.close()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return tell(tmp_path_factory.mktemp("view") / "chain.crow")


@pytest.fixture
def story(page, chain):
    """The page of the chain, freshly opened."""
    page.media("light")
    return page.open(chain)


def test_needs_nothing_from_the_network(story):
    story.type("]", "?", Keys.ESCAPE, "t", "t")
    assert {address.split(":")[0] for address in story.fetched()} <= {"file", "data", "blob"}
    assert story.fetched()
    policy = story.do("return document.querySelector('meta[http-equiv]').content")
    assert "default-src 'none'" in policy
    assert story.complaints() == []


def test_is_one_file_that_names_no_address(chain):
    text = pathlib.Path(make(chain).stdout.strip()).read_text()
    assert not re.search(r"\b(src|href)=|url\(|@import|https?://", text)


def test_lists_tasks_with_their_states(story):
    labels = story.do("return view.chart.rows.map(row => row.track.label)")
    assert labels == ["interrupt 10", "shell #1", "fs #2", "disk #3", "logger #4",
                      "full: bbq 0x20001000"]  # fmt: skip
    story.type("t")
    rows = story.do(
        "return [...document.querySelectorAll('#task-rows tr')].map(row =>"
        " [...row.cells].map(cell => cell.innerText))"
    )
    assert [row[0] for row in rows] == labels[1:5]
    assert rows[0][1] == "waits for room in bbq 0x20001000"
    assert rows[1][2:6] == ["4", "190 µs (3.9 %)", "100 µs", "1"]
    assert rows[2][6] == "2"
    assert [row[8] for row in rows] == ["shell.c", "fs.c", "disk.c", "logger.c"]


def test_draws_states_waits_and_spans(story):
    def says(task, us):
        return story.do(
            "const {recording} = view;"
            "const track = recording.tracks.find(one => one.label === arguments[0]);"
            "return recording.stateText(track, recording.stateAt(track, arguments[1]))",
            task, (us - FIRST_US) * 1e3,
        )  # fmt: skip

    assert says("shell #1", 50) == "not there yet"
    assert says("shell #1", 1050) == "running"
    assert says("shell #1", 2000) == "waits for a reply from fs, held by fs #2"
    assert says("fs #2", 2000) == "waits for its turn at disk, held by disk #3"
    assert says("fs #2", 4200) == "waits for a reply from disk, held by disk #3"
    assert says("fs #2", 1150) == "ready, waits for its turn to run"
    assert says("disk #3", 2000) == "waits for interrupt 0xa"
    assert story.do("return view.chart.drawn.states") > 20
    # The colours are on the screen: in the middle of a wait, and of a span.
    x = story.do("return view.chart.xOf(2.5e6)")
    y = story.do("return view.chart.yOf(view.chart.rows[2])")
    colour = "return getComputedStyle(document.documentElement).getPropertyValue('--{}')"

    def as_rgb(name):
        return list(bytes.fromhex(story.do(colour.format(name)).strip()[1:]))

    assert story.pixel(x, y + 6) == as_rgb("wait-turn")
    assert story.pixel(x, y + 3 + 18 + 4) == as_rgb("span")


def test_draws_an_arrow_for_call_and_reply(story):
    call, reply = story.legs(101)
    assert [call["kind"], reply["kind"]] == ["call", "reply"]

    def x_of(us):
        return story.do("return view.chart.xOf(arguments[0])", (us - FIRST_US) * 1e3)

    assert [call["x0"], call["x1"]] == pytest.approx([x_of(1000), x_of(1200)])
    assert [reply["x0"], reply["x1"]] == pytest.approx([x_of(4500), x_of(4550)])
    # Close up, the middle of the arrow is not the paper that is there without it.
    story.do("view.chart.setView(0.85e6, 1.15e6)")
    story.frame()
    call = story.legs(101)[0]
    x, y = (call["x0"] + call["x1"]) / 2, (call["y0"] + call["y1"]) / 2
    with_arrow = {tuple(story.pixel(x, y + dy)) for dy in (-1, 0, 1)}
    story.do("view.recording.message.from.fill(0); view.chart.request()")
    story.frame()
    assert with_arrow != {tuple(story.pixel(x, y + dy)) for dy in (-1, 0, 1)}


def test_a_click_on_a_message_shows_what_led_to_it(story):
    leg = story.legs(103)[0]
    story.click(*(leg[f"{axis}0"] + 0.4 * (leg[f"{axis}1"] - leg[f"{axis}0"]) for axis in "xy"))
    assert story.text("#detail h2") == "request 103: fs #2 → disk"
    assert story.chain() == [
        ["request 101: shell #1 → fs", "200 µs", "3.30 ms", "50.0 µs"],
        ["request 103: fs #2 → disk", "2.90 ms", "200 µs", "50.0 µs"],
    ]
    assert "the idea of shell #1" in story.text("#detail")
    chosen = "[...view.chart.chain].map(i => view.recording.message.id[i])"
    assert story.do(f"return {chosen}") == [101, 103]
    story.picture("chain-light")
    # And on from there: the cause, which says what it caused.
    story.type("c")
    assert story.text("#detail h2") == "request 101: shell #1 → fs"
    assert "It caused 1 more" in story.text("#detail")


def test_a_click_on_a_state_says_what_and_who(story):
    x, y = story.do("return [view.chart.xOf(2.5e6), view.chart.yOf(view.chart.rows[4]) + 8]")
    story.click(x, y)
    assert story.text("#detail h2") == "logger #4"
    assert "a reply from disk, held by disk #3" in story.text("#detail")
    story.driver.find_element(By.XPATH, "//td/button[text()='disk #3']").click()
    assert story.text("#detail h2") == "disk #3"
    assert "3" == story.do("return [...document.querySelectorAll('#detail tr')]"
                           ".find(row => row.innerText.startsWith('polls')).cells[1].innerText")


@pytest.mark.parametrize("words, found", [
    ("disk", ["task  disk #3", "service  disk"]),
    ("#101", ["request 101: shell #1 → fs"]),
    ("READ{", ["span  read{block=7}"]),
    ("out of paper", ["log  0.004810 ERR text on the line: story: out of paper"]),
    ("no such thing", []),
])  # fmt: skip
def test_search(story, words, found):
    story.type("/", words)
    hits = story.do(
        "return [...document.querySelectorAll('#hits button')].map(one => one.textContent)"
    )
    assert hits[: len(found)] == found
    assert story.text("#count") == (f"{len(hits)} found" if found else "nothing")
    story.keys(Keys.ENTER)
    if found:
        assert story.text("#count") == f"1 of {len(hits)}"
        kind = found[0].split()[0].replace("request", "message")
        assert story.do("return view.selected.kind") == kind


def test_keys(story):
    whole = story.view()
    story.type("+", "+")
    closer = story.view()
    assert closer[1] - closer[0] == pytest.approx((whole[1] - whole[0]) / 2.25)
    story.keys("d")
    assert story.view()[0] > closer[0]
    story.keys(Keys.ARROW_LEFT)
    assert story.view() == pytest.approx(closer)
    story.keys("0")
    assert story.view() == pytest.approx(whole)
    story.keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    assert story.text("#detail h2") == "fs #2"
    assert "fs #2: " in story.text("#now")
    story.keys("]")
    assert story.do("return view.selected.kind") == "message"
    story.keys("f")
    closer = story.view()
    assert closer[1] - closer[0] < whole[1] - whole[0]
    story.keys(Keys.ESCAPE)
    assert story.do("return document.getElementById('details').hidden")
    story.keys("?")
    assert story.do("return document.getElementById('help').open")
    assert "what caused" not in story.text("#keys") and "search" in story.text("#keys")
    story.picture("help")
    story.keys(Keys.ESCAPE)
    assert not story.do("return document.getElementById('help').open")


def test_tab_reaches_every_part_and_shows_where_it_is(story):
    story.do("document.activeElement.blur()")
    reached = []
    for _ in range(14):
        story.keys(Keys.TAB)
        reached.append(story.do("return document.activeElement.id"))
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        assert story.do(outline) == "solid" or reached[-1] == ""
    parts = {"query", "fit", "show-tasks", "theme", "show-help", "chart", "level", "log-list"}
    assert parts <= set(reached)


def test_light_and_dark(story):
    paper = "return getComputedStyle(document.body).backgroundColor"
    light, light_pixel = story.do(paper), story.pixel(600, 400)
    story.media("dark")
    story.wait("document.documentElement.dataset.theme === 'dark'")
    story.frame()
    dark, dark_pixel = story.do(paper), story.pixel(600, 400)
    assert sum(light_pixel) > 700 and sum(dark_pixel) < 150
    assert light != dark
    story.type("/", "103", Keys.ENTER)
    story.frame()
    story.picture("chain-dark")
    story.driver.find_element(By.ID, "theme").click()
    story.frame()
    assert story.pixel(600, 400) == light_pixel


def test_says_what_was_lost_and_what_a_panic_said(story):
    assert "The target lost 12 events" in story.text("#notices")
    story.do("document.getElementById('level').value = '4';"
             "document.getElementById('level').onchange()")  # fmt: skip
    story.frame()
    lines = story.do(
        "return [...document.querySelectorAll('#log-list [role=option]')].map(one => one.innerText)"
    )
    assert len(lines) == 2
    assert "written too late" in lines[0] and "logger #4" in lines[0]
    assert "story: out of paper" in lines[1]


def test_what_a_target_says_is_text_and_nothing_else(story):
    assert "</script>" in story.text("#log")
    assert story.do("return document.title") == "chain.crow – timeline"
    assert story.do("return document.querySelectorAll('#log b, #log i, img').length") == story.do(
        "return document.querySelectorAll('#log [role=option]').length"
    )


def test_a_damaged_recording_is_shown_up_to_the_damage(page, chain, tmp_path):
    bytes_ = bytearray(chain.read_bytes())
    bytes_[-30] ^= 1
    (tmp_path / "damaged.crow").write_bytes(bytes_)
    said = make(tmp_path / "damaged.crow", code=1).stderr
    place = re.search(r"damaged at byte (\d+)", said)[1]
    page.open(tmp_path / "damaged.crow", code=1)
    assert f"damaged at byte {place}; it is shown up to there" in page.text("#notices")
    assert page.do("return view.recording.messageCount") == 3
    for cut in (17, 40, len(bytes_) * 4 // 5):
        (tmp_path / "cut.crow").write_bytes(chain.read_bytes()[:cut])
        said = make(tmp_path / "cut.crow", code=1).stderr
        place = re.search(r"damaged at byte (\d+)", said)[1]
        page.open(tmp_path / "cut.crow", code=1)
        assert f"damaged at byte {place}; it is shown up to there" in page.text("#notices")
        assert page.complaints() == []
    assert 10 < page.do("return view.recording.data.events") < 53


def test_after_a_restart_all_tasks_are_new(page, tmp_path):
    page.open(tell(tmp_path / "twice.crow", "twice"))
    labels = page.do("return view.chart.rows.map(row => row.track.label)")
    assert labels.count("shell #1") == 2 and labels.count("disk #3") == 2
    first, second = page.do(
        "return view.recording.tracks.filter(track => track.label === 'disk #3')"
        ".map(({start, state}) => ({start: [...start], state: [...state]}))"
    )
    assert first["state"][-1] == 0 and first["start"][-1] <= second["start"][0]
    page.type("/", "#103", Keys.ENTER, Keys.ENTER)
    assert page.text("#count") == "2 of 2"
    assert page.chain() == [
        ["request 101: shell #1 → fs", "200 µs", "3.30 ms", "50.0 µs"],
        ["request 103: fs #2 → disk", "2.90 ms", "200 µs", "50.0 µs"],
    ]
    cause = page.do("return view.recording.chain(view.selected.message)")
    assert cause == [4, 5]


def test_a_stuck_system_is_shown_though_nothing_happens(page, tmp_path):
    page.open(tell(tmp_path / "stuck.crow", "stuck"))
    assert page.do("return view.recording.total") == 4e9
    assert "There is no trace" not in page.text("#notices")
    finding = page.text("#findings")
    assert re.match(r"error\s+deadlock: ping #1 waits for a reply from pong #2", finding)
    page.driver.find_element(By.ID, "finding-0").click()
    page.frame()
    assert "waits for a reply from pong, held by pong #2" in page.text("#detail")
    assert "4.50 s, to the end" in page.text("#detail")
    assert page.do("return view.chart.marked.size") == 2


def test_a_target_of_the_original_protocol(page, tmp_path):
    page.open(tell(tmp_path / "original.crow", "original"))
    assert "sent no times and no tasks" in page.text("#notices")
    assert page.do("return view.chart.rows.map(row => row.track.label)") == ["(no task)"]
    texts = page.do("return [...view.recording.data.span.text].map(t => view.recording.texts[t])")
    assert texts == ["read{block=7}", "look_up"]
    assert page.do("return [...view.recording.data.span.lane]") == [0, 1]
    outer, inner = page.do("return [...view.recording.data.span.length]")
    assert outer > inner > 0
    assert "found it" in page.text("#log")


def test_a_recording_without_a_trace_says_so(page, chain, tmp_path):
    (tmp_path / "empty.crow").write_bytes(chain.read_bytes()[:16])
    page.open(tmp_path / "empty.crow")
    assert "There is no trace in this recording" in page.text("#notices")
    page.type("+", "]", ".", Keys.ARROW_DOWN, Keys.ENTER, "t")
    assert page.complaints() == []


def test_what_cannot_be_read_or_written_is_an_error(chain, tmp_path):
    assert "cannot read" in make(tmp_path / "none.crow", code=1).stderr
    (tmp_path / "text").write_text("not a recording at all")
    assert "is not a recording" in make(tmp_path / "text", code=1).stderr
    assert "cannot write" in make(chain, tmp_path / "no" / "page.html", code=1).stderr
    assert "cannot write" in make(chain, tmp_path, code=1).stderr
    assert os.listdir(tmp_path) == ["text"]
    assert make(chain, "-").stdout.startswith("<!DOCTYPE html>")
    page = tmp_path / "page.html"
    assert make(chain, page).stdout == f"{page}\n"
    assert os.listdir(tmp_path).count("page.html") == 1
    assert subprocess.run([CROWTTY, "trace"], capture_output=True).returncode == 2
    assert subprocess.run([CROWTTY, "trace", "view"], capture_output=True).returncode == 2


def test_the_answers_are_those_of_a_slow_and_simple_search(page, tmp_path):
    page.open(tell(tmp_path / "crowd.crow", "crowd", "20000"))
    assert page.do(CHECKS.read_text()) == []


def test_a_million_events(page, tmp_path):
    page.open(tell(tmp_path / "million.crow", "crowd", "1000000"))
    assert page.do("return view.recording.data.events") >= 1000000
    assert page.do("return view.recording.messageCount") > 80000
    last = page.do("return view.recording.total")
    frames = page.do("return view.chart.drawn.frames")
    for part in (1, 0.1, 1e-3, 1e-5):
        page.do("view.chart.setView(arguments[0], arguments[1])", last / 2, last / 2 * (1 + part))
        page.frame()
        drawn = page.do("return view.chart.drawn")
        assert 0 < drawn["states"] < 60000 and len(drawn["arrows"]) < 20000
    assert page.do("return view.chart.drawn.frames") >= frames + 4
    # A stretch of one round: its messages and nothing else.
    page.do("view.chart.setView(0.9e6, 0.99e6)")
    page.frame()
    drawn = "view.chart.drawn.arrows.map(leg => view.recording.message.id[leg.message])"
    assert set(page.do(f"return {drawn}")) == {1, 0x40000001}


# What a real system says: the simulator with a fault in it, recorded over its line.


# Seconds until it can be told; what is told, and of whom.
FAULTS = {
    "cycle": (3, "error", r"deadlock: ping #\d+ waits for a reply from pong #\d+", "ping"),
    "no-reply": (3, "error", r"mute #\d+ has not replied to a call of client #\d+", "mute"),
    "lost-wake": (4, "error", r"reader #\d+ waits for bytes in bbq .* its wake was lost", "reader"),
    "dead-reader": (3, "error", r"producer #\d+ waits .* who took from it has ended", "producer"),
    "spin": (10, "warning", r"spin #\d+ spins", "spin"),
    "slow": (4, "warning", r"disk #\d+ is slow: \d+ calls wait for their turn", "disk"),
}


def begin_recording(start, path, fault):
    """Of the simulator with that fault planted."""
    target = start(program("book", "examples", "faulty"), fault, "--serial", "127.0.0.1:0")
    port = target.wait_for(r"serial line: 127\.0\.0\.1:(\d+)\n")[1].decode()
    # Polls by the hundred thousand a second are not what tells that a task spins.
    level = "info" if fault == "spin" else "trace"
    return start(
        CROWTTY, "trace", "record", "--duration", FAULTS[fault][0], "-t", level,
        "--tcp-port-base", free_ports(16), path, f"tcp:127.0.0.1:{port}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """One of each fault, made side by side."""
    directory, running = tmp_path_factory.mktemp("faults"), []

    def start(*command):
        running.append(Process(*map(str, command)))
        return running[-1]

    try:
        recorders = [begin_recording(start, directory / f"{fault}.crow", fault) for fault in FAULTS]
        ends = [recorder.end() for recorder in recorders]
    finally:
        for process in running:
            process.kill()
    assert ends == [0] * len(FAULTS)
    return directory


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_and_shown(page, recordings, fault):
    _seconds, severity, sentence, task = FAULTS[fault]
    page.media("light")
    page.open(recordings / f"{fault}.crow")
    findings = page.do("return view.recording.data.findings")
    told = [one for one in findings if re.search(sentence, one["text"])]
    assert len(told) == 1 and told[0]["severity"] == severity, findings
    page.driver.find_element(By.ID, f"finding-{findings.index(told[0])}").click()
    page.frame()
    focused = page.do("return view.chart.focused.label")
    assert focused.startswith(f"{task} #")
    assert page.do("return view.chart.marked.size") == len(told[0]["tasks"])
    assert page.text("#detail h2") == focused
    assert page.complaints() == []
    page.picture(f"fault-{fault}")


def test_a_real_recording_of_clients_that_queue(page, recordings):
    """Ten clients call a disk that takes 200 ms for each."""
    page.open(recordings / "slow.crow")
    labels = page.do("return view.chart.rows.map(row => row.track.label)")
    assert sum(label.startswith("client #") for label in labels) == 10
    assert {label.split(" #")[0] for label in labels} >= {"disk", "loopback", "hello", "trace"}
    # A message that was served in the middle of it: queued behind others, 200 ms in service.
    page.do("view.goTo({kind: 'task', track: view.recording.tracks.findIndex("
            "track => track.plainName === 'disk')})")  # fmt: skip
    served = page.do(
        "const {message: {from, back, serve}} = view.recording;"
        "return [...serve.keys()].filter(i => from[i] && serve[i] > 0 && back[i] > 0)"
    )
    assert len(served) > 3
    page.do("view.goTo({kind: 'message', message: arguments[0]})", served[-1])
    page.frame()
    hop = page.do("return view.recording.hop(arguments[0])", served[-1])
    assert hop["service"]["time"] >= 200e6
    assert hop["queued"]["time"] > 4 * hop["service"]["time"]
    assert page.do("return view.chart.drawn.arrows.length") > 5
    row = page.chain()[-1]
    assert re.fullmatch(r"request \d+: client #\d+ → disk", row[0]) and row[1].endswith(" s")
    assert "answered" in page.text("#detail")
    page.picture("slow-message")
