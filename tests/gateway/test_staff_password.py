"""Changing one's own password at the desk."""

import pytest

from bot.services import audit
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.test_staff_sessions import code_of, entries
from tests.staff import PASSWORD, Console, add_staff, at_the_desk

NEW = "nineteen blue teapots"


async def test_the_new_one_holds_and_the_other_sessions_end(house: House) -> None:
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
        async with Console(house.address) as elsewhere:
            assert (await elsewhere.sign_in("paul"))[0] == 200
            async with elsewhere.stream() as stream:
                await stream.next("hello")
                assert (await paul.post("password", {"present": PASSWORD, "new": NEW}))[0] == 204
                await stream.ends()
            assert code_of(await elsewhere.get("session")) == (401, "sign_in_required")
        assert (await paul.get("session"))[0] == 200
        assert (await paul.post("logout"))[0] == 204
        assert code_of(await paul.sign_in("paul")) == (401, "sign_in_failed")
        assert (await paul.sign_in("paul", NEW))[0] == 200
    [entry] = await entries(house, action="password_changed")
    assert (entry.username, entry.outcome, entry.detail) == ("paul", audit.OK, {"sessions": 1})


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("short", "password_short"),
        ("x y " * 51, "password_long"),
        ("password1234", "password_common"),
        ("paul.the.pharmacist", "password_is_name"),
    ],
)
async def test_a_weak_one_is_refused_and_says_why(house: House, new: str, code: str) -> None:
    name = "paul.the.pharmacist"
    async with at_the_desk(house.app.database, house.address, name, "pharmacist") as paul:
        assert code_of(await paul.post("password", {"present": PASSWORD, "new": new})) == (
            422,
            code,
        )
        assert (await paul.post("logout"))[0] == 204
        assert (await paul.sign_in(name))[0] == 200


async def test_who_finds_an_open_console_cannot_guess_the_present_one(
    open_house: Opening,
) -> None:
    house: House = await open_house(sign_ins_per_minute=1000)
    await add_staff(house.app.database, "tina", "technician")
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
        for _ in range(house.app.sign_in_rules.failures):
            refused = await paul.post("password", {"present": "a wrong guess", "new": NEW})
            assert code_of(refused) == (403, "password_wrong")
        right = {"present": PASSWORD, "new": NEW}
        assert code_of(await paul.post("password", right)) == (429, "sign_in_locked")
        # The name is locked at the door as well, others' are not.
        async with Console(house.address) as door:
            assert code_of(await door.sign_in("paul")) == (429, "sign_in_locked")
            assert (await door.sign_in("tina"))[0] == 200
        house.clock.now = NOW.replace(hour=NOW.hour + 1)
        async with Console(house.address) as door:
            assert (await door.sign_in("paul"))[0] == 200
            assert (await door.post("password", right))[0] == 204
    outcomes = [each.outcome for each in await entries(house, action="password_changed")]
    assert outcomes == [
        audit.OK,
        "sign_in_locked",
        *["password_wrong"] * house.app.sign_in_rules.failures,
    ]


async def test_it_needs_the_token_of_the_page(house: House) -> None:
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
        paul.csrf = "another"
        body = {"present": PASSWORD, "new": NEW}
        assert code_of(await paul.post("password", body)) == (403, "csrf_failed")


async def test_nothing_typed_is_kept(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
        for present in ("a wrong guess", PASSWORD):
            await paul.post("password", {"present": present, "new": NEW})
    kept = [str(each.detail) for each in await entries(house)]
    for typed in ("a wrong guess", PASSWORD, NEW):
        assert typed not in caplog.text
        assert not any(typed in each for each in kept)
