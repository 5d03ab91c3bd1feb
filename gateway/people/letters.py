"""The e-mails that people get."""

from gateway.people.mail import Mail

FOOT = "\n\nIf you did not request this, ignore it: nothing changes without the link.\n"


def confirm_letter(to: str, url: str) -> Mail:
    """Return the e-mail that confirms an address."""
    text = f"Welcome to Wokflow.\n\nOpen this link to confirm your e-mail address and create your account:\n\n{url}\n\n"
    return Mail(to, "Confirm your e-mail address", f"{text}It works once, within 24 hours.{FOOT}")


def known_letter(to: str, base_url: str) -> Mail:
    """Return the e-mail to somebody who signs up again."""
    text = "Somebody tried to sign up with your e-mail address, which has an account already."
    doors = f"\n\nSign in: {base_url}/sign-in"
    return Mail(to, "You have an account already", f"{text}{doors}\nForgot your password? {base_url}/reset{FOOT}")


def reset_letter(to: str, url: str) -> Mail:
    """Return the e-mail with which somebody sets a new password."""
    text = f"Open this link to choose a new password:\n\n{url}\n\nIt works once, within an hour."
    return Mail(to, "Choose a new password", f"{text}{FOOT}")


def changed_letter(to: str) -> Mail:
    """Return the e-mail that says that a password has changed."""
    text = "The password of your Wokflow account was changed, and all other sessions were ended."
    return Mail(to, "Your password was changed", f"{text}\n\nIf it was not you, request a new password at once.\n")


def invitation_letter(to: str, url: str, by: str, role: str) -> Mail:
    """Return the e-mail that invites somebody into an account."""
    text = f"{by} invites you to an account on Wokflow, as {role}.\n\nOpen this link to accept:\n\n{url}\n\n"
    return Mail(to, "You are invited to Wokflow", f"{text}It works once, within seven days.{FOOT}")
