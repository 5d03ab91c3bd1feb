"""The types of text that callers may request, and the model's instructions for each."""

from typing import NamedTuple

LENGTHS = ("short", "medium", "long")


class TextType(NamedTuple):
    """A type of text. `openings` are beginnings that take the topic: plain ones, then "|", then lively ones."""

    name: str
    role: str
    words: tuple[int, int, int]  # to aim at: short, medium, long
    openings: str = ""
    shots: tuple[tuple[str, str], ...] = ()  # questions and answers to imitate
    line: bool = False  # a single paragraph
    chars_max: int = 100_000


_TWEETS = (
    ("Tweet about a book shop in Porto", "Rainy day? We have 4,000 books and a very lazy cat. Come in. #Porto #books"),
    ("Tweet about a backup tool", "Your laptop will die one day. Your files don't have to. Set it up in two minutes."),
)
_EMAILS = (
    (
        "Email about an invoice that did not arrive",
        "Subject: Your invoice of May\n\nHello,\n\nwe have not received your invoice for May yet. Could you please "
        "send it again this week?\n\nThank you for your help.\n\nKind regards,\nThe office team",
    ),
)
_HEADLINES = (
    ("Headline about a new night train", "Sleep in Paris, Wake in Rome: The Night Train Is Back"),
    ("Headline about bees in cities", "How City Rooftops Became a Home for Bees"),
)
_SLOGANS = (
    ("Slogan about a bicycle shop", "Two wheels, zero worries."),
    ("Slogan about fresh bread", "Baked before you wake."),
)
_PRODUCT = (
    "The {} is;The {} brings;This {} combines|"
    "Meet the {}, your new;Say hello to the {}, the;Fall in love with the {} that"
)

TEXT_TYPES = {
    "product-desc": TextType(
        "product description", "You are a copywriter. You describe products.", (35, 70, 130), openings=_PRODUCT
    ),
    "blog": TextType("blog post", "You write blog posts with clear ideas and examples.", (70, 120, 200)),
    "tweet": TextType("tweet", "You write one tweet.", (18, 28, 40), shots=_TWEETS, line=True, chars_max=280),
    "email": TextType("email", "You write complete emails.", (45, 80, 140), openings="Subject:", shots=_EMAILS),
    "headline": TextType("headline", "You write one headline.", (7, 11, 16), shots=_HEADLINES, line=True),
    "slogan": TextType("slogan", "You write one slogan.", (6, 9, 14), shots=_SLOGANS, line=True),
    "story": TextType("story", "You are a novelist. You tell stories with people and places.", (70, 120, 200)),
    "poem": TextType("poem", "You are a poet. You write short lines that rhyme.", (30, 60, 110)),
    "summary": TextType("summary", "You sum up what you are given.", (25, 50, 90)),
    "social": TextType("social media post", "You write posts for social media.", (25, 45, 80), line=True),
}
_OTHER_NAMES = {
    "product-desc": "product product-description description",
    "social": "ad advert caption post social-post instagram linkedin facebook",
    "blog": "blog-post article",
    "tweet": "x",
    "headline": "title",
    "slogan": "tagline",
    "email": "mail newsletter",
    "story": "short-story",
}
_NAMES = {name: known for known, names in _OTHER_NAMES.items() for name in names.split()}


def text_type_of(kind: str | None) -> TextType:
    """Return the type of that name. An unknown name becomes a type of its own."""
    name = "-".join((kind or "").lower().replace("_", " ").replace("-", " ").split())[:60] or "text"
    known = TEXT_TYPES.get(_NAMES.get(name, name))
    return known or TextType(name.replace("-", " "), "You are a good writer.", (40, 80, 150))
