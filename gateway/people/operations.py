"""The operations on people: sign-up, sign-in, sessions, members and invitations."""

from gateway.examples import ACCOUNT_ID
from gateway.operation import DataList, OperationResponse
from gateway.people import handlers
from gateway.people.bodies import (
    ChangeMember,
    InvitationEntry,
    Invite,
    MemberEntry,
    PersonEntry,
    SessionEntry,
    SwitchAccount,
)
from gateway.people.described_calls import (
    DONE,
    EMAIL,
    IN,
    INVITATION,
    INVITATION_ID,
    INVITATIONS,
    MEMBER,
    MEMBERS,
    PERSON,
    PERSON_ID,
    SESSION_ID,
    SESSIONS,
    describe_call,
    id_parameter,
)
from gateway.people.sign_in_operations import SIGN_IN

PEOPLE = (
    describe_call(
        "get",
        "/person",
        handlers.read_person,
        (
            "readPerson",
            "Read who is signed in",
            "Returns the person, the account and role of the session, and its CSRF token.",
        ),
        OperationResponse(text="The person.", shapes=(PersonEntry,), examples={"person": PERSON}),
    ),
    describe_call(
        "post",
        "/switch",
        handlers.switch_account,
        (
            "switchAccount",
            "Act on another account",
            "Opens a session in another account of the person, in place of the current one.",
        ),
        IN,
        body=SwitchAccount(account=ACCOUNT_ID),
        refusals=("not_found",),
    ),
    describe_call(
        "get",
        "/sessions",
        handlers.list_sessions,
        (
            "listSessions",
            "List the sessions",
            "Lists the person's open sessions in the account, newest first.",
        ),
        OperationResponse(text="The sessions.", shapes=(DataList[SessionEntry],), examples={"sessions": SESSIONS}),
    ),
    describe_call(
        "delete",
        "/sessions/{id}",
        handlers.close_session,
        (
            "closeSession",
            "Close a session",
            "It ends at once.",
        ),
        DONE,
        parameters=id_parameter("The session's id.", SESSION_ID),
        refusals=("not_found",),
    ),
    describe_call(
        "delete",
        "/sessions",
        handlers.close_others,
        (
            "closeOtherSessions",
            "Close all other sessions",
            "Closes the person's sessions in the account, but the one of this request.",
        ),
        DONE,
    ),
    describe_call(
        "get",
        "/members",
        handlers.list_members,
        (
            "listMembers",
            "List the people of the account",
            "Lists them with their roles: `owner` and `admin` do everything, `member` orders and reads, "
            "`billing` reads and pays.",
        ),
        OperationResponse(text="The people.", shapes=(DataList[MemberEntry],), examples={"people": MEMBERS}),
    ),
    describe_call(
        "patch",
        "/members/{id}",
        handlers.change_member,
        (
            "changeMember",
            "Change a role",
            "For owners and admins. Only an owner makes or changes owners. The person's sessions in the account end.",
        ),
        OperationResponse(text="The person.", shapes=(MemberEntry,), examples={"person": MEMBER}),
        parameters=id_parameter("The person's id.", PERSON_ID),
        body=ChangeMember(role="billing"),
        refusals=("not_found", "conflict"),
    ),
    describe_call(
        "delete",
        "/members/{id}",
        handlers.remove_member,
        (
            "removeMember",
            "Remove a person",
            "For owners and admins; everybody can leave. The last owner stays. The person's sessions here end.",
        ),
        DONE,
        parameters=id_parameter("The person's id.", PERSON_ID),
        refusals=("not_found", "conflict"),
    ),
    describe_call(
        "post",
        "/invitations",
        handlers.create_invitation,
        (
            "createInvitation",
            "Invite a person",
            "For owners and admins. Sends a link that works once, for seven days. An earlier one to the address ends.",
        ),
        OperationResponse(
            status=201, text="The invitation.", shapes=(InvitationEntry,), examples={"invitation": INVITATION}
        ),
        body=Invite(email=EMAIL, role="member"),
        refusals=("conflict",),
    ),
    describe_call(
        "get",
        "/invitations",
        handlers.list_invitations,
        (
            "listInvitations",
            "List the open invitations",
            "For owners and admins.",
        ),
        OperationResponse(
            text="The invitations.", shapes=(DataList[InvitationEntry],), examples={"invitations": INVITATIONS}
        ),
    ),
    describe_call(
        "delete",
        "/invitations/{id}",
        handlers.withdraw_invitation,
        (
            "deleteInvitation",
            "Withdraw an invitation",
            "Its link does not work any more.",
        ),
        DONE,
        parameters=id_parameter("The invitation's id.", INVITATION_ID),
        refusals=("not_found",),
    ),
)
OPERATIONS = (*SIGN_IN, *PEOPLE)
