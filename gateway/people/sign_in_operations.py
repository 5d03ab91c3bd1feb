"""The operations of sign-up, sign-in and passwords."""

from gateway.operation import OperationResponse
from gateway.people import handlers
from gateway.people.bodies import (
    ChangePassword,
    ConfirmReset,
    SignIn,
    SignUp,
    Verify,
)
from gateway.people.described_calls import (
    DONE,
    EMAIL,
    IN,
    PASSWORD,
    SENT,
    TOKEN,
    describe_call,
)

SIGN_IN = (
    describe_call(
        "post",
        "/sign-up",
        handlers.sign_up,
        (
            "signUp",
            "Sign up",
            "Sends a link to the e-mail address. The answer is the same for an address that has an account already.",
        ),
        SENT,
        access="open",
        body=SignUp(email=EMAIL),
        refusals=("forbidden",),
    ),
    describe_call(
        "post",
        "/verify",
        handlers.verify,
        (
            "verifyPerson",
            "Use the link of a sign-up or an invitation",
            "Creates the person and, without an invitation, an account. If the address has an account already, the "
            "password is that of it. The link works once.",
        ),
        OperationResponse(status=201, text=IN.text, shapes=IN.shapes, examples=IN.examples),
        access="open",
        body=Verify(token=TOKEN, name="Ada", password=PASSWORD),
        refusals=("sign_in_failed", "forbidden", "conflict", "link_expired"),
    ),
    describe_call(
        "post",
        "/sign-in",
        handlers.sign_in,
        (
            "signIn",
            "Sign in",
            "Opens a session: a cookie that works like an API key with the scopes of the person's role. A request that "
            "changes something needs the header `X-CSRF-Token`, too.",
        ),
        IN,
        access="open",
        body=SignIn(email=EMAIL, password=PASSWORD),
        refusals=("sign_in_failed", "forbidden"),
    ),
    describe_call(
        "post",
        "/sign-out",
        handlers.sign_out,
        (
            "signOut",
            "Sign out",
            "Closes the session.",
        ),
        DONE,
    ),
    describe_call(
        "post",
        "/reset",
        handlers.request_reset,
        (
            "requestReset",
            "Request a new password",
            "Sends a link to the address, if it has an account. The answer does not say so.",
        ),
        SENT,
        access="open",
        body=SignUp(email=EMAIL),
    ),
    describe_call(
        "post",
        "/reset/confirm",
        handlers.confirm_reset,
        (
            "confirmReset",
            "Set a new password",
            "Sets the password, ends all sessions, and opens a new one. The link works once.",
        ),
        IN,
        access="open",
        body=ConfirmReset(token=TOKEN, password=PASSWORD),
        refusals=("link_expired", "forbidden"),
    ),
    describe_call(
        "post",
        "/password",
        handlers.change_password,
        (
            "changePassword",
            "Change the password",
            "Ends all other sessions. The session of the request gets a new cookie and a new CSRF token.",
        ),
        IN,
        body=ChangePassword(current_password=PASSWORD, password="another-Horse8"),  # noqa: S106
        refusals=("sign_in_failed",),
    ),
)
