"""Where intents go, and what is too serious to ask again."""

import pytest

from bot.pharmacy.routes import first_route, serious_guess


@pytest.mark.parametrize(
    ("intent", "route"),
    [
        ("ask_status", "bot"),
        ("ask_clinical", "pharmacist"),
        ("report_emergency", "urgent"),
        ("report_wrong_medicine", "urgent"),
        ("report_ran_out", "urgent"),
        ("request_human", "counter"),
        ("refuse_identity", "counter"),
        ("nlu_fallback", "bot"),
    ],
)
def test_first_messages(intent: str, route: str) -> None:
    assert first_route(intent) == route


@pytest.mark.parametrize(
    ("ranking", "guess"),
    [
        ([("nlu_fallback", 0.2), ("ask_clinical", 0.18), ("ask_price", 0.1)], "ask_clinical"),
        ([("nlu_fallback", 0.2), ("report_emergency", 0.19)], "report_emergency"),
        ([("ask_price", 0.15), ("ask_clinical", 0.09)], "ask_clinical"),
        ([("request_cancel", 0.12), ("report_emergency", 0.09)], "ask_clinical"),
        ([("ask_price", 0.15), ("ask_status", 0.1), ("ask_clinical", 0.1)], None),
        ([("out_of_scope", 0.07), ("report_emergency", 0.005)], None),
        ([("nlu_fallback", 1.0)], None),
        ([], None),
    ],
)
def test_a_guess_that_may_be_about_safety_is_acted_on(
    ranking: list[tuple[str, float]], guess: str | None
) -> None:
    assert serious_guess(ranking) == guess
