"""Questions about the stores: hours, address, pickup rules, delivery."""

from abc import abstractmethod

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.services.store_info import coming_exceptions, stores_meant
from bot.services.stores import OpenStore
from bot.wording import LOCALES, load
from bot.wording.formats import week_lines


class StoreAction(PatientAction):
    """An action that answers for the stores that are meant, else for all of them."""

    async def answer(self, question: Question) -> Answer:
        stores = await stores_meant(question.session, question.text)
        if not stores:
            return [d.Say(response="hours.no_stores")]
        spoken: list[d.Directive] = []
        for store in stores:
            spoken += self.describe(question, store)
        return spoken

    @abstractmethod
    def describe(self, question: Question, store: OpenStore) -> list[d.Directive]:
        """The answer for one store."""


class ActionAskHours(StoreAction):
    """Whether a store is open now, its week, and the exceptions that come."""

    intents = ("ask_hours",)

    def describe(self, question: Question, store: OpenStore) -> list[d.Directive]:
        now, hours = question.now, store.hours
        wording = load(question.asker.locale)
        closes_at, opens_at = hours.closes_at(now), hours.next_opening(now)
        name = "open" if hours.is_open(now) else "closed" if opens_at else "closed_long"
        week = week_lines(store.record.hours, wording.locale)
        values: d.Values = {
            "store_name": store.record.name,
            "closes_at": closes_at.isoformat() if closes_at else None,
            "opens_at": opens_at.isoformat() if opens_at else None,
            "week": "\n".join(week),
            "notes": "\n".join(
                wording.render(
                    "hours.exception_open" if day.intervals else "hours.exception_closed",
                    {
                        "store_name": store.record.name,
                        "day": day.day,
                        "times": wording.times(day.intervals),
                    },
                    now=now,
                    timezone=store.record.timezone,
                )
                for day in coming_exceptions(store, now)
            )
            or None,
        }
        return [d.Say(response=f"hours.{name}", values=values, timezone=store.record.timezone)]


class ActionAskContact(StoreAction):
    """Address and phone."""

    intents = ("ask_contact",)

    def describe(self, question: Question, store: OpenStore) -> list[d.Directive]:
        values: d.Values = {
            "store_name": store.record.name,
            "address": store.record.address,
            "phone": store.record.phone,
        }
        return [d.Say(response="contact", values=values)]


class ActionAskPickupRules(StoreAction):
    """Who may pick up and what to bring, in the pharmacy's own words.

    Rules that a store has in another language only are given as they are, and marked.
    """

    intents = ("ask_pickup_rules",)

    def describe(self, question: Question, store: OpenStore) -> list[d.Directive]:
        rules = store.record.pickup_rules
        own = rules.get(question.asker.locale)
        others = (rules[other] for other in LOCALES if rules.get(other))
        sentences: list[str] = own or next(others, [])
        name = "rules" if own else "other_language" if sentences else "unknown"
        values: d.Values = {
            "store_name": store.record.name,
            "rules": " ".join(sentences) or None,
        }
        return [d.Say(response=f"pickup.{name}", values=values)]


class ActionAskDelivery(StoreAction):
    """Whether a store delivers, where to, and for how much."""

    intents = ("ask_delivery",)

    def describe(self, question: Question, store: OpenStore) -> list[d.Directive]:
        record = store.record
        names = {None: "unknown", False: "not_offered", True: "offered"}
        name = names[record.delivery_offered]
        if name == "offered" and record.delivery_fee_cents == 0:
            name = "free"
        values: d.Values = {
            "store_name": record.name,
            "area": record.delivery_area,
            "fee_cents": record.delivery_fee_cents,
        }
        return [d.Say(response=f"delivery.{name}", values=values)]
