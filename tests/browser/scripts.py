"""What the fake gateway answers: one event of every kind, chosen by a word of the message."""

from collections.abc import Iterable

from tests.browser.fake_gateway import Event

STEPS = ("Received", "Insurance", "Filling", "Pharmacist check", "Ready")


def say(text: str, **fields: object) -> Event:
    return {"kind": "message", "text": text, **fields}


def steps(current: int, status: str = "current") -> list[Event]:
    """The fill's steps, those before `current` done."""
    states = ["done"] * current + [status] + ["todo"] * (len(STEPS) - current - 1)
    pairs = zip(STEPS, states, strict=True)
    return [{"key": label.lower(), "label": label, "status": state} for label, state in pairs]


READY: Event = {
    "kind": "status_card",
    "text": "Your lisinopril 10 mg tablet is ready for pickup. Kept until Tuesday, December 1.",
    "state": "ready",
    "reason": "",
    "medicine": "lisinopril 10 mg tablet",
    "title": "Ready for pickup",
    "meaning": "Your prescription is filled, checked by the pharmacist and waiting for you.",
    "next_step": "Pick it up at the Cedar Street store. It is open today until 7:00 PM.",
    "who_acts": "patient",
    "who_acts_label": "You",
    "steps": steps(4, "done"),
    "facts": [
        {"label": "Store", "value": "Cedar Street, (555) 010-4477"},
        {"label": "You pay", "value": "$10.00"},
        {"label": "Kept until", "value": "Tuesday, December 1"},
    ],
    "as_of_text": "As of today, 10:42 AM.",
}

REJECTED: Event = {
    **READY,
    "text": "The claim for your atorvastatin was not accepted by your insurance.",
    "state": "rejected",
    "late_text": "This takes longer than we said. We are sorry.",
    "medicine": "atorvastatin 20 mg tablet",
    "title": "Waiting for your insurance",
    "meaning": "Your insurance did not accept the claim. Its records need an update.",
    "next_step": "The pharmacy is calling your plan. You will hear from us by Wednesday.",
    "who_acts": "pharmacy",
    "who_acts_label": "Pharmacy",
    "steps": steps(1, "problem"),
    "facts": [{"label": "Sent to insurance", "value": "Monday, November 23"}],
}

URGENT: Event = {
    "kind": "notice",
    "author": "system",
    "urgent": True,
    "text": "If someone may be in danger, call 911 now. "
    "For poisoning or too much medicine, call Poison Help.\n\n"
    "A pharmacist has been told and will read this chat. Do not wait for the answer.",
    "phones": [
        {"label": "Call 911", "number": "911"},
        {"label": "Call Poison Help 1-800-222-1222", "number": "1-800-222-1222"},
    ],
}

IDENTITY: Event = {
    "kind": "identity_form",
    "text": "I can look that up. First I need to make sure that it is you.",
}

CHOICES: Event = {
    "kind": "choices",
    "text": "Which prescription do you mean?\n\n1. lisinopril 10 mg tablet\n"
    "2. metformin 500 mg tablet\n3. All of them",
    "choices": [
        {"choice_id": "ch_a", "label": "lisinopril 10 mg tablet"},
        {"choice_id": "ch_b", "label": "metformin 500 mg tablet"},
        {"choice_id": "ch_c", "label": "All of them"},
    ],
}

STAFF: list[Event] = [
    {
        "kind": "owner",
        "author": "system",
        "owner": "staff",
        "name": "Dana Lee",
        "role": "pharmacist",
        "role_label": "pharmacist",
        "text": "Dana Lee, pharmacist, has joined the chat.",
    },
    say(
        "Good morning. I have read your question. Call me at (555) 010-4477.",
        author="staff",
        name="Dana Lee",
        role="pharmacist",
        role_label="pharmacist",
    ),
]

REPLIES: dict[str, list[Event]] = {
    "which": [CHOICES],
    "lisinopril": [READY],
    "atorvastatin": [REJECTED],
    "ready": [IDENTITY],
    "pills": [URGENT, say("I have passed this to the pharmacist.")],
    "person": [
        {
            "kind": "owner",
            "author": "system",
            "owner": "queue",
            "text": "The pharmacy team has been told. Someone answers by 11:15 AM.",
        },
        *STAFF,
    ],
    "stock": [
        {
            "kind": "notice",
            "author": "system",
            "urgent": False,
            "text": "Stock was last counted today at 9:00 AM.",
        }
    ],
    "close": [
        {"kind": "closed", "author": "system", "text": "This chat was closed by the pharmacy."}
    ],
}


def replies(text: str) -> Iterable[Event]:
    """The replies of the first word that occurs in the text; else an echo."""
    return next(
        (found for word, found in REPLIES.items() if word in text.lower()),
        [say(f"You said: {text}")],
    )


HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    "\"'><bold>x</bold> javascript:alert(1)"
)


def hostile(_text: str) -> Iterable[Event]:
    """Every kind of event with markup in every text field."""
    pairs = [
        {
            "label": HOSTILE,
            "value": HOSTILE,
            "number": HOSTILE,
            "key": HOSTILE,
            "status": HOSTILE,
            "choice_id": HOSTILE,
        }
    ]
    names = (
        "text",
        "name",
        "role",
        "role_label",
        "place",
        "state",
        "reason",
        "medicine",
        "title",
        "meaning",
        "next_step",
        "who_acts",
        "who_acts_label",
        "as_of_text",
    )
    fields = dict.fromkeys(names, HOSTILE)
    lists = {"choices": pairs, "phones": pairs, "steps": pairs, "facts": pairs}
    kinds = (
        "message",
        "choices",
        "identity_form",
        "status_card",
        "notice",
        "identity_result",
        "owner",
        HOSTILE,
    )
    for kind in kinds:
        for author in ("bot", "staff"):
            yield {
                "kind": kind,
                "author": author,
                "urgent": True,
                "verified": False,
                "owner": "staff",
                **fields,
                **lists,
            }
