"""The line of a device breaks after any frame of a dialogue: it ends as an undisturbed one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from random import Random

import pytest

from tests.faults.accounts import account
from tests.faults.kept import caught_up
from tests.faults.patient import Patient
from tests.faults.processes import Installation
from tests.faults.report import ROWS, Row
from tests.faults.script import JAMES, RESUME, Say, Step, Tap, Verify
from tests.faults.suffering import opened, survived

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
# With the identity form, choices, and the owner changing both ways.
DIALOGUE: tuple[Step, ...] = (
    Say("are you open on sunday"),
    Say("is my lisinopril ready", "identity form"),
    JAMES,
    Tap("Opening hours", "words"),
    Say("can i take ibuprofen with my blood pressure pills", "people"),
    Say("please tell me soon", "waiting"),
    Tap(RESUME),
    Say("thank you"),
)
on_postgres = pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
AT_ONCE = 10
STEP_SECONDS = 60.0


async def go_through(patient: Patient, lengths: Sequence[int] | None = None) -> list[int]:
    """Go through the dialogue; how long the log was after each step.

    With `lengths` each step waits for that of an undisturbed run; that one waits for the end of
    each turn, which a line that breaks may never be told.
    """
    found: list[int] = []
    await patient.open()
    for number, step in enumerate(DIALOGUE):
        await take(patient, step)
        if lengths is None:
            done = partial(has_finished, patient, number + 1)
        else:
            done = partial(has, patient, lengths[number])
        assert await patient.until(done, STEP_SECONDS), f"after {step}: {patient.reached}"
        found.append(patient.reached)
    return found


async def take(patient: Patient, step: Step) -> None:
    """One step of the dialogue."""
    match step:
        case Say():
            await patient.say(step.text, step.reply)
        case Tap():
            assert await patient.tap(step.label, step.reply), f"no {step.label!r} to tap"
        case Verify():
            await patient.verify(
                last_name=step.last_name, date_of_birth=step.date_of_birth, phone=step.phone
            )


def has_finished(patient: Patient, turns: int) -> bool:
    """Whether it was told of the end of so many turns."""
    return patient.finished >= turns


def has(patient: Patient, seq: int) -> bool:
    """Whether the device misses nothing up to an event."""
    return patient.reached >= seq


def shape(patient: Patient) -> list[tuple[str, str, str]]:
    """What is on the screen, without times and places in line, which differ from chat to chat."""
    own = patient.acknowledged()
    events = {seq: shown.event for seq, shown in patient.shown.items()}
    return [
        (events[seq]["author"], events[seq]["kind"], events[seq]["text"].split(". ")[0])
        if seq in events
        else ("patient", "message", own[seq].text)
        for seq in range(1, patient.reached + 1)
    ]


@on_postgres
async def test_the_line_breaks_after_any_frame(installation: Installation) -> None:
    async with opened(installation.database_url) as database, leaving() as patients:
        undisturbed = Patient(installation.address)
        patients.append(undisturbed)
        lengths = await go_through(undisturbed)
        frames = undisturbed.frames
        assert frames > 3 * len(DIALOGUE)
        patients += [
            Patient(installation.address, Random(number), drop_after=number)
            for number in range(1, frames + 1)
        ]
        turns = asyncio.Semaphore(AT_ONCE)

        async def take_turn(patient: Patient) -> None:
            async with turns:
                await go_through(patient, lengths)

        await asyncio.gather(*(take_turn(patient) for patient in patients[1:]))
        await caught_up(database, patients)
        for patient in patients[1:]:
            assert patient.drop_after is not None
            assert patient.frames >= patient.drop_after
            assert shape(patient) == shape(undisturbed), f"cut after frame {patient.drop_after}"
        found = await account(database, patients, {}, recovered_at=0)
        ROWS.append(
            Row(
                "line cut at frame k", installation.database, frames, frames, len(patients),
                found.sent, found.apologies, found.lost, found.doubled,
                found.out_of_order + found.altered, found.unanswered + found.wrong,
                found.escalations, found.escalations_lost, None,
            )
        )  # fmt: skip
    survived(found)


@asynccontextmanager
async def leaving() -> AsyncIterator[list[Patient]]:
    """Devices that all leave at the end."""
    patients: list[Patient] = []
    try:
        yield patients
    finally:
        await asyncio.gather(*(patient.leave() for patient in patients))
