"""How the operations on people are described: their examples, and what all of them share."""

from aiohttp.typedefs import Handler
from msgspec import Struct

from gateway.examples import ACCOUNT_CREATED_AT, ACCOUNT_ID
from gateway.operation import BODIED, Access, DataList, Operation, OperationResponse, Parameter, path_parameter
from gateway.people.bodies import (
    AccountOfPerson,
    InvitationEntry,
    MailSent,
    MemberEntry,
    PersonEntry,
    SessionEntry,
)

TAG = "People"
ROOT = "/api/v1/account"
EMAIL, PASSWORD, TOKEN = "ada@example.com", "correct-Horse7", "Zk3v8Qm1aB7cD9eF0gH2iJ4kL6mN8oP5"
PERSON_ID, SESSION_ID, INVITATION_ID = "per_3f9a1c27d04e5b61", "sess_3f9a1c27d04e5b61", "inv_3f9a1c27d04e5b61"
CSRF = "5f2b8c0d9e7a4f31b6c8d2e0a9f17c3b4d5e6f70"
COMMON = ("internal_error", "unavailable")
SIGNED = ("not_signed_in", "forbidden", *COMMON)
CSRF_PARAMETER = Parameter(
    name="X-CSRF-Token",
    place="header",
    text="The `csrf_token` of the session.",
    schema={"type": "string"},
    required=True,
    example=CSRF,
)
PERSON = PersonEntry(
    id=PERSON_ID,
    name="Ada",
    email=EMAIL,
    account=ACCOUNT_ID,
    role="owner",
    operator=False,
    csrf_token=CSRF,
    accounts=(AccountOfPerson(account=ACCOUNT_ID, role="owner"),),
)
SESSION = SessionEntry(
    id=SESSION_ID,
    created_at=ACCOUNT_CREATED_AT,
    expires_at=ACCOUNT_CREATED_AT,
    address="192.0.2.7",
    agent="Mozilla/5.0",
    current=True,
)
MEMBER = MemberEntry(id=PERSON_ID, name="Ada", email=EMAIL, role="owner", since=ACCOUNT_CREATED_AT)
INVITATION = InvitationEntry(
    id=INVITATION_ID, email=EMAIL, role="member", created_at=ACCOUNT_CREATED_AT, expires_at=ACCOUNT_CREATED_AT
)
SESSIONS: DataList[SessionEntry] = DataList(data=(SESSION,))
MEMBERS: DataList[MemberEntry] = DataList(data=(MEMBER,))
INVITATIONS: DataList[InvitationEntry] = DataList(data=(INVITATION,))
IN = OperationResponse(text="Signed in: the cookie is set.", shapes=(PersonEntry,), examples={"person": PERSON})
SENT = OperationResponse(status=202, text="Sent.", shapes=(MailSent,), examples={"sent": MailSent()})
DONE = OperationResponse(status=204, text="Done.", media_type="")


def describe_call(
    method: str,
    path: str,
    handler: Handler,
    named: tuple[str, str, str],
    response: OperationResponse,
    *,
    access: Access = "session",
    body: Struct | None = None,
    refusals: tuple[str, ...] = (),
    parameters: tuple[Parameter, ...] = (),
) -> Operation:
    """Return an operation. `named` are its id, its summary and its text."""
    (name, summary, text), signed = named, access == "session"
    token = (CSRF_PARAMETER,) if signed and method != "get" else ()
    return Operation(
        method=method,
        path=ROOT + path,
        handler=handler,
        id=name,
        tag=TAG,
        summary=summary,
        text=text,
        access=access,
        parameters=(*parameters, *token),
        body=None if body is None else type(body),
        bodies={} if body is None else {"example": body},
        responses=(response,),
        refusals=tuple(
            dict.fromkeys((*refusals, *(BODIED if body is not None else ()), *(SIGNED if signed else COMMON)))
        ),
    )


def id_parameter(text: str, example: str) -> tuple[Parameter, ...]:
    """Return the parameter of a path with an id."""
    return (path_parameter("id", text, example),)
