"""The values that real accounts hold and that careless programs lose: odd spellings, scripts, sizes."""

from sandbox.chance import Chance, literal

GIVEN = (
    "Ann",
    "Jörg",
    "Zoë",
    "Łukasz",
    "María",
    "李",
    "Оля",
    "Ngozi",
    "Søren",
    "Amélie",
    "O'Neil",
    "Priya",
    "علي",
    "Tom",
)
FAMILY = (
    "Lee",
    "Müller",
    "García",
    "Nowak",
    "王",
    "Петров",
    "Okafor",
    "Ångström",
    "d'Arc",
    "Smith-Jones",
    "Patel",
    "حسن",
)
COMPANIES = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Wonka", "Stark", "Tyrell", "Soylent", "Cyberdyne")
WORDS = ("alpha", "blue", "café", "delta", "naïve", "gross", "Straße", "omega", "東京", "plan", "quick", "renewal")
SPELLED = (
    literal(r'"\ud83d\ude80 rocket, escaped"'),
    literal('"😀 smile, in UTF-8"'),
    literal(r'"quote \" slash \/ tab \t nul-free"'),
    literal(r'"caf\u00e9 and cafe\u0301"'),
    literal('""'),
    literal(r'"line one\nline two\u2028"'),
)
LONG = "x" * 500


def person(chance: Chance) -> str:
    return f"{chance.pick(GIVEN)} {chance.pick(FAMILY)}"


def phrase(chance: Chance, words: int = 3) -> str:
    return " ".join(chance.pick(WORDS) for _ in range(words))


def note(chance: Chance) -> object:
    """Give a text: mostly plain, now and then empty, long, or spelled in an unusual way."""
    draw = chance.below(40)
    if draw < len(SPELLED):
        return SPELLED[draw]
    return LONG if draw == 39 else phrase(chance)


def metadata(chance: Chance) -> dict[str, object]:
    """Give the customer's own fields: none, a few, or odd ones."""
    draw = chance.below(8)
    if draw < 3:
        return {}
    fields: dict[str, object] = {"crm_id": str(chance.below(10**12)), "segment": chance.pick(WORDS)}
    if draw == 7:
        fields |= {"ключ": note(chance), "nested": literal(r'"{\"a\":[1,2.50,null]}"'), "empty": ""}
    return fields
