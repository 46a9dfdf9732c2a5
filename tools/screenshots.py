"""Takes the pictures of the guides: `python -m tools.screenshots`.

The trained model, the demonstration pharmacy, the gateway and Chromium are real; the people are
invented. Some minutes; writes docs/images/guide-*.png.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from bot.bootstrap import utc_now
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.places import RASA_PYTHON, ROOT, sources_digest
from bot.services import active_model
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.schema import migrate
from tests.browser import chat, desk
from tests.browser.conftest import CHROMIUM_FLAGS, chromium
from tests.browser.test_real_stack import verified
from tests.browser.test_staff_review_unit import items
from tests.stack import RasaProcess, free_port, model_file, stack
from tests.staff import PASSWORD, add_staff

IMAGES = ROOT / "docs" / "images"
PHONE = (390, 844)
MS = 90_000
# What a page loads after it is there, on a busy machine.
SETTLE_SECONDS = 4
QUESTION = "can i take ibuprofen with it"
NOT_UNDERSTOOD = ("grille still up or nah", "has the grille gone up")
SMALLER = """
import sys
from PIL import Image
image = Image.open(sys.argv[1]).convert("RGB")
image.quantize(128, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
"""
LISTS = {"questions": "Groups", "instructions": "Instructions", "models": "Models"}
type Open = Callable[..., Awaitable[Page]]


async def shoot(page: Page, name: str) -> None:
    path = IMAGES / f"guide-{name}.png"
    await page.screenshot(path=path)
    # Rasa's environment has Pillow.
    command = [str(RASA_PYTHON), "-c", SMALLER, str(path)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    print(name, flush=True)


async def signed_in(
    open_page: Open, address: str, path: str = "", size: tuple[int, int] = (1280, 800)
) -> Page:
    page = await open_page(f"{address}/staff/{path}", size)
    await page.get_by_label("User name").fill("paul")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Password").press("Enter")
    await desk.live(page)
    return page


async def patients(open_page: Open, address: str) -> Page:
    for text in NOT_UNDERSTOOD:
        page = await open_page(address, PHONE)
        await chat.start(page)
        await chat.write(page, text)
        await expect(chat.log(page).get_by_text("I did not understand that").first).to_be_visible()
    page = await open_page(address, PHONE)
    await verified(page, "is my lisinopril ready?")
    await expect(chat.log(page).get_by_text("Ready for pickup").first).to_be_visible()
    await asyncio.sleep(SETTLE_SECONDS)
    await shoot(page, "patient-answer")
    await chat.write(page, QUESTION)
    await expect(page.get_by_text("You are next in line.").first).to_be_visible()
    await shoot(page, "patient-waits")
    return page


async def at_the_desk(open_page: Open, address: str, patient: Page) -> None:
    phone = await signed_in(open_page, address, "", PHONE)
    await expect(desk.card(phone, QUESTION)).to_be_visible()
    await shoot(phone, "desk-phone")
    await phone.close()
    paul = await signed_in(open_page, address)
    await desk.show(paul, QUESTION)
    await expect(desk.record(paul).get_by_text("James Carter")).to_be_visible()
    await shoot(paul, "desk-question")
    await desk.act(paul, "Claim").click()
    await expect(desk.reply(paul)).to_be_focused()
    await desk.reply(paul).fill("Please do not take them together before we talked.")
    await desk.reply(paul).press("Enter")
    await expect(chat.log(patient).get_by_text("before we talked").first).to_be_visible()
    await shoot(paul, "desk-talk")
    await shoot(patient, "patient-talk")


async def pages(open_page: Open, address: str) -> None:
    page = await signed_in(open_page, address)
    for path in ("questions", "instructions", "models", "numbers"):
        await page.goto(f"{address}/staff/{path}")
        if path in LISTS:
            await items(page, LISTS[path]).first.click()
        await asyncio.sleep(SETTLE_SECONDS)
        await shoot(page, path)


async def take(browser: Browser, address: str) -> None:
    async def open_page(url: str, size: tuple[int, int]) -> Page:
        view = {"width": size[0], "height": size[1]}
        context = await browser.new_context(viewport=view, reduced_motion="reduce")
        page = await context.new_page()
        page.set_default_timeout(MS)
        await page.goto(url)
        return page

    patient = await patients(open_page, address)
    await at_the_desk(open_page, address, patient)
    await pages(open_page, address)


async def run(folder: Path, rasa: RasaProcess) -> None:
    database, now = Database(f"sqlite:///{folder}/pictures.db"), utc_now()
    await migrate(database)
    lines = (json.dumps(record) for record in demo_records(now))
    await import_records(database, json_lines.read(lines), now)
    await add_staff(database, "paul", "pharmacist", display_name="Paul Kim")
    await active_model.install(database, model_file().name, sources_digest(), now)
    async with (
        stack(database, rasa.url, rasa.actions_port, utc_now, data_dir=folder) as (address, _),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        await take(browser, address)
        await browser.close()


def main() -> int:
    """Take all pictures; what fails leaves the ones that were taken before."""
    expect.set_options(timeout=MS)
    with tempfile.TemporaryDirectory() as folder:
        rasa = RasaProcess(model_file(), free_port())
        rasa.start(Path(folder) / "rasa.log")
        try:
            asyncio.run(run(Path(folder), rasa))
        finally:
            rasa.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
