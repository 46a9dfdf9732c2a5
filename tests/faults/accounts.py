"""What the devices were told, held against what the database says: nothing may be missing or twice.

Whatever a transaction writes carries one time. So an answer belongs to the turn that was answered
at that time, or to the message that was stored then; one that belongs to neither is one too many.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.settings import Settings
from bot.storage.conversations import Event
from bot.storage.database import Database
from bot.wording import load
from tests.faults.kept import POLL_SECONDS, Kept, Waiting, kept, waiting
from tests.faults.patient import Patient, Sent
from tests.faults.script import REPLIES

# The promise: fifteen seconds. Looks are counted, not seconds, so that a machine which gives the
# tests no time does not break it; the seconds are measured and reported.
MOST_LOOKS = round(15 / POLL_SECONDS)
ANSWER_TIME = timedelta(seconds=Settings().rasa_timeout_seconds / 2)
APOLOGIES = tuple(load("en").render(f"handoff.{name}", now=datetime.now(UTC))
                  for name in ("technical", "database"))  # fmt: skip
FAULTS = ("lost", "doubled", "out_of_order", "altered", "unanswered", "wrong", "escalations_lost")


@dataclass
class Account:
    """What came of a load. Everything named in FAULTS must be zero.

    `interrupted` is how many devices lost their line, or were told to send again.
    """

    sent: int = 0
    answered: int = 0
    in_queue: int = 0
    apologies: int = 0
    interrupted: int = 0
    escalations: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    altered: int = 0
    unanswered: int = 0
    wrong: int = 0
    escalations_lost: int = 0
    looks: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def count(self, name: str, note: str) -> None:
        """One more fault, and where."""
        setattr(self, name, getattr(self, name) + 1)
        self.notes.append(f"{name}: {note}")

    def faults(self) -> dict[str, int]:
        """The counts that must be zero and are not."""
        return {name: getattr(self, name) for name in FAULTS if getattr(self, name)}


async def account(
    database: Database,
    devices: Sequence[Patient],
    before: Waiting,
    recovered_at: float,
) -> Account:
    """Compare everything. `before` are the escalations that were committed before the fault."""
    found = Account()
    records = await kept(database, (device.conversation_id for device in devices))
    for conversation_id, record in records.items():
        own = [device for device in devices if device.conversation_id == conversation_id]
        _log_is_whole(found, record)
        for device in own:
            _device_agrees(found, device, record)
        sent = {key: item for device in own for key, item in device.sent.items()}
        _messages_are_stored(found, sent, record)
        _each_is_answered_once(found, sent, record, recovered_at)
        found.seconds = max(found.seconds, _seconds(own, record, recovered_at))
        found.escalations += len(record.escalations)
    after = await waiting(database)
    for number, row in before.items():
        # A question that comes back to a queue may be due earlier, never later.
        if number not in after or after[number][:5] != row[:5] or after[number][5] > row[5]:
            found.count("escalations_lost", f"{number}: {row} is {after.get(number)}")
    return found


def _log_is_whole(found: Account, record: Kept) -> None:
    seqs = [event.seq for event in record.events]
    if seqs != list(range(1, record.last_seq + 1)):
        found.count("lost", f"the log has {seqs} of {record.last_seq}")


def _device_agrees(found: Account, device: Patient, record: Kept) -> None:
    """Every event is on the screen, as it is in the log, and no other."""
    refused = any(sent.refused for sent in device.sent.values())
    found.interrupted += refused or device.connections > 1
    found.doubled += device.disorder.doubled
    found.out_of_order += device.disorder.out_of_order
    found.altered += device.disorder.altered
    own = device.acknowledged()
    for event in record.events:
        shown = device.shown.get(event.seq)
        if shown is None:
            if event.seq not in own or own[event.seq].client_id != event.client_id:
                found.count("lost", f"{event.seq} is not shown: {event.text!r}")
        elif (shown.event["kind"], shown.event["author"], shown.event["text"]) != (
            event.kind, event.author, event.text,
        ):  # fmt: skip
            found.count("altered", f"{event.seq} is shown as {shown.event}")
    for seq in device.shown.keys() - {event.seq for event in record.events}:
        found.count("lost", f"{seq} was shown, and is not in the log")


def _messages_are_stored(found: Account, sent: Mapping[str, Sent], record: Kept) -> None:
    stored = Counter(event.client_id for event in record.events if event.author == "patient")
    seqs = {event.client_id: event for event in record.events}
    for client_id, item in sent.items():
        found.sent += 1
        event = seqs.get(client_id)
        if event is None or event.seq != item.seq or event.text != item.text:
            found.count("lost", f"{item} is stored as {event and (event.seq, event.text)}")
    for stored_id, times in stored.items():
        if times > 1 or stored_id not in sent:
            found.count("doubled", f"{stored_id} is stored {times} times")


def _each_is_answered_once(
    found: Account, sent: Mapping[str, Sent], record: Kept, recovered_at: float
) -> None:
    replies = record.replies()
    for event in record.events:
        if event.author != "patient":
            continue
        turn = record.turns.get(event.seq)
        item = sent.get(event.client_id or "")
        if turn is None or turn.state == "dropped":
            said = replies.pop(event.at, [])
            if not record.escalations and not said:
                found.count("unanswered", f"{event.seq} {event.text!r} is with nobody")
            found.in_queue += 1
            if item is not None and turn is None:
                _is_fitting(found, item, said, recovered_at, timedelta())
            continue
        said = replies.pop(turn.answered_at, []) if turn.answered_at is not None else []
        if turn.state != "answered" or not said:
            found.count("unanswered", f"{event.seq} {event.text!r}: turn {turn.state}")
            continue
        found.answered += 1
        # Who was given an apology instead of a person does not wait for one.
        if item is not None and item.reply != "waiting":
            took = (event.at if turn.answered_at is None else turn.answered_at) - event.at
            _is_fitting(found, item, said, recovered_at, took, f", taken for {turn.intent}")
    _no_answer_is_left(found, replies, record)


def _no_answer_is_left(found: Account, replies: dict[datetime, list[Event]], record: Kept) -> None:
    """What belongs to no message: the identity form's result and turn, that it takes longer than
    promised; or one too many."""
    for event in record.events:
        if event.kind == "identity_result":
            replies.pop(event.at, None)
            turn = record.turns.get(event.seq)
            if turn is not None and turn.answered_at is not None:
                replies.pop(turn.answered_at, None)
    for row in record.escalations:
        if row.told_late_at is not None:
            replies.pop(row.told_late_at, None)
    for at, said in replies.items():
        found.count("doubled", f"answers nothing: {at} {[event.text for event in said]}")


def _is_fitting(
    found: Account,
    item: Sent,
    said: Sequence[Event],
    recovered_at: float,
    took: timedelta,
    taken_for: str = "",
) -> None:
    """The kind of reply that belongs to the line, or an apology for what failed meanwhile.

    A machine that takes longer for an answer than the gateway waits for it earns one at any time.
    """
    texts = [event.text for event in said]
    if any(text.startswith(APOLOGIES) for text in texts):
        found.apologies += 1
        if item.at > recovered_at and took < ANSWER_TIME:
            found.count("wrong", f"an apology after the recovery for {item.text!r}")
        return
    shown: list[dict[str, Any]] = [{"kind": event.kind, **event.data} for event in said]
    if not REPLIES[item.reply](shown):
        found.count("wrong", f"{item.text!r}{taken_for}, is answered with {texts}")


def _seconds(devices: Sequence[Patient], record: Kept, recovered_at: float) -> float:
    """How long after the recovery the last message from before it was settled on its screen."""
    longest = 0.0
    for device in devices:
        for item in device.sent.values():
            if item.at > recovered_at or item.seq is None:
                continue
            turn = record.turns.get(item.seq)
            if turn is None or turn.state != "answered":
                stored = next(event for event in record.events if event.seq == item.seq)
                longest = max(longest, stored.at.timestamp() - recovered_at)
                continue
            shown = [
                device.shown[event.seq].at - recovered_at
                for event in record.events
                if event.at == turn.answered_at and event.seq in device.shown
            ]
            longest = max([longest, *shown])
    return longest
