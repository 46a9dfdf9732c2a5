"""The names that a text may hold, as far as the pharmacy's records know them."""

import re
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.folding import plain_words
from bot.pharmacy.identity_keys import name_key
from bot.storage.conversations import Escalation, Verification
from bot.storage.records import FeedImport, Patient, Prescription, Product, Proxy
from bot.storage.staff import StaffAccount

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
LONGEST = 3  # words of a name that are looked up together: "de la Cruz"


async def known_names(
    session: AsyncSession, conversation_id: str | None, text: str
) -> frozenset[str]:
    """Name keys (bot.pharmacy.identity_keys) of people whom a text of a conversation may name.

    These are the patient and caregiver whom the conversation has proved, their prescribers, the
    staff, and whoever else of the pharmacy's patients and caregivers has a name in the text.
    """
    names = await _proved(session, conversation_id) if conversation_id else []
    names += await session.scalars(select(StaffAccount.display_name))
    names += await _on_record(session, text)
    words = {name_key(word) for name in names for word in (name, *name.split())}
    return frozenset(word for word in words if len(word) > 1)


async def _proved(session: AsyncSession, conversation_id: str) -> list[str]:
    """The people of a conversation's records, also when their verification has run out."""
    proved = await session.execute(
        select(Verification.patient_id, Verification.proxy_id).where(
            Verification.conversation_id == conversation_id
        )
    )
    told = await session.scalars(
        select(Escalation.patient_id).where(Escalation.conversation_id == conversation_id)
    )
    rows = proved.all()
    patients = {row[0] for row in rows} | set(filter(None, told))
    found = await session.execute(
        select(Patient.first_name, Patient.last_name).where(Patient.patient_id.in_(patients))
    )
    names = [name for row in found for name in row]
    proxies = {row[1] for row in rows if row[1]}
    names += await session.scalars(select(Proxy.last_name).where(Proxy.proxy_id.in_(proxies)))
    names += await session.scalars(
        select(Prescription.prescriber_name).where(Prescription.patient_id.in_(patients)).distinct()
    )
    return names


async def _on_record(session: AsyncSession, text: str) -> list[str]:
    """Names of people on record that the text holds, whoever wrote it."""
    words = _WORD.findall(text)
    runs = [words[at : at + count] for count in range(1, LONGEST + 1) for at in range(len(words))]
    keys = {name_key(" ".join(run)) for run in runs} - {""}
    typed = {word.casefold() for word in words}
    if not keys:
        return []
    last = select(Patient.last_name).where(Patient.last_name_key.in_(keys)).distinct()
    first = select(Patient.first_name).where(func.lower(Patient.first_name).in_(typed)).distinct()
    proxies = select(Proxy.last_name).where(Proxy.last_name_key.in_(keys)).distinct()
    return [name for query in (last, first, proxies) for name in await session.scalars(query)]


# The words of each database's catalogue, and the import after which they were read.
_read: WeakKeyDictionary[object, tuple[int | None, frozenset[str]]] = WeakKeyDictionary()


async def medicine_words(session: AsyncSession) -> frozenset[str]:
    """The words of the catalogue's names, in small letters: no names of people.

    They are read again after each import: the numbers of imports grow in the order of their
    commits, and nothing else writes products.
    """
    newest = await session.scalar(select(func.max(FeedImport.id)))
    known = _read.get(session.get_bind())
    if known is None or known[0] != newest:
        known = newest, await _medicine_words(session)
        _read[session.get_bind()] = known
    return known[1]


async def _medicine_words(session: AsyncSession) -> frozenset[str]:
    rows = await session.execute(select(Product.generic_name, Product.brand_names).distinct())
    names = [name for generic, brands in rows for name in (generic, *brands)]
    return frozenset(word for name in names for word in plain_words(name).split())
