"""The gateway serves the document of its interfaces."""

from bot.gateway.openapi import LIMITS
from tests import contract
from tests.gateway.conftest import House, Opening


async def test_the_document_is_served_with_the_limits_of_this_gateway(open_house: Opening) -> None:
    house: House = await open_house(max_text_chars=77)
    async with house.session.get(f"{house.address}/api/v1/openapi.json") as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        told = await response.json()
    published = contract.document()
    limits = told["info"].pop("x-limits")
    assert limits["max_text_chars"] == 77
    assert set(limits) == set(published["info"]["x-limits"]) == set(LIMITS)
    info = {name: said for name, said in published["info"].items() if name != "x-limits"}
    assert told == published | {"info": info}
