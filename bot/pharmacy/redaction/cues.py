"""The words that announce a name, and the capitalised words that are none."""

import re

from bot.pharmacy.redaction.words import plain

STRONG = re.compile(
    r"\b(?:(?:my|his|her|their|the|full|first|last|middle|maiden|legal|family|sur|patient'?s?|whose)"
    r"\s?(?:full |first |last )?name(?:'s|s)?(?: is| was|,|:)?(?: now| still)?"
    r"|name:|name is|surname(?: is|:)?|i am called|patient:|named|me llamo|se llama|le llaman"
    r"|mi (?:nombre|apellido)(?: completo)?(?: es|:)|su (?:nombre|apellido) es"
    r"|nombre(?: completo)?:"
    r"|nombre del paciente(?: es|:)|apellidos?(?: es| son|:)|(?:el|la) apellido(?: es)?|llamad[oa]"
    r"|paciente:|a nombre de(?: la| el)?(?: se[nñ]ora?)?|under the name(?: of)?"
    r"|on behalf of|de parte de|a cargo de|firmado por|signed by|atentamente,?|sincerely,?"
    r"|best regards,?|kind regards,?|prescribed by|recetado por|prescriber is|prescriber:"
    r"|listed as|spelled)\s(?!is\b|es\b)",
    re.I,
)
TITLE = re.compile(
    r"\b(?:dr|dra|drs|doctor|doctora|mr|mrs|ms|miss|mister|sr|sra|srta|se[nñ]or|se[nñ]ora"
    r"|se[nñ]orita|don|do[nñ]a|nurse|enfermer[oa]|prof|professor|rev|reverend|father|padre|dentist)"
    r"\b\.?\s",
    re.I,
)
SISTER = re.compile(
    r"\b(?:husband|wife|son|daughter|mother|father|mom|mum|dad|brother|sister|aunt|uncle|grandma"
    r"|grandpa|grandmother|grandfather|granny|nana|cousin|nephew|niece|friend|neighbor|partner"
    r"|boyfriend|girlfriend|fianc[eé]e?|kid|in law|child|baby|boy|girl|grandson|granddaughter"
    r"|caregiver|stepson|stepdaughter|in-law|roommate|boss|pharmacist|technician|tech|patient|wife's|client"
    r"|esposo|esposa|marido|mujer|hijo|hija|madre|padre|mam[aá]|pap[aá]|hermano|hermana|t[ií]a|t[ií]o"
    r"|abuela|abuelo|abuelita|abuelito|primo|prima|sobrino|sobrina|nieto|nieta|amigo|amiga|vecina"
    r"|vecino|novio|novia|suegra|suegro|beb[eé]|ni[nñ]o|ni[nñ]a|cu[nñ]ada|cu[nñ]ado|cuidadora"
    r"|farmac[eé]utic[oa]|paciente|for|para|with|con|to|a|ask|call|by|por|under|from|of|de|and|y)"
    r"(?:,| is| es)?\s",
    re.I,
)
INTRODUCED = re.compile(
    r"^(?:(?:hi|hello|hey|hola|good (?:morning|afternoon|evening|day)|buen[oa]s?(?: (?:d[ií]as|"
    r"tardes|noches|d[ií]a))?|disculpe)[\s,.!]{1,3}(?:there[\s,.!]{1,2})?)?"
    r"(?:this is|it'?s|its me|i'?m|i am|soy|habla|le habla|te habla|aqu[ií])\s",
    re.I,
)
SIGNED = re.compile(
    r"(?:thanks|thank you|thx|regards|cheers|gracias|saludos|sincerely|atentamente|yours|love)"
    r"(?:[,.!\s-]{1,4}| - )(?P<who>[^\W\d_][\w'’-]{1,20}"
    r"(?:\s[^\W\d_][\w'’.-]{1,20}){0,2})[.!\s]{0,3}$",
    re.I,
)
_NO_NAMES = frozenset(
    """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday christmas easter thanksgiving halloween enero
    febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes
    miercoles jueves viernes sabado domingo navidad english spanish french german chinese american
    ingles espanol mexican dios god jesus lord ella america texas florida york west east north south
    stepson stepdaughter stepmom stepdad godson goddaughter nana granny nanny fiance fiancee
    roommate caregiver cunada cunado suegra suegro comadre compadre madrina padrino abue vecina
    vecino mon tue tues wed weds thu thur thurs fri sat sun eve maam mam sir guys everyone dear
    hon honey doc price day weeks good best long ever summer winter branch house company wise
    case key page
    """.split()
)
_ORGANISATIONS = frozenset(
    """
    walgreens cvs walmart costco kroger publix safeway target aid rite amazon humana aetna cigna
    anthem kaiser permanente blue cross shield united healthcare medicare medicaid tricare optum
    express scripts caremark goodrx optumrx wellcare molina centene medimpact clinic clinica
    hospital health medical center centro pharmacy farmacia bank fedex ups usps uber doordash
    healthfirst ambetter unitedhealthcare emblemhealth fidelis anthem wegmans kaiser heb
    instacart google apple iphone android facebook zoom mychart covid pfizer moderna merck lilly
    """.split()
)
# Contraceptives that are called like women: names only where something announces them.
_MEDICINES_TOO = frozenset(
    """
    camila yasmin heather nikki portia hailey charlotte zarah syeda errin marlissa tarina ella june
    delyla larissia kariva leena mili apri aviane tydemy
    """.split()
)
_VERBS = re.compile(r".*(?:ed|ing|ly|ó|aron|ieron|aba|aban|ando|iendo|ará|erá|irá)")
_PARTICLES = frozenset(
    "de la del los las van von der den da do dos di bin al el san santa st".split()
)
_TITLES = frozenset(
    "dr dra doctor doctora mr mrs ms miss mister sr sra srta senor senora don dona nurse".split()
)


def is_no_name(word: str) -> bool:
    """Whether a word has a capital letter without being a name: a month, a language, a title."""
    return plain(word) in _NO_NAMES or is_title(word)


def is_organisation(word: str) -> bool:
    """Whether a word belongs to the name of a company or an office."""
    return plain(word) in _ORGANISATIONS


def is_medicine_too(word: str) -> bool:
    """Whether a name is a medicine's as well."""
    return plain(word) in _MEDICINES_TOO


def is_verb(word: str) -> bool:
    """Whether a word ends like something that a doctor does: "dr. recommended"."""
    return _VERBS.fullmatch(word.casefold()) is not None


def is_particle(word: str) -> bool:
    """Whether a word can stand inside a name: "de la"."""
    return word in _PARTICLES or word.lower() in _PARTICLES


def is_title(word: str) -> bool:
    """Whether a word is a title: it stays."""
    return plain(word) in _TITLES
