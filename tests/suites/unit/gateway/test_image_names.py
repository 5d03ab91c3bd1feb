"""Names of input images."""

from gateway.images import image_token

SECRET, IMAGE = bytes(range(32)), b"\x89PNG"


def test_stored_image_depends_on_the_deployments_secret() -> None:
    """The name repeats for the same account and bytes, and differs for any other account, image or deployment."""
    name = image_token(SECRET, "acct_1", IMAGE)
    assert name == image_token(SECRET, "acct_1", IMAGE)
    others = (
        image_token(SECRET, "acct_2", IMAGE),
        image_token(SECRET, "acct_1", b""),
        image_token(b"", "acct_1", IMAGE),
    )
    assert name not in others
    assert 32 == len(name)
