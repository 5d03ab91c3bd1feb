"""Bounds of images, checked before anything decodes them."""

SIDE_PX_MAX = 4_096
INPUT_PX_MAX = 64 * 2**20  # of an input image for another provider: phones have 50 megapixels
OUTPUT_PX_MAX = 16 * 2**20  # of an upscaled image: twenty seconds of work


def check_side(width: int, height: int) -> None:
    """Raise ValueError for an image that is too large to decode."""
    if max(width, height) > SIDE_PX_MAX:
        raise ValueError(f"The image is {width} x {height} pixels. A side may have at most {SIDE_PX_MAX} pixels.")


def check_upscale(width: int, height: int, scale: int) -> None:
    """Raise ValueError for an image that is too large to upscale `scale` times."""
    check_side(width, height)
    if width * height * scale**2 > OUTPUT_PX_MAX:
        raise ValueError(
            f"An image of {width} x {height} pixels is too large to upscale {scale} times. "
            f"The result may have at most {OUTPUT_PX_MAX // 2**20} megapixels."
        )


def check_area(width: int, height: int) -> None:
    """Raise ValueError for an image that is too large to prepare for a provider."""
    if width * height > INPUT_PX_MAX:
        raise ValueError(
            f"The image is {width} x {height} pixels. It may have at most {INPUT_PX_MAX // 2**20} megapixels."
        )
