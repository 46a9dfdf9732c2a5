"""Whether a refill may be asked for: the whole table of statuses, states, refills and dates."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pharmacy import refill_rules as rules
from bot.pharmacy.fill_states import FILL_STATES
from bot.pharmacy.refill_rules import Asked, AskedPrescriber, Facts, LatestFill, decide, is_open

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(days=2), NOW + timedelta(days=2)
SOON, PAST = TODAY + timedelta(days=9), TODAY - timedelta(days=1)

IN_PROGRESS = {
    "received", "data_entry", "adjudicating", "rejected", "pa_pending", "pa_denied",
    "clarification", "renewal_requested", "out_of_stock", "special_order", "filling",
    "verification", "partial_ready", "ready", "out_for_delivery",
}  # fmt: skip
# What an active prescription in each other state gets: with refills, without, and expired.
OTHER: dict[str | None, tuple[type, type, type]] = {
    None: (rules.MayRefill, rules.NeedsRenewal, rules.NeedsRenewal),
    "picked_up": (rules.MayRefill, rules.NeedsRenewal, rules.NeedsRenewal),
    "delivered": (rules.MayRefill, rules.NeedsRenewal, rules.NeedsRenewal),
    # What came back to the shelf was never dispensed: it needs no refill.
    "returned_to_stock": (rules.MayRefill, rules.MayRefill, rules.NeedsRenewal),
    "too_soon": (rules.TooEarly, rules.TooEarly, rules.TooEarly),
    "no_refills": (rules.NeedsRenewal, rules.NeedsRenewal, rules.NeedsRenewal),
    "expired": (rules.NeedsRenewal, rules.NeedsRenewal, rules.NeedsRenewal),
    "on_hold": (rules.OnHold, rules.OnHold, rules.OnHold),
    "transferred": (rules.Transferred, rules.Transferred, rules.Transferred),
    "cancelled": (rules.Cancelled, rules.Cancelled, rules.Cancelled),
    "unknown": (rules.NotClear, rules.NotClear, rules.NotClear),
}
OPEN = Facts(status="active", refills_remaining=2, expires_on=SOON)


def fill(
    state: str, reason: str | None = None, earliest: date | None = None,
    begun_at: datetime | None = BEFORE,
) -> LatestFill:  # fmt: skip
    return LatestFill(state, reason, begun_at, earliest)


def with_fill(facts: Facts, state: str | None) -> Facts:
    return replace(facts, fill=fill(state) if state else None)


def test_the_table_has_every_state() -> None:
    assert IN_PROGRESS | (OTHER.keys() - {None}) == FILL_STATES.keys()
    assert IN_PROGRESS == rules.IN_PROGRESS


@pytest.mark.parametrize("state", [None, *FILL_STATES])
def test_an_active_prescription(state: str | None) -> None:
    facts = with_fill(OPEN, state)
    cases = (facts, replace(facts, refills_remaining=0), replace(facts, expires_on=PAST))
    expected = OTHER[state] if state not in IN_PROGRESS else (rules.InProgress,) * 3
    assert tuple(type(decide(case, TODAY)) for case in cases) == expected


@pytest.mark.parametrize("state", [None, *FILL_STATES])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("on_hold", rules.OnHold()),
        ("transferred", rules.Transferred("Oak Drugs")),
        ("cancelled", rules.Cancelled()),
    ],
)
def test_a_prescription_that_is_not_in_use(
    state: str | None, status: str, outcome: rules.Outcome
) -> None:
    """What became of the prescription counts more than its last fill, but for a move."""
    facts = with_fill(replace(OPEN, status=status, transferred_to="Oak Drugs"), state)
    expected = outcome
    if state == "transferred":
        expected = rules.Transferred("Oak Drugs")
    elif state == "cancelled" and status == "on_hold":
        expected = rules.Cancelled()
    assert decide(facts, TODAY) == expected


def test_a_status_that_nobody_knows_is_not_guessed() -> None:
    assert decide(replace(OPEN, status="archived"), TODAY) == rules.NotClear()
    assert decide(with_fill(OPEN, "robot_queue"), TODAY) == rules.NotClear()


def test_the_reason_for_a_renewal() -> None:
    assert decide(replace(OPEN, refills_remaining=0), TODAY) == rules.NeedsRenewal("no_refills")
    assert decide(replace(OPEN, expires_on=PAST), TODAY) == rules.NeedsRenewal("expired")
    both = replace(OPEN, refills_remaining=0, expires_on=PAST)
    assert decide(both, TODAY) == rules.NeedsRenewal("expired")
    assert decide(with_fill(OPEN, "no_refills"), TODAY) == rules.NeedsRenewal("no_refills")
    assert decide(with_fill(OPEN, "expired"), TODAY) == rules.NeedsRenewal("expired")


def test_a_prescription_can_be_used_on_its_last_day() -> None:
    assert decide(replace(OPEN, expires_on=TODAY), TODAY) == rules.MayRefill()
    assert decide(replace(OPEN, expires_on=None), TODAY) == rules.MayRefill()


@pytest.mark.parametrize("state", ["picked_up", "delivered", "too_soon"])
def test_not_before_the_recorded_date(state: str) -> None:
    early = replace(OPEN, fill=fill(state, earliest=SOON))
    assert decide(early, TODAY) == rules.TooEarly(SOON)
    assert decide(early, SOON) == rules.MayRefill()


def test_no_date_is_made_up() -> None:
    """Days' supply is not even an input: without a recorded date there is none to tell."""
    assert decide(replace(OPEN, fill=fill("picked_up")), TODAY) == rules.MayRefill()
    assert decide(replace(OPEN, fill=fill("too_soon")), TODAY) == rules.TooEarly(None)
    assert "days_supply" not in Facts.__dataclass_fields__


def test_a_date_counts_from_a_fill_that_was_dispensed() -> None:
    assert decide(replace(OPEN, fill=fill("returned_to_stock", earliest=SOON)), TODAY) == (
        rules.MayRefill()
    )


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("patient_request", rules.MayRefill()),
        ("prescriber_request", rules.Cancelled()),
        ("duplicate", rules.Cancelled()),
        (None, rules.Cancelled()),
    ],
)
def test_only_the_patients_own_cancellation_can_be_taken_back(
    reason: str | None, outcome: rules.Outcome
) -> None:
    assert decide(replace(OPEN, fill=fill("cancelled", reason)), TODAY) == outcome


@pytest.mark.parametrize("state", [None, *FILL_STATES])
def test_a_controlled_drug_is_never_requested_nor_given_a_date(state: str | None) -> None:
    for refills, earliest in product((0, 2), (None, SOON, PAST)):
        facts = replace(
            OPEN, controlled=True, refills_remaining=refills,
            fill=fill(state, earliest=earliest) if state else None,
        )  # fmt: skip
        outcome = decide(facts, TODAY)
        told = rules.InProgress | rules.OnHold | rules.Transferred | rules.Cancelled
        assert isinstance(outcome, told | rules.Controlled)


class TestTheRenewalThatWasSent:
    NONE_LEFT = replace(OPEN, refills_remaining=0, fill=fill("picked_up"))

    @pytest.mark.parametrize("status", ["sent", "no_reply"])
    def test_it_is_not_sent_twice(self, status: str) -> None:
        facts = replace(self.NONE_LEFT, prescriber=AskedPrescriber(status, NOW, AFTER))
        assert decide(facts, TODAY) == rules.RenewalSent(NOW, AFTER)

    def test_a_no_is_told(self) -> None:
        facts = replace(self.NONE_LEFT, prescriber=AskedPrescriber("denied", NOW, None))
        assert decide(facts, TODAY) == rules.RenewalDenied()

    def test_an_approval_that_is_used_up_is_history(self) -> None:
        facts = replace(self.NONE_LEFT, prescriber=AskedPrescriber("approved", NOW, None))
        assert decide(facts, TODAY) == rules.NeedsRenewal("no_refills")

    def test_a_request_before_the_last_fill_is_history(self) -> None:
        old = AskedPrescriber("denied", BEFORE - timedelta(days=30), None)
        facts = replace(self.NONE_LEFT, prescriber=old)
        assert decide(facts, TODAY) == rules.NeedsRenewal("no_refills")
        stopped = replace(facts, fill=fill("no_refills"))
        assert decide(stopped, TODAY) == rules.RenewalDenied()


class TestWhatWasAskedForBefore:
    @pytest.mark.parametrize("status", ["placed", "accepted"])
    @pytest.mark.parametrize("state", [None, *FILL_STATES])
    def test_it_is_told_unless_there_is_later_news(self, state: str | None, status: str) -> None:
        asked = Asked("refill", status, NOW)
        outcome = decide(replace(with_fill(OPEN, state), asked=asked), TODAY)
        if state in IN_PROGRESS | {"on_hold", "transferred", "cancelled"}:
            assert not isinstance(outcome, rules.AlreadyRequested | rules.MayRefill)
        else:
            assert outcome == rules.AlreadyRequested("refill", status, NOW)

    @pytest.mark.parametrize("status", ["rejected", "cancelled"])
    def test_what_was_turned_down_or_taken_back_may_be_asked_for_again(self, status: str) -> None:
        facts = replace(OPEN, asked=Asked("refill", status, NOW))
        assert decide(facts, TODAY) == rules.MayRefill()

    @pytest.mark.parametrize("status", ["placed", "accepted"])
    def test_a_refill_is_settled_by_a_later_fill(self, status: str) -> None:
        facts = replace(
            OPEN, asked=Asked("refill", status, NOW), fill=fill("picked_up", begun_at=AFTER)
        )
        assert not is_open(facts, TODAY)
        assert decide(facts, TODAY) == rules.MayRefill()

    def test_a_fill_without_a_date_settles_nothing(self) -> None:
        facts = replace(
            OPEN, asked=Asked("refill", "accepted", NOW), fill=fill("picked_up", begun_at=None)
        )
        assert is_open(facts, TODAY)

    def test_a_renewal_is_settled_by_the_refills_that_it_brought(self) -> None:
        asked = replace(OPEN, refills_remaining=0, asked=Asked("renewal", "accepted", NOW))
        assert decide(asked, TODAY) == rules.AlreadyRequested("renewal", "accepted", NOW)
        assert decide(replace(asked, refills_remaining=5), TODAY) == rules.MayRefill()

    def test_a_renewal_that_nobody_has_answered_is_not_placed_again(self) -> None:
        facts = replace(
            OPEN, refills_remaining=0, asked=Asked("renewal", "placed", NOW),
            fill=fill("no_refills", begun_at=AFTER),
        )  # fmt: skip
        assert is_open(facts, TODAY)
        later = replace(facts, asked=Asked("renewal", "accepted", NOW))
        assert decide(later, TODAY) == rules.NeedsRenewal("no_refills")


MOMENTS = st.sampled_from([BEFORE, NOW, AFTER])
DAYS = st.none() | st.sampled_from([PAST, TODAY, SOON])
FILLS = st.builds(
    LatestFill, st.sampled_from([*FILL_STATES]), st.none() | st.just("patient_request"),
    st.none() | MOMENTS, DAYS,
)  # fmt: skip
FACTS = st.builds(
    Facts,
    status=st.sampled_from(["active", "active", "on_hold", "transferred", "cancelled"]),
    refills_remaining=st.integers(0, 3),
    expires_on=DAYS,
    controlled=st.booleans(),
    fill=st.none() | FILLS,
    prescriber=st.none()
    | st.builds(
        AskedPrescriber,
        st.sampled_from(["sent", "no_reply", "approved", "denied"]),
        MOMENTS,
        st.none() | MOMENTS,
    ),
    asked=st.none()
    | st.builds(
        Asked,
        st.sampled_from(["refill", "renewal"]),
        st.sampled_from(["placed", "accepted", "rejected", "cancelled"]),
        MOMENTS,
    ),
)


@given(FACTS)
def test_what_may_be_placed_is_safe_to_place(facts: Facts) -> None:
    outcome = decide(facts, TODAY)
    if not isinstance(outcome, rules.MayRefill | rules.NeedsRenewal):
        return
    assert facts.status == "active"
    assert not facts.controlled
    assert not is_open(facts, TODAY)
    assert facts.fill is None or facts.fill.state not in rules.IN_PROGRESS
    if isinstance(outcome, rules.MayRefill):
        assert facts.expires_on is None or facts.expires_on >= TODAY


@given(FACTS)
def test_once_placed_it_is_not_placed_again(facts: Facts) -> None:
    outcome = decide(facts, TODAY)
    if isinstance(outcome, rules.MayRefill | rules.NeedsRenewal):
        later = AFTER + timedelta(days=1)
        kind: rules.Kind = "refill" if isinstance(outcome, rules.MayRefill) else "renewal"
        placed = replace(facts, asked=Asked(kind, "placed", later))
        assert decide(placed, TODAY) == rules.AlreadyRequested(kind, "placed", later)


@given(FACTS)
def test_a_date_that_is_told_is_a_recorded_one(facts: Facts) -> None:
    outcome = decide(facts, TODAY)
    if isinstance(outcome, rules.TooEarly) and outcome.earliest is not None:
        assert facts.fill is not None
        assert outcome.earliest == facts.fill.earliest_refill_on
        assert outcome.earliest > TODAY
