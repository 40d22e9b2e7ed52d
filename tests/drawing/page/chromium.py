"""Chromium, driven through Playwright in Node; tests skip, saying why, where one of the three is missing."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.node import NODE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_DRIVER = Path(__file__).with_name("drive.js")


def missing(package="playwright-core"):
    """The reason why a browser cannot be driven, or None; `package` is one of npm's, found through NODE_PATH."""
    if NODE is None:
        return "needs Node (the program node), to drive a browser"
    if CHROMIUM is None:
        return "needs Chromium (the program chromium), to open pages"
    found = subprocess.run([NODE, "-e", f"require.resolve('{package}')"], capture_output=True, check=False)
    return f"needs {package} (from npm, found through NODE_PATH)" if found.returncode else None


class Chromium:
    """One browser with one tab: ``tab.click("#next")`` calls the method `click` of Playwright's page.

    ``tab.keyboard.press("l")`` works as well; `open`, `noticed`, `violations`, `accessibility` and `framed` are the
    driver's own.
    """

    def __init__(self):
        self._driver = subprocess.Popen(
            [NODE, str(_DRIVER), CHROMIUM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def close(self):
        self._driver.stdin.close()
        self._driver.wait(timeout=20)
        self._driver.stdout.close()

    def __getattr__(self, name):
        return _Call(self._driver, name)


class _Call:
    def __init__(self, driver, name):
        self._driver, self._name = driver, name

    def __getattr__(self, name):
        return _Call(self._driver, f"{self._name}.{name}")

    def __call__(self, *values):
        self._driver.stdin.write(json.dumps({"name": self._name, "values": values}) + "\n")
        self._driver.stdin.flush()
        answer = json.loads(self._driver.stdout.readline())
        assert "error" not in answer, f"{self._name}{values}: {answer['error']}"
        return answer["result"]
