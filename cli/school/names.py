"""What people, classes and assignments of Swedish schools are called."""

import unicodedata
from dataclasses import dataclass

from cms_service.contract import CourseCode, Language


@dataclass(frozen=True, slots=True)
class Teacher:
    user_id: str
    name: str


def _teacher(name: str) -> Teacher:
    return Teacher(f"teacher-{ascii_slug(name)}", name)


def slug(text: str) -> str:
    """As people name files: `åsa-lind`."""
    return "-".join(text.lower().replace("'", "").split())


def ascii_slug(text: str) -> str:
    """As accounts are named: `asa-lind`."""
    decomposed = unicodedata.normalize("NFD", slug(text))
    return "".join(letter for letter in decomposed if letter.isascii())


TEACHERS = tuple(
    _teacher(name)
    for name in (
        "Anna Lindqvist",
        "Björn Åkesson",
        "Cecilia Öberg",
        "Dragan Petrović",
        "Eva-Lena Sjöström",
        "Fatima al-Hassan",
        "Göran Hägglund",
        "Hanna Nyström",
        "Ingrid Mårtensson",
        "Johan von Essen",
        "Karin Wallin",
        "Åsa Bergström-Lund",
    )
)
FIRST_TEACHER: str = TEACHERS[0].user_id

_FIRST_NAMES = (
    "Alice Alma Amina Anna-Karin Anton Arvid Astrid Axel Björn Carl-Johan Diyar Ebba Edvin Elif Elsa Emil Erik "
    "Ester Eva-Lena Fatima Filip Freja Gabriel Göran Hampus Hugo Håkan Ida Ingrid Jakub Joel Jöran Karl-Oskar "
    "Klara Lea Leia Liam Linnéa Lo Love Lovisa Lukas Maja Malin Mårten Märta Måns Nils Noor Olle Omar Oskar "
    "Pär Rasmus Rebecka Saga Samira Sigrid Siri Sixten Sofia Stella Sven-Erik Tage Tilde Tuva Tyra Ulrika Vera "
    "Viggo Vilgot Wilma Xuan Yasmin Yusuf Zoë Åke Åsa Åse-Marie Ängla Örjan Östen"
)
_LAST_NAMES = (
    "Abdi Ahlström Alm Andersson Axelsson Backlund Berg Bergström-Lund Björk Blom Boström Dahl Dahlgren Ek Eklöf "
    "Engström Eriksson Fransson Falk Forsberg Granath Gustafsson Haddad Hallberg Hedman Holm Hägglund Höglund "
    "Isaksson Jansson Johansson Jönsson Karlsson Kowalski Lagerlöf Larsson Lind Lindström Ljung Lundqvist Löfgren "
    "Mårtensson Mohamed Müller Månsson Nguyen Nilsson Norén Nyström O'Brien Olofsson Palm Persson Petrović "
    "Rosén Rydh Sandberg Sjöberg Sjögren-Wik Strand Sundin Svensson Söderberg Thorén Törnqvist Vallin Wallin "
    "Widén Yilmaz Zetterlund Åberg Ågren Åkesson Åström-Ek Äng Ängquist Ödman Öberg Östlund"
)
FIRST_NAMES = tuple(_FIRST_NAMES.split())
LAST_NAMES = tuple(_LAST_NAMES.split())
MIDDLE_NAMES = ("Birgitta", "Elisabet", "Gunnar", "Maria", "Olof", "Åsa", "Örjan")

PROGRAMMES = ("EK", "ES", "HU", "NA", "SA", "TE")

COURSES_BY_YEAR = {
    26: (CourseCode.SV1, CourseCode.ENG5),
    25: (CourseCode.SV2, CourseCode.ENG6),
    24: (CourseCode.SV3, CourseCode.ENG7),
}
SUBJECT = {Language.SV: "Svenska", Language.EN: "Engelska"}

TITLES = {
    Language.SV: (
        "Argumenterande text: skolmaten",
        "Argumenterande text: sänkt rösträttsålder",
        "Bokanalys: Hemsöborna",
        "Debattinlägg om mobilförbud",
        "Jämförande analys: två noveller",
        "Krönika: mitt första sommarjobb",
        "Litterär analys: Gösta Berlings saga",
        "Nationellt prov, skriftlig del (övning)",
        "Novellanalys: Karin Boye",
        "PM om språk och makt",
        "Referat och kommentar: dialekter",
        "Retorisk analys: Greta Thunbergs tal",
        "Utredande text: nordiska språk",
        "Vetenskaplig rapport: språkförändring",
    ),
    Language.EN: (
        "Argumentative essay: school uniforms",
        "Book review: The Wave",
        "Book review: To Kill a Mockingbird",
        "Comparative essay: 1984 and Brave New World",
        "Discursive essay: social media and democracy",
        "Film analysis: The Truman Show",
        "Formal letter: applying for a summer job",
        "Literary analysis: Of Mice and Men",
        "National test practice: writing",
        "Opinion piece: climate strikes",
        "Personal essay: a place that changed me",
        "Speech: what English means to me",
    ),
}

MATCH_REASONS = ("full name in the header", "last name in the file name", "e-mail in the document", "author property")
SPELLCHECK_ERRORS = ("The document holds no text.", "The language could not be told.", "The spellchecker timed out.")


def language(course: CourseCode) -> Language:
    return Language.SV if course.startswith("SV") else Language.EN


def class_name(course: CourseCode, cohort: str) -> str:
    """`Svenska 2 NA25b`, `Engelska 6 NA25b`."""
    return f"{SUBJECT[language(course)]} {course[-1]} {cohort}"


def assignment_id(title: str, course: CourseCode) -> str:
    return (
        f"{course.lower()}-{ascii_slug(title.partition(':')[0])}-ht26".replace(",", "")
        .replace("(", "")
        .replace(")", "")
    )
