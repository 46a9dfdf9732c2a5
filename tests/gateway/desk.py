"""A patient whose question is with people, and people at the desk, on a running gateway."""

from contextlib import AsyncExitStack
from typing import Any

from bot import directives as d
from bot.pharmacy.desk import Role
from tests.gateway.conftest import House
from tests.gateway.engine import custom
from tests.stack import Device
from tests.staff import Console, at_the_desk

CLINICAL = d.Handoff(
    queue="pharmacist", priority="soon", reason="ask_clinical", response="handoff.clinical"
)
PERSON = d.Handoff(
    queue="counter", priority="soon", reason="request_human", response="handoff.request_human"
)
BESIDE = d.Handoff(
    queue="counter", reason="late_fill", response="handoff.request_human", transfers=False
)


class DeskHouse:
    """The gateway with signed-in people; whoever enters is signed out at the end of the test."""

    def __init__(self, house: House, exits: AsyncExitStack) -> None:
        self.house = house
        self._exits = exits

    async def enters(self, username: str, role: Role) -> Console:
        """Somebody with a new account signs in."""
        house = self.house
        return await self._exits.enter_async_context(
            at_the_desk(house.app.database, house.address, username, role)
        )

    async def asks(
        self, handoff: d.Handoff = CLINICAL, text: str = "can i take both", locale: str = "en"
    ) -> tuple[Device, int]:
        """A patient whose question goes to people; the device and the escalation."""
        device = await self.house.opened(locale)
        return device, await self.asks_again(device, handoff, text)

    async def asks_again(
        self, device: Device, handoff: d.Handoff, text: str = "what about the other one"
    ) -> int:
        """The patient asks something that goes to people, while the bot speaks."""
        engine = self.house.engine
        before, engine.reply = engine.reply, lambda _text: custom(handoff)
        await device.say(text)
        engine.reply = before
        return (await self.house.escalations(device))[-1].escalation_id

    async def events(self, device: Device) -> list[dict[str, Any]]:
        """The whole log, as the patient's device reads it."""
        _, body = await self.house.get(device, "events")
        events: list[dict[str, Any]] = body["events"]
        return events
