"""The widget as a patient meets it: what is on the page, and what one does with it."""

import json
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page

SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# More than there is on any page: a control that is not found by then cannot be reached.
MOST_TABS = 60


def log(page: Page) -> Locator:
    return page.get_by_role("log")


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^(Message|Mensaje)$"))


def bubbles(page: Page, text: str) -> Locator:
    """The messages that say exactly this."""
    return log(page).locator(".bubble", has_text=re.compile(f"^{re.escape(text)}$"))


def pinned(page: Page) -> Locator:
    """The urgent notices that stay above the conversation."""
    return page.get_by_role("dialog").locator(".pinned")


async def start(page: Page, name: str = "Chat with us") -> None:
    await page.get_by_role("button", name=name).click()


async def write(page: Page, text: str) -> None:
    await composer(page).fill(text)
    await composer(page).press("Enter")


async def focused(page: Page) -> str:
    """The label of what has the focus, through the shadow root."""
    script = """() => {
      const host = document.activeElement;
      const node = host.shadowRoot?.activeElement ?? host;
      return node.labels?.[0]?.textContent || node.ariaLabel || node.textContent || node.tagName;
    }"""
    return str(await page.evaluate(script)).strip()


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until what has this name has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press(key)
        if (await focused(page)).startswith(name):
            return
    raise AssertionError(f"{key} does not lead to {name!r}")


async def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def no_sideways_scroll(page: Page) -> bool:
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    inside = (
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
        "(document.querySelector('willcall-chat').shadowRoot.querySelector('.scroll'))"
    )
    return bool(await page.evaluate(f"{fits} && {inside}"))


async def check_with_axe(page: Page) -> None:
    results: Any = await Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    found = [
        {"rule": violation["id"], "nodes": [node["html"][:160] for node in violation["nodes"]]}
        for violation in results.response["violations"]
    ]
    assert not found, json.dumps(found, indent=1)
