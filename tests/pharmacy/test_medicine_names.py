from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.pharmacy.medicine_names import (
    Medicine,
    MedicineIndex,
    Mention,
    narrow,
    stated_strength,
)
from bot.pharmacy.medicine_words import medicine_words
from bot.pharmacy.spelling import fold, sound, spanish_forms
from tests.counting import calls, calls_at_first

HERE = Path(__file__).parent
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def read_catalogue() -> tuple[Medicine, ...]:
    found: list[Medicine] = []
    data: dict[str, list[Any]] = yaml.safe_load((HERE / "catalogue.yml").read_text("utf-8"))
    for generic, rows in data.items():
        for brands, strengths, form in rows if isinstance(rows[-1], list) else [rows]:
            for strength in strengths:
                product = f"P{len(found):04}"
                found.append(Medicine(product, generic, tuple(brands), strength, form))
    return tuple(found)


def read_table() -> list[tuple[str, str]]:
    data: dict[str, dict[str, str]] = yaml.safe_load(
        (HERE / "medicine_mentions.yml").read_text("utf-8")
    )
    return [(str(text), meant) for rows in data.values() for text, meant in rows.items()]


CATALOGUE = read_catalogue()
INDEX = MedicineIndex(CATALOGUE)
TABLE = read_table()
ORDINARY = (HERE / "ordinary_sentences.txt").read_text("utf-8").splitlines()


def generics(medicines: Sequence[Medicine]) -> set[str]:
    return {medicine.generic_name for medicine in medicines}


def only(text: str) -> Mention:
    (mention,) = INDEX.find(text)
    return mention


def strengths_of(text: str) -> list[str]:
    """What is left of a single mention after narrowing by the whole text."""
    return [medicine.strength for medicine in narrow(only(text).medicines, text)]


class TestWhatPatientsType:
    @pytest.mark.parametrize(("text", "meant"), TABLE, ids=[text for text, _ in TABLE])
    def test_names_are_understood(self, text: str, meant: str) -> None:
        found = [generics(mention.medicines) for mention in INDEX.find(text)]
        assert found == [set(names.split(" | ")) for names in meant.split(" + ")]

    @pytest.mark.parametrize("text", ORDINARY)
    def test_ordinary_sentences_name_nothing(self, text: str) -> None:
        assert INDEX.find(text) == ()

    def test_the_table_is_large_enough_to_mean_something(self) -> None:
        assert len(TABLE) >= 150
        assert len(set(ORDINARY)) >= 150
        assert len(generics(CATALOGUE)) >= 120


class TestMentions:
    def test_a_brand_gives_every_strength(self) -> None:
        assert len(only("Lipitor").medicines) == 4

    def test_a_brand_of_one_release_gives_only_that_release(self) -> None:
        forms = {medicine.form for medicine in only("wellbutrin xl").medicines}
        assert forms == {"extended-release tablet"}
        assert len({medicine.form for medicine in only("wellbutrin").medicines}) == 2

    def test_words_are_as_typed(self) -> None:
        mentions = INDEX.find("Hi! Is my METFORMAN, or the Lisinopril/HCTZ, ready?")
        assert [mention.words for mention in mentions] == ["METFORMAN", "Lisinopril/HCTZ"]

    @pytest.mark.parametrize(
        "text", ["metformin", "Glucophage", "metformina", "my lisinoprils", "hctz", "pro air"]
    )
    def test_exact(self, text: str) -> None:
        mention = only(text)
        assert mention.exact
        assert mention.score == 100

    @pytest.mark.parametrize("text", ["metforman", "zoloff", "lisinipril hctz", "amoxicilin"])
    def test_corrected(self, text: str) -> None:
        mention = only(text)
        assert not mention.exact
        assert 50 < mention.score < 100

    def test_the_nearest_name_comes_first(self) -> None:
        assert only("hydroxazine").medicines[0].generic_name == "hydroxyzine"
        assert only("hydralizine").medicines[0].generic_name == "hydralazine"
        assert only("klonapin").medicines[0].generic_name == "clonazepam"

    def test_combinations_that_contain_the_name_are_kept_apart(self) -> None:
        mention = only("lisinopril")
        assert generics(mention.containing) == {"lisinopril-hydrochlorothiazide"}
        assert mention.containing[0] not in mention.medicines

    def test_a_combination_may_have_been_two_medicines(self) -> None:
        mention = only("lisinopril hctz")
        assert {"lisinopril", "hydrochlorothiazide"} <= generics(mention.containing)

    def test_a_salt_may_have_been_a_medicine(self) -> None:
        assert "potassium chloride" in generics(only("losartan potassium").containing)

    def test_a_vitamin_that_is_not_there_is_not_replaced_by_another(self) -> None:
        assert INDEX.find("do you have vitamin k") == ()
        assert len(only("my vitamins").medicines) > 1

    def test_an_empty_catalogue(self) -> None:
        assert MedicineIndex(()).find("metformin") == ()

    def test_names_of_everyday_words_are_only_found_whole(self) -> None:
        odd = MedicineIndex(
            [
                Medicine("1", "levonorgestrel", ("Plan B One-Step", "Plan B"), "1.5 mg", "tablet"),
                Medicine("2", "carboxymethylcellulose", ("Refresh Tears",), "0.5 %", "eye drops"),
                Medicine(
                    "3", "magnesium hydroxide", ("Milk of Magnesia",), "400 mg/5 mL", "liquid"
                ),
            ]
        )
        assert odd.find("what is the plan, one step at a time") == ()
        assert odd.find("please refresh the page, i am in tears") == ()
        assert odd.find("i spilled milk on it") == ()
        for text in ("plan b", "refresh tears", "milk of magnesia", "magnesium"):
            assert len(odd.find(text)) == 1

    def test_products_that_differ_only_in_id_are_all_kept(self) -> None:
        twins = [Medicine(str(n), "metformin", (), "500 mg", "tablet") for n in range(3)]
        assert MedicineIndex(twins).find("metforman")[0].medicines == tuple(twins)


class TestLookAlikes:
    PAIRS = (
        ("hydroxyzine", "hydralazine"),
        ("clonidine", "clonazepam"),
        ("celecoxib", "citalopram"),
        ("prednisone", "prednisolone"),
        ("bupropion", "buspirone"),
        ("tramadol", "trazodone"),
        ("glipizide", "glyburide"),
        ("lamotrigine", "lamivudine"),
    )

    @pytest.mark.parametrize(("one", "other"), PAIRS)
    def test_an_exact_name_never_brings_its_look_alike(self, one: str, other: str) -> None:
        for name, confused in ((one, other), (other, one)):
            mention = only(f"is my {name} ready")
            assert confused not in generics(mention.medicines + mention.containing)

    @pytest.mark.parametrize(
        ("typed", "both"),
        [
            ("hydroxizine", {"hydroxyzine", "hydralazine"}),
            ("hidralazine", {"hydroxyzine", "hydralazine"}),
            ("clonadine", {"clonidine", "clonazepam"}),
            ("klonipin", {"clonidine", "clonazepam"}),
            ("celabrex", {"celecoxib", "citalopram"}),
            ("celexxa", {"celecoxib", "citalopram"}),
            ("predisolone", {"prednisone", "prednisolone"}),
            ("buproprion", {"bupropion", "buspirone"}),
            ("busperone", {"bupropion", "buspirone"}),
            ("tramodol", {"tramadol", "trazodone"}),
            ("glipazide", {"glipizide", "glyburide"}),
            ("gliburide", {"glipizide", "glyburide"}),
        ],
    )
    def test_a_misspelled_name_brings_both(self, typed: str, both: set[str]) -> None:
        mention = only(f"refill my {typed}")
        assert both <= generics(mention.medicines)
        assert not mention.exact


class TestNarrowing:
    @pytest.mark.parametrize(
        ("text", "strengths"),
        [
            ("lisinopril 20", ["20 mg"]),
            ("the 20 mg lisinopril", ["20 mg"]),
            ("lisinopril20mg", ["20 mg"]),
            ("lisinopril,20mg", ["20 mg"]),
            ("lisinopril 20-mg tablets", ["20 mg"]),
            ("lisinopril 20 miligramos", ["20 mg"]),
            ("lisinopril the 10 and the 20", ["10 mg", "20 mg"]),
            ("alprazolam .5", ["0.5 mg"]),
            ("alprazolam 0,5 mg", ["0.5 mg"]),
            ("alprazolam 0.50mg", ["0.5 mg"]),
            ("valtrex 1000 mg", ["1 g"]),
            ("valtrex 1 gram", ["1 g"]),
            ("metformin 1,000", ["1000 mg"]),
            ("metformina 1.000 mg", ["1000 mg"]),
            ("levothyroxine 88", ["88 mcg"]),
            ("levothyroxine 88 µg", ["88 mcg"]),
            ("levothyroxine 88 μg", ["88 mcg"]),
            ("levothyroxine 0.088 mg", ["88 mcg"]),
            ("lisinopril hctz 20/12.5", ["20-12.5 mg"]),
            ("lisinopril hctz 20-25 mg", ["20-25 mg"]),
            ("norco 10/325", ["10-325 mg"]),
            ("symbicort 160", ["160-4.5 mcg/actuation"]),
            ("symbicort 80 mcg", ["80-4.5 mcg/actuation"]),
            ("amoxicillin 250 mg/5 ml", ["250 mg/5 mL"]),
            ("amoxicillin 50 mg/ml", ["250 mg/5 mL"]),
            ("amoxicillin 400/5", ["400 mg/5 mL"]),
            ("triamcinolone 0.025%", ["0.025 %"]),
            ("potassium 20 meq", ["20 mEq"]),
            ("vitamin d 50,000 iu", ["50000 units"]),
            ("vitamin d 50000", ["50000 units"]),
            ("metformin 850 refill", ["850 mg"]),
            ("metformin not the 500, the 850", ["850 mg"]),
            ("metformina no la de 500, la de 850", ["850 mg"]),
        ],
    )
    def test_by_strength(self, text: str, strengths: list[str]) -> None:
        assert strengths_of(text) == strengths

    @pytest.mark.parametrize(
        ("text", "forms"),
        [
            ("amoxicillin capsules", {"capsule"}),
            ("amoxicillin suspension", {"oral suspension"}),
            ("el jarabe de amoxicilina", {"oral suspension"}),
            ("la crema de triamcinolona", {"cream"}),
            ("triamcinolone ointment", {"ointment"}),
            ("diclofenac gel", {"gel"}),
            ("diclofenac pills", {"delayed-release tablet"}),
            ("humalog pen", {"pen injector"}),
            ("humalog vial", {"vial"}),
            ("semaglutide tablets", {"tablet"}),
            ("metformin er", {"extended-release tablet"}),
            ("metformin extended release", {"extended-release tablet"}),
            ("pastillas de semaglutida", {"tablet"}),
        ],
    )
    def test_by_form(self, text: str, forms: set[str]) -> None:
        assert {medicine.form for medicine in narrow(only(text).medicines, text)} == forms

    def test_strength_and_form_together(self) -> None:
        left = narrow(only("metformin").medicines, "the 500 er")
        assert [(one.strength, one.form) for one in left] == [("500 mg", "extended-release tablet")]

    @pytest.mark.parametrize(
        "text",
        [
            "lisinopril",
            "lisinopril 30 mg",
            "lisinopril 5 of them",
            "20 lisinopril pills",
            "i need 20 tablets of lisinopril",
            "lisinopril, 5 days left",
            "is lisinopril ready at 5",
            "can i get lisinopril by 10 am",
            "lisinopril picked up on january 20",
            "rx 20 lisinopril",
            "lisinopril on 10/20",
            "lisinopril 5/10/40",
            "lisinopril for $10",
            "lisinopril 5:40",
            "lisinopril not the 20",
            "the lisinopril cream",
            "lisinopril 20 mg capsules",
        ],
    )
    def test_what_does_not_narrow(self, text: str) -> None:
        medicines = only("lisinopril").medicines
        assert narrow(medicines, text) == medicines

    def test_the_emergency_room_is_not_a_release(self) -> None:
        medicines = only("metformin").medicines
        assert narrow(medicines, "i was in the er, is my metformin ready") == medicines

    @pytest.mark.parametrize(
        ("text", "stated"),
        [
            ("do you have the 40 mg", "40 mg"),
            ("the 40", "40"),
            ("40MG please", "40 mg"),
            ("20/12.5", "20-12.5"),
            ("250 mg/5 ml", "250 mg/5 mL"),
            (".5mg", "0.5 mg"),
            ("88 µg", "88 mcg"),
            ("50,000 units", "50000 units"),
            ("0.1% cream", "0.1 %"),
            ("metformin500", "500"),
            ("not the 20 mg", None),
            ("30 tablets", None),
            ("in 3 days", None),
            ("rx 7001234", None),
            ("my number is 212-555-0100", None),
            ("born 03-14-1962", None),
            ("since 2019", None),
            ("i take 20 units of lantus", None),
            ("vitamin b 12", None),
            ("the small one", None),
            ("", None),
        ],
    )
    def test_the_strength_that_was_asked_for(self, text: str, stated: str | None) -> None:
        assert stated_strength(text) == stated


class TestSpelling:
    @pytest.mark.parametrize(
        ("name", "spanish"),
        [
            ("metformin", "metformina"),
            ("hydrochlorothiazide", "hidroclorotiazida"),
            ("levothyroxine", "levotiroxina"),
            ("omeprazole", "omeprazol"),
            ("spironolactone", "espironolactona"),
            ("phenytoin", "fenitoina"),
            ("cephalexin", "cefalexina"),
            ("amoxicillin", "amoxicilina"),
            ("lithium", "litio"),
        ],
    )
    def test_spanish_by_rule(self, name: str, spanish: str) -> None:
        assert spanish in spanish_forms(name)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("glucophage", "glucofage"), ("zyprexa", "ziprexa"), ("ozempic", "ozempick")],
    )
    def test_sounds(self, one: str, other: str) -> None:
        assert sound(one) == sound(other)

    def test_folding_drops_accents(self) -> None:
        assert fold("Losartán") == "losartan"


LONG_NAMES = sorted(
    {
        word
        for medicine in CATALOGUE
        for name in (medicine.generic_name, *medicine.brand_names)
        for word in [fold(name)]
        if name.isalpha() and len(word) >= 8
    }
)
EVERY_WORD = {
    fold(word)
    for medicine in CATALOGUE
    for name in (medicine.generic_name, *medicine.brand_names)
    for word in name.replace("/", " ").replace("-", " ").split()
}


@st.composite
def edited_names(draw: st.DrawFn) -> tuple[str, str]:
    """A name and the same with one letter, not the first, changed, added, dropped or swapped."""
    name = draw(st.sampled_from(LONG_NAMES))
    at = draw(st.integers(1, len(name) - 1))
    letter = draw(st.sampled_from(LETTERS))
    kind = draw(st.sampled_from(["change", "add", "drop", "swap"]))
    if kind == "change":
        return name, name[:at] + letter + name[at + 1 :]
    if kind == "add":
        return name, name[:at] + letter + name[at:]
    if kind == "drop" or at == len(name) - 1:
        return name, name[:at] + name[at + 1 :]
    return name, name[:at] + name[at + 1] + name[at] + name[at + 2 :]


class TestForAnyText:
    @settings(deadline=None)
    @given(text=st.text(max_size=300))
    def test_find_never_raises(self, text: str) -> None:
        for mention in INDEX.find(text):
            assert mention.words in text
            assert mention.medicines
            assert 0 <= mention.score <= 100
            assert set(narrow(mention.medicines, text)) <= set(mention.medicines)
        stated_strength(text)

    @settings(deadline=None)
    @given(
        words=st.lists(
            st.sampled_from([*LONG_NAMES, "20", "mg", "/", "-", "and", ",", "hctz", "er", "not"]),
            max_size=12,
        )
    )
    def test_mentions_are_in_order_and_apart(self, words: list[str]) -> None:
        text = " ".join(words)
        place = 0
        for mention in INDEX.find(text):
            place = text.index(mention.words, place) + len(mention.words)
            assert narrow(mention.medicines, text)

    @settings(max_examples=500, deadline=None)
    @given(edit=edited_names())
    def test_one_wrong_letter_in_a_long_name_is_found(self, edit: tuple[str, str]) -> None:
        name, typed = edit
        assume(not medicine_words().is_common(typed))
        assume(typed == name or not {typed, typed.rstrip("s")} & EVERY_WORD)
        wanted = {one.product_id for one in only(name).medicines}
        found = {
            one.product_id
            for mention in INDEX.find(f"is my {typed} ready")
            for one in mention.medicines + mention.containing
        }
        assert wanted <= found

    @settings(deadline=None)
    @given(name=st.sampled_from(sorted(generics(CATALOGUE))), product=st.data())
    def test_every_product_is_found_by_its_own_name(
        self, name: str, product: st.DataObject
    ) -> None:
        (mention,) = INDEX.find(f"refill {name} please")
        assert mention.exact
        assert name in generics(mention.medicines)


def large_catalogue() -> list[Medicine]:
    """20,000 products of 4,000 made-up names that share the endings of real ones."""
    starts = [
        "ba",
        "ce",
        "di",
        "flu",
        "ga",
        "hy",
        "ke",
        "la",
        "me",
        "no",
        "pro",
        "que",
        "ri",
        "sta",
        "tu",
        "va",
        "zo",
        "lo",
        "mi",
        "par",
    ]
    middles = ["ba", "do", "fi", "lo", "mi", "ro", "sta", "vu", "xo", "ni"]
    ends = [
        "pril",
        "olol",
        "statin",
        "azole",
        "mycin",
        "cillin",
        "sartan",
        "pine",
        "zepam",
        "vir",
        "tidine",
        "mab",
        "gliptin",
    ]
    names = [a + b + c + d for d in ends for c in middles for b in middles for a in starts][::6]
    names = names[:3800]
    made_up = [
        Medicine(f"X{n}", names[n % len(names)], (), f"{n // len(names) * 5 + 5} mg", "tablet")
        for n in range(20_000 - len(CATALOGUE))
    ]
    return [*CATALOGUE, *made_up]


class TestWork:
    """Twice the catalogue or the message is about twice the work, counted in calls."""

    def test_a_large_catalogue(self) -> None:
        catalogue = large_catalogue()
        half, whole = (calls_at_first(MedicineIndex, catalogue[:n]) for n in (2000, 4000))
        assert whole < 2.5 * half
        index = MedicineIndex(catalogue)
        message = "hi is my metforman and atorvastin redy yett, did dr hendriksson send lisinipril"
        assert index.find(message)
        assert calls(index.find, message) < 10 * calls(INDEX.find, message)
        once, often = (calls(index.find, " ".join([message] * n)) for n in (12, 24))
        assert often < 2.5 * once

    @pytest.mark.parametrize("text", ["1-" * 1000, "1 mg/" * 400, "a " * 1000, "metformim" * 220])
    def test_awkward_long_texts(self, text: str) -> None:
        def read(given: str) -> None:
            narrow(CATALOGUE, given)
            INDEX.find(given)
            stated_strength(given)

        half, whole = (calls(read, text[:n]) for n in (len(text) // 2, len(text)))
        assert whole < 2.5 * half
