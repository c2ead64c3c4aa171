# SPDX-License-Identifier: MIT OR Apache-2.0
"""A browser without a window, for tests of pages. Debian's Chromium, through its driver."""
import json
import pathlib

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
DEADLINE_S = 60


def missing() -> str:
    """What the machine lacks, or nothing."""
    return next((path for path in (CHROMIUM, DRIVER) if not pathlib.Path(path).exists()), "")


class Browser:
    """One window. `do` runs script in it; a test waits for what it expects, never for a time."""

    def __init__(self, width=1400, height=900):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars",
                     "force-device-scale-factor=1", f"window-size={width},{height}"):  # fmt: skip
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.requests = []

    def close(self):
        self.driver.quit()

    def do(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, script):
        """Until the script answers something; returns that."""
        return WebDriverWait(self.driver, DEADLINE_S).until(lambda _: self.do(f"return {script}"))

    def frame(self):
        """Until what was asked for is on the screen."""
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => done()))"
        )

    def media(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def fetched(self):
        """Addresses of everything that was asked for so far."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        return self.requests

    def complaints(self):
        """Errors of the page since the last look."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
