"""The fields and links of the forms."""

from msgspec import Struct

from shared.domain.people import EMAIL_CHARS_MAX, NAME_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN


class FormField(Struct, frozen=True, kw_only=True):
    """A field of a form."""

    name: str
    label: str
    type: str
    autocomplete: str
    chars_max: int
    value: str = ""


class PageLink(Struct, frozen=True):
    """A link below a form."""

    path: str
    text: str


EMAIL = FormField(
    name="email", label="E-mail address", type="email", autocomplete="username", chars_max=EMAIL_CHARS_MAX
)
NAME = FormField(name="name", label="Your name", type="text", autocomplete="name", chars_max=NAME_CHARS_MAX)
PASSWORD = FormField(
    name="password", label="Password", type="password", autocomplete="current-password", chars_max=PASSWORD_CHARS_MAX
)
NEW_PASSWORD = FormField(
    name="password",
    label=f"New password, at least {PASSWORD_CHARS_MIN} characters",
    type="password",
    autocomplete="new-password",
    chars_max=PASSWORD_CHARS_MAX,
)
TO_SIGN_IN, TO_SIGN_UP = PageLink("/sign-in", "I have an account: sign in"), PageLink("/sign-up", "Create an account")
TO_RESET = PageLink("/reset", "I forgot my password")
