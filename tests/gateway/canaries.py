"""Identifiers that exist nowhere else, and messages that they are planted in."""

from tests.feed import examples

PATIENT = examples.PATIENT | {"last_name": "Quillfeather", "first_name": "Zebedee"}
# What a patient may say: the language engine hears it, and keeps nothing (bot.nlu.forgetful).
SPOKEN = ("Quillfeather", "Zebedee", "Nakagaweza", "77 Larkspur Lane", "november 3rd", "W0canary77")
CANARIES = (
    *SPOKEN[:3],
    "216-555-0198",
    "1961-07-31",
    "7709118",
    "zebedee@canary.example",
    "123-45-9876",
    *SPOKEN[3:],
)
MESSAGES = (
    "coins for quillfeather please",
    "zebedee wants coins",
    "i am Zebedee Quillfeather, where are my coins",
    "my name is nakagaweza and i look for coins",
    "coins, call 216-555-0198",
    "coins for somebody born 1961-07-31",
    "coins on rx 7709118",
    "coins to zebedee@canary.example",
    "coins, my ssn is 123-45-9876",
    "coins to 77 Larkspur Lane",
    "coins since november 3rd",
    "coins, member id W0canary77",
)
