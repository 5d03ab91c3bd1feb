"""The vocabulary of the prompt enhancer for each image mode."""

from typing import NamedTuple

LIGHTS = (
    "soft golden hour light; dramatic rim lighting; cool moonlight with long shadows; warm volumetric light; "
    "bright diffuse daylight; neon glow against the dusk"
)
_FRAMES = (
    "wide establishing shot; low angle, strong silhouette; close-up with shallow depth of field; "
    "rule of thirds composition; centred composition, clean background; seen from above"
)
_ENDS = (
    "highly detailed, sharp focus; rich textures, cinematic colour grading; intricate detail, balanced contrast; "
    "vivid colours, crisp edges; atmospheric depth, fine grain"
)


class PromptStyle(NamedTuple):
    """Phrases separated by semicolons. A prompt takes `look`, then one phrase of each other row.

    The row lengths have a common multiple of at least five, with and without the lights. Five steps along the rows
    therefore never repeat a combination.

    """

    look: str
    makes: str
    lights: str
    frames: str
    ends: str
    scenic: bool = True  # the model may add a setting


STYLES = {
    "image": PromptStyle(
        "detailed illustration", "digital painting; concept art; painterly brushwork; matte painting",
        LIGHTS, _FRAMES, _ENDS,
    ),
    "photo": PromptStyle(
        "photograph", "35mm lens; 85mm portrait lens; medium format film; macro lens",
        LIGHTS, _FRAMES,
        "natural tones, fine grain; realistic textures, sharp focus; true-to-life colours; high dynamic range",
    ),
    "pixel": PromptStyle(
        "pixel art", "16-bit sprite; 32x32 sprite; 8-bit retro game style; isometric tile",
        "limited palette; four-colour palette; dithered shading; two-tone cel shading",
        "side view; three-quarter view; centred on a plain background; game-ready icon framing",
        "crisp pixel edges, no anti-aliasing; bold dark outline; clean readable silhouette; "
        "hand-placed pixels, high contrast; chunky readable pixels",
    ),
    "vector": PromptStyle(
        "flat vector illustration", "geometric shapes; bold line work; layered paper shapes; rounded forms",
        "limited harmonious palette; flat colours without gradients; duotone palette",
        "centred composition; generous negative space; isometric view",
        "clean scalable edges; crisp outlines, minimal detail; SVG-ready shapes", scenic=False,
    ),
    "logo": PromptStyle(
        "logo design", "simple emblem; monoline mark; negative space mark",
        "single accent colour; black on white; two-colour palette",
        "centred on a plain background; balanced symmetry",
        "memorable silhouette, scalable vector; works at small sizes, crisp edges", scenic=False,
    ),
    "business": PromptStyle(
        "professional brand visual", "modern corporate style; editorial illustration; product hero shot",
        "clean studio lighting; bright even light; soft window light",
        "generous negative space for text; banner composition; centred hero composition",
        "restrained brand colours, polished finish; trustworthy mood, high resolution",
    ),
    "uiux": PromptStyle(
        "user interface design", "dashboard screen; mobile app screen; landing page mock-up",
        "light theme, subtle shadows; dark theme, one accent colour; neutral palette",
        "grid layout, clear hierarchy; card layout, generous spacing",
        "legible typography, consistent icons; rounded corners, exact alignment", scenic=False,
    ),
    "emoji": PromptStyle(
        "emoji icon", "rounded cartoon shape; glossy 3D sticker; flat sticker style",
        "bright saturated colours; soft inner glow", "centred, front view; slight tilt, centred",
        "thick outline, transparent background; expressive and readable at small sizes", scenic=False,
    ),
    "anime": PromptStyle(
        "anime illustration", "cel shading; clean line art; painted background", LIGHTS, _FRAMES,
        "expressive eyes, vivid colours; dynamic pose, crisp lines",
    ),
    "3d": PromptStyle(
        "3D render", "physically based materials; clay render; stylised low poly",
        "studio three-point lighting; global illumination; soft area light",
        "turntable view; isometric view; close hero shot",
        "subtle reflections, ambient occlusion; high polygon detail, ray traced",
    ),
    "video": PromptStyle(
        "cinematic shot", "slow tracking shot; gentle dolly in; drifting aerial shot; handheld close-up",
        LIGHTS, "smooth motion; steady pacing; foreground parallax", _ENDS,
    ),
}  # fmt: skip
_OTHER_NAMES = {
    "pixel": "pixel-art pixelart 8-bit 16-bit sprite game",
    "vector": "svg flat icon",
    "business": "brand product marketing",
    "uiux": "ui ux ui-ux web",
    "emoji": "sticker",
    "anime": "manga",
    "photo": "photography photorealistic realistic",
    "3d": "render",
    "video": "film animation cinematic",
}
_NAMES = {name: known for known, names in _OTHER_NAMES.items() for name in names.split()}


def style_of(mode: str | None) -> PromptStyle:
    """Return the style of a mode. An unknown mode is a detailed illustration in a style of that name."""
    name = "-".join((mode or "").lower().replace("_", " ").replace("-", " ").split())[:60] or "image"
    known = STYLES.get(_NAMES.get(name, name))
    return known or STYLES["image"]._replace(look=f"{name.replace('-', ' ')} style")
