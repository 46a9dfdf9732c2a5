"""What is said about call-backs. Buttons alone lead here, so Rasa is not asked."""

from bot import directives as d
from bot.pharmacy.desk import CALL_BACK
from bot.services import call_backs
from bot.services.call_backs import Waiting, Window
from bot.services.replies import Reply
from bot.storage.conversations import Choice

# Reserved meanings of buttons, beside CALL_BACK itself.
CALL_BACK_AT = "call_back_at"
NO_CALL = "no_call_back"
INTENTS = frozenset({CALL_BACK, CALL_BACK_AT, NO_CALL})


async def take(reply: Reply, choice: Choice) -> None:
    """Answer a tap on one of the buttons about a call; a person does not have the conversation."""
    found = await _waiting(reply)
    if choice.intent == NO_CALL:
        await _leave(reply, found)
    elif found is None:
        _say(reply, "call_back.nothing_waits")
    elif choice.intent == CALL_BACK_AT and choice.value:
        await _choose(reply, found, Window.of(choice.value))
    else:
        await _offer(reply, found)


async def go_on(reply: Reply) -> None:
    """Offer the times that somebody who has just confirmed who they are had asked for."""
    found = await _waiting(reply)
    forget(reply)
    if reply.conversation.owner == "staff":
        return
    if found is None:
        _say(reply, "call_back.nothing_waits")
    else:
        await _offer(reply, found)


def forget(reply: Reply) -> None:
    """No call-back waits for identity any more."""
    _remember(reply, waits=False)


async def _offer(reply: Reply, found: Waiting) -> None:
    """Offer times for a call, or say what stands in the way."""
    whom = await call_backs.contact(reply.session, reply.conversation.conversation_id, reply.now)
    windows = found.windows(reply.now)
    if not windows:
        await _impossible(reply, found, "call_back.no_times")
    elif whom is None:
        await _ask_who(reply)
    elif not whom.ending:
        await _impossible(reply, found, "call_back.no_number")
    else:
        back = "button.no_call_back" if found.booked is None else "button.keep_call_back"
        options = [_option(reply, found, window) for window in windows]
        options.append(d.Option(intent=NO_CALL, label=back))
        await reply.say_all(
            [d.Choices(response="call_back.when", options=tuple(options), numbered=True)]
        )


async def _ask_who(reply: Reply) -> None:
    """Say why a call needs identity, show the form, and leave a way out of it."""
    _remember(reply, waits=True)
    way_out = d.Option(intent=NO_CALL, label="button.no_call_back")
    await reply.say_all(
        [
            d.Say(response="call_back.why_identity"),
            d.IdentityForm(),
            d.Choices(response="call_back.or_not", options=(way_out,)),
        ]
    )


async def _choose(reply: Reply, found: Waiting, window: Window) -> None:
    """Book the time that was tapped; offer new ones when it cannot be kept any more."""
    session, conversation, now = reply.session, reply.conversation, reply.now
    whom = await call_backs.contact(session, conversation.conversation_id, now)
    if whom is None or not whom.ending or found.store is None:
        await _offer(reply, found)
    elif not found.can_keep(window, now):
        _say(reply, "call_back.too_late")
        await _offer(reply, found)
    else:
        await call_backs.book(session, conversation, found, whom, window, now)
        values = {**_values(window), "ending": whom.ending}
        _say(reply, "call_back.booked", values, found.store.record.timezone)
        await reply.offer_meanwhile()


async def _leave(reply: Reply, found: Waiting | None) -> None:
    """Back to where the button was: without a call, or with the one that was booked before."""
    forget(reply)
    booked = found is not None and found.booked is not None
    _say(reply, "call_back.kept" if booked else "call_back.none")
    await reply.offer_meanwhile()


async def _impossible(reply: Reply, found: Waiting, response: str) -> None:
    phone = found.store.record.phone if found.store else ""
    _say(reply, response, {"phone": phone or None})
    await reply.offer_meanwhile()


async def _waiting(reply: Reply) -> Waiting | None:
    return await call_backs.waiting(reply.session, reply.conversation.conversation_id, reply.now)


def _option(reply: Reply, found: Waiting, window: Window) -> d.Option:
    zone = found.store.record.timezone if found.store else None
    label = reply.text("call_back.window", _values(window), zone)
    # Spanish writes the days of the week small; a button begins like a sentence.
    return d.Option(
        intent=CALL_BACK_AT, label_text=label[:1].upper() + label[1:], value=window.value()
    )


def _values(window: Window) -> d.Values:
    return {
        "day": window.start.isoformat(),
        "start": window.start.isoformat(),
        "until": window.until.isoformat(),
    }


def _say(
    reply: Reply, response: str, values: d.Values | None = None, timezone: str | None = None
) -> None:
    reply.say(d.Say(response=response, values=values or {}, timezone=timezone))


def _remember(reply: Reply, *, waits: bool) -> None:
    memory = d.Memory.model_validate(reply.conversation.memory)
    kept = memory.model_copy(update={"call_back": waits})
    reply.conversation.memory = kept.model_dump(mode="json")
