"""The page in a real browser: it shows what is read, works by keyboard, and admits what it does not know.

Selected with ``-m browser`` (a step of .ci/run); there a missing Chromium is a failure, not a skip.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cli import main
from pi_nn.config import Settings
from pi_nn.service.daemon import Daemon

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SCREENS = [(*size, scheme) for size in ((1280, 900), (390, 844), (320, 640)) for scheme in ("light", "dark")]
Start = Callable[..., Daemon]
Visit = Callable[..., Any]
HERE = {"camera": "simulated:digits=42", "port": 0, "interval": 0.05}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is not installed: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Daemon]]:
    running: list[tuple[Daemon, threading.Thread]] = []

    def run(**values: Any) -> Daemon:
        daemon = Daemon(Settings(**{**HERE, **values}), {})
        thread = threading.Thread(target=daemon.run)
        thread.start()
        running.append((daemon, thread))
        return daemon

    yield run
    for daemon, thread in running:
        daemon.stopping.set()
        thread.join(10)


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a daemon's page; what the page complains about fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(daemon: Daemon, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None
        )
        page.goto(f"http://127.0.0.1:{daemon.server.port}/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def until(page: Any, expression: str) -> None:
    """Waits for ``expression``. (wait_for_function needs ``eval``, which the page forbids.)"""
    for _ in range(1200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def wait_for(page: Any, selector: str, text: str) -> None:
    page.locator(selector, has_text=text).first.wait_for(timeout=60_000)


def assert_nothing_sticks_out(page: Any) -> None:
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0, "the page scrolls sideways"
    assert page.evaluate(
        "[...document.querySelectorAll('.digit, #value')].every(e => e.scrollWidth <= e.clientWidth)"
    )


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS)
def test_it_shows_the_reading_on_every_screen(
    start: Start, visit: Visit, width: int, height: int, scheme: str
) -> None:
    page = visit(start(), width, height, scheme)
    wait_for(page, "#now[data-status=ok] #value", "42")
    wait_for(page, "#spoken", "Reading 4 2")
    until(page, "document.getElementById('frame').naturalWidth === 640")
    until(page, "[...document.querySelectorAll('.digit img')].every(i => i.naturalWidth === 28)")
    assert page.locator(".digit .label").all_inner_texts() == ["4", "2"]
    assert page.locator("#simulated").is_visible()
    assert page.title() == "42 · pi-nn"
    assert_nothing_sticks_out(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_against_its_ground(start: Start, visit: Visit, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 for every pair of colours in use."""
    page = visit(start(), scheme=scheme)
    ratio = """([ink, ground]) => {
        const light = (name) => {
            const canvas = document.createElement('canvas').getContext('2d');
            canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
            canvas.fillRect(0, 0, 1, 1);
            const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
                .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    }"""
    pairs = [("--ink", "--card"), ("--quiet", "--card"), ("--quiet", "--ground"), ("--quiet", "--field")]
    pairs += [("--doubt", "--field"), ("--doubt", "--card"), ("--sure", "--card")]
    pairs += [(f"--{name}", f"--{name}-soft") for name in ("sure", "doubt", "bad")]
    poor = {pair: found for pair in pairs if (found := page.evaluate(ratio, list(pair))) < 4.5}
    assert poor == {}


def test_a_doubted_digit_does_not_look_sure(start: Start, visit: Visit) -> None:
    page = visit(start(min_confidence=1.0))
    wait_for(page, "#now[data-status=unsure] #chip", "not sure")
    assert page.locator("#value mark").all_inner_texts() == ["4", "2"]
    wait_for(page, "#message", ".")  # a sentence that says what to do
    assert page.locator(".digit.doubted").count() == 2
    assert page.title() == "pi-nn"


def test_a_fault_is_said_in_words_beside_the_last_picture(start: Start, visit: Visit) -> None:
    page = visit(start(camera="simulated:digits=42,fail=9-"))
    wait_for(page, "#now[data-status=camera_error] #value", "The camera has a fault")
    wait_for(page, "#message", "fails to order")
    wait_for(page, "#history", "42")
    assert page.locator("#frame").is_visible()
    assert page.locator("body.old").count() == 1
    assert page.locator(".digit").count() == 0


def test_a_daemon_that_is_gone_is_not_believed(start: Start, visit: Visit) -> None:
    daemon = start()
    page = visit(daemon)
    wait_for(page, "#now[data-status=ok] #value", "42")
    daemon.stopping.set()
    wait_for(page, "#offline", "does not answer")
    assert page.locator("#chip").inner_text() == "not connected"
    assert page.locator("#now[data-status=ok]").count() == 0


def test_a_photograph_can_be_tried(start: Start, visit: Visit, tmp_path: Path) -> None:
    daemon = start()
    page = visit(daemon)
    wait_for(page, "#now[data-status=ok] #value", "42")
    (tmp_path / "photo.jpg").write_bytes(daemon.parts.pictures.jpeg(daemon.parts.board.latest, boxes=False))
    page.set_input_files("#file", tmp_path / "photo.jpg")
    wait_for(page, "#tried-value", "42")
    assert page.locator("#tried-digits .digit").count() == 2
    assert page.locator("#tried-picture").evaluate("canvas => canvas.width") == 640
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    page.set_input_files("#file", tmp_path / "bad.jpg")
    wait_for(page, "#tried-message", "save it as JPEG or PNG")


def test_a_digit_is_corrected_by_keyboard_alone(start: Start, visit: Visit, tmp_path: Path) -> None:
    page = visit(start(state_dir=str(tmp_path)))
    wait_for(page, ".digit summary", "Not a 4?")
    page.locator(".digit summary").first.focus()
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(page, "#thanks", "kept as a 9")
    assert [path.parent.name for path in tmp_path.glob("corrections/*/*.png")] == ["9"]


def train_on(names: dict[int, str], place: Path) -> Path:
    """A network taught, by the command, the digits of ``names`` under those names."""
    shown = shipped_digits()
    for digit, name in names.items():
        (place / name).mkdir(parents=True)
        for index in shown.by_class[digit]:
            Image.fromarray(shown.images[index]).save(place / name / f"{index}.png")
    out = place.with_suffix(".npz")
    options = ["--freeze", "features", "--data", str(place), "--out", str(out)]
    done = CliRunner().invoke(main, ["train", "--init-from", "digits-cnn", *options])
    assert done.exit_code == 0, done.output
    return out


def test_classes_of_ones_own_are_shown_and_corrected(
    start: Start, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thanks stay although the picture changes while the choices are open, and after."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = {2: "two", 4: "four", 7: "seven_and_a_name_of_32_letters_x"}
    model = str(train_on(names, tmp_path / "names"))
    daemon = start(model=model, min_confidence=0.5, state_dir=str(tmp_path))
    page = visit(daemon, 320, 640)
    wait_for(page, "#now[data-status=ok] #value", "four two")
    wait_for(page, "#spoken", "Reading four two")
    wait_for(page, ".digit summary", "Not a four?")
    assert page.locator(".digit .label").all_inner_texts() == ["four", "two"]
    page.locator(".digit summary").first.click()
    assert_nothing_sticks_out(page)
    assert page.locator(".digit").first.locator("button").all_inner_texts() == sorted(names.values())
    daemon.reload(replace(daemon.parts.settings, camera="simulated:digits=7"))
    wait_for(page, "#value", names[7])
    assert page.locator(".digit .label").all_inner_texts() == ["four", "two"], "held while one is corrected"
    page.get_by_role("button", name="It is two").first.click()
    wait_for(page, ".digit .label", names[7])
    daemon.reload(replace(daemon.parts.settings, camera="simulated:digits=2"))
    wait_for(page, ".digit .label", "two")
    assert "Thank you: kept as a two. 1 example to learn from." in page.locator("#saw").inner_text()
    assert_nothing_sticks_out(page)
    assert [path.parent.name for path in tmp_path.glob("corrections/*/*.png")] == ["two"]


def test_it_asks_for_the_token_and_keeps_it(start: Start, visit: Visit) -> None:
    page = visit(start(token="correct horse", require_token_for_reads=True))
    page.locator("#unlock").wait_for(timeout=60_000)
    assert page.locator("#value").inner_text().strip() == ""
    page.fill("#token", "wrong token")
    page.keyboard.press("Enter")
    page.locator("#unlock").wait_for()
    page.fill("#token", "correct horse")
    page.keyboard.press("Enter")
    wait_for(page, "#now[data-status=ok] #value", "42")
    until(page, "document.getElementById('frame').naturalWidth === 640")
    page.reload()
    wait_for(page, "#now[data-status=ok] #value", "42")


def test_a_changed_setting_is_followed(start: Start, visit: Visit) -> None:
    daemon = start()
    page = visit(daemon)
    wait_for(page, "#now[data-status=ok] #value", "42")
    daemon.reload(replace(daemon.parts.settings, camera="simulated:digits=7", model="digits-tiny"))
    wait_for(page, "#now[data-status=ok] #value", "7")
    wait_for(page, "#model", "digits-tiny")
    wait_for(page, "#history li:nth-child(2)", "42")


def test_nothing_is_asked_while_nobody_looks(start: Start, visit: Visit) -> None:
    page = visit(start())
    wait_for(page, "#now[data-status=ok] #value", "42")
    asked: list[str] = []
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait_for_timeout(1500)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    until(page, "document.hidden === false")
    page.wait_for_timeout(1500)
    assert asked
