"""A headless Chromium, driven over the WebDriver protocol (W3C) by chromedriver."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import socket
import subprocess
import time
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
_PATIENCE_S = 60.0


class Browser:
    """One browser with one page."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._driver = subprocess.Popen(
            [CHROMEDRIVER, f"--port={self._port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
        ]
        self._session = ""
        self._await_driver()
        options = {"binary": CHROMIUM, "args": arguments}
        wanted = {
            "capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "pageLoadStrategy": "eager"}}
        }
        self._session = self._ask("POST", "/session", wanted)["sessionId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._ask("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(_PATIENCE_S)

    def busy_s(self) -> float:
        """Processor time of the main thread since the page was opened; waiting does not count."""
        self._ask(
            "POST",
            "/goog/cdp/execute",
            {"cmd": "Performance.enable", "params": {"timeDomain": "threadTicks"}},
        )
        metrics = self._ask("POST", "/goog/cdp/execute", {"cmd": "Performance.getMetrics", "params": {}})
        return next(each["value"] for each in metrics["metrics"] if each["name"] == "TaskDuration")

    def prefer(self, scheme: str) -> None:
        """Ask pages for the `dark` or the `light` scheme."""
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self._ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": media})

    def open(self, url: str, *, width: int = 1200, height: int = 1000) -> None:
        self._ask("POST", "/window/rect", {"width": width, "height": height})
        self._ask("POST", "/url", {"url": url})

    def run(self, script: str) -> Any:
        """Run the body of a function; a promise is waited for."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        until_s = time.monotonic() + _PATIENCE_S
        while not self.run(f"return Boolean({script})"):
            if time.monotonic() > until_s:
                raise AssertionError(
                    f"never true: {script}; the page says {self.run('return document.body.innerText')}"
                )

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def _await_driver(self) -> None:
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._ask("GET", "/status")
            except OSError:
                if time.monotonic() > until_s:
                    raise
            else:
                return

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        prefix = f"/session/{self._session}" if self._session else ""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        content = json.dumps(body).encode() if body is not None else None
        connection.request(method, prefix + path, content, {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(value["message"])
        return value
