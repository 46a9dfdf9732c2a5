"""What a question about using a medicine is about, and what only a pharmacist may answer."""

import pytest

from bot.pharmacy.instruction_topics import directions_topic, is_clinical, storage_topic, topic_of
from bot.pharmacy.routes import first_route


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("does my insulin need to be refrigerated", "storage"),
        ("refridgerate?", "storage"),
        ("how long is it good once opened", "storage"),
        ("can i fly with my insulin", "storage"),
        ("can i leave my inhaler in the car", "storage"),
        ("puedo viajar en avión con mis inyecciones", "storage"),
        ("¿va en el refrigerador?", "storage"),
        ("how do i get rid of old medicine", "disposal"),
        ("can I flush these", "disposal"),
        ("do i throw it away after 28 days", "disposal"),
        ("cómo desecho las pastillas que sobraron", "disposal"),
        # What has happened to it, a text cannot judge.
        ("i left my insulin out overnight is it still good", None),
        ("my ozempic froze", None),
        ("power went out and the humira got warm", None),
        ("is my expired epipen still ok", None),
        ("i kept it in the car yesterday", None),
        ("se me quedó fuera del refri toda la noche, todavía sirve?", None),
        ("ya caducó, la puedo usar?", None),
        # Nor is it about one medicine.
        ("sharps container", None),
        ("do you take back old meds", None),
        ("que hago con las agujas usadas", None),
        # A missed dose is never a question about storing.
        ("i forgot to put it in the fridge", None),
        ("i missed a dose while traveling", None),
        ("", None),
        ("hm", None),
    ],
)
def test_storage(text: str, topic: str | None) -> None:
    assert storage_topic(text) == topic
    assert first_route("ask_storage", text) == ("bot" if topic else "pharmacist")


@pytest.mark.parametrize(
    ("text", "topic", "clinical"),
    [
        ("do i take it with food", "with_food", False),
        ("empty stomach or not", "with_food", False),
        ("en ayunas o con comida", "with_food", False),
        ("antes o después de comer", "with_food", False),
        ("how do I use this inhaler", "device_use", False),
        ("cómo se usa el inhalador", "device_use", False),
        ("how often should i use the inhaler", None, False),
        ("how do I take my metformin", None, False),
        ("i forgot how to take it", None, False),
        ("i forgot to take it with breakfast", None, True),
        ("i missed a dose", None, True),
        ("se me olvidó tomarla con la comida", None, True),
        ("it upsets my stomach, with food?", "with_food", True),
        ("can i take it with food and a glass of wine", "with_food", True),
    ],
)
def test_directions(text: str, topic: str | None, clinical: bool) -> None:
    assert directions_topic(text) == topic
    assert is_clinical(text) is clinical
    assert first_route("ask_directions", text) == ("pharmacist" if clinical else "bot")


def test_a_missed_dose_goes_before_everything() -> None:
    assert topic_of("i missed a dose and threw the rest away in the fridge with food") == (
        "missed_dose"
    )
