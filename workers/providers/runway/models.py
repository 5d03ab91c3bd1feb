"""Runway's models: the sizes that each makes, and the fields that each takes (runwayml 5.24.0)."""

from collections.abc import Iterable, Mapping
from typing import Any

from workers.adapters.contract import Call
from workers.adapters.inputs import aspect_ratio, nearest_size

# Fields that are left out for a model that does not take them: a seed applies only where the provider supports it.
OPTIONAL = ("seed", "quality", "negativePrompt", "speed", "languageCode", "outputFormat", "audio", "resolution")

WIDE = ("1280:720", "720:1280")
SQUARE = (*WIDE, "960:960")
FULL = ("1920:1080", "1080:1920", "1440:1440")
ULTRA = ("3840:2160", "2160:3840", "2880:2880")
GEN4 = (*SQUARE, "1104:832", "832:1104", "1584:672")
GEN4_IMAGE = (
    *("1280:720", "720:1280", "720:720", "960:720", "720:960", "1680:720", "1024:1024", "1360:768", "1168:880"),
    *("1808:768", "1920:1080", "1080:1920", "1080:1080", "1440:1080", "1080:1440", "2112:912"),
)
GEMINI = (
    *("1024:1024", "1344:768", "768:1344", "1184:864", "864:1184", "1248:832", "832:1248", "1152:896", "896:1152"),
    "1536:672",
)
GEMINI_2K = (
    *("2048:2048", "2752:1536", "1536:2752", "2400:1792", "1792:2400", "2528:1696", "1696:2528", "2304:1856"),
    *("1856:2304", "3168:1344"),
)
GEMINI_4K = (
    *("4096:4096", "5504:3072", "3072:5504", "4800:3584", "3584:4800", "5056:3392", "3392:5056", "4608:3712"),
    *("3712:4608", "6336:2688"),
)
BANANA = (
    *("1024:1024", "1376:768", "768:1376", "1200:896", "896:1200", "1264:848", "848:1264", "1152:928", "928:1152"),
    "1584:672",
)
GPT = (
    *("1920:1920", "1920:1088", "1088:1920", "1920:1440", "1440:1920", "1920:1280", "1280:1920", "1920:1536"),
    *("1536:1920", "2048:880"),
)
GPT_2K = (
    *("2560:2560", "2560:1440", "1440:2560", "2560:1920", "1920:2560", "2560:1712", "1712:2560", "2560:2048"),
    *("2048:2560", "2912:1248"),
)
GPT_4K = (
    *("2880:2880", "3840:2160", "2160:3840", "3264:2448", "2448:3264", "3504:2336", "2336:3504", "3200:2560"),
    *("2560:3200", "3840:1648"),
)
LARGE = ("2048:2048", "2304:1728", "1728:2304", "2496:1664", "1664:2496")
LITE = {
    "2K": (*LARGE, "2848:1600", "1600:2848", "3136:1344"),
    "3K": ("3072:3072", "3456:2592", "2592:3456", "4096:2304", "2304:4096", "3744:2496", "2496:3744", "4704:2016"),
}
SEEDREAM = ("1024:1024", "1376:768", "768:1376", "1184:896", "896:1184")
SEEDREAM_PRO = {"1K": SEEDREAM, "2K": (*LARGE, "2720:1530", "1530:2720")}
SEEDREAM_FLASH = {"1K": SEEDREAM, "2K": (*LARGE, "2848:1600", "1600:2848", "3136:1344")}
BRIA = ("1024:1024", "1024:576", "576:1024", "1024:768", "768:1024", "1152:768", "768:1152", "960:768", "768:960")
MUSE = ("1600:1600", "2016:1152", "1152:2016", "1792:1344", "1344:1792", "1920:1280", "1280:1920", "2352:1008")
RECRAFT = ("1024:1024", "1344:768", "768:1344", "1216:896", "896:1216", "1280:832", "832:1280", "1536:768", "768:1536")
GROK = ("1024:1024", "1280:720", "720:1280", "1152:864", "864:1152", "1248:832", "832:1248")
GROK_2K = ("2048:2048", "2816:1584", "1584:2816", "2368:1776", "1776:2368", "2496:1664", "1664:2496")
GROK_LITE = {
    "480p": ("848:480", "480:848", "480:480", "640:480", "480:640", "720:480", "480:720"),
    "720p": (*WIDE, "720:720", "960:720", "720:960", "1088:720", "720:1088"),
    "1080p": ("1904:1072", "1072:1904", "1424:1424", "1648:1232", "1232:1648", "1744:1152", "1152:1744"),
}
IDEOGRAM_EDIT = ("1024:1024", "1024:576", "576:1024", "1152:864", "864:1152")
SEEDANCE = {
    "720p": (*SQUARE, "1112:834", "834:1112", "1470:630"),
    "480p": ("864:496", "496:864", "640:640", "752:560", "560:752", "992:432"),
    "1080p": (*FULL, "1664:1248", "1248:1664", "2206:946"),
    "4K": ("3840:2160", "2160:3840", "3840:3840", "3840:2880", "2880:3840", "3840:1646"),
}
FAST = {name: SEEDANCE[name] for name in ("720p", "480p")}
SEEDANCE_25 = {
    **{name: SEEDANCE[name] for name in ("720p", "1080p")},
    "480p": ("854:480", "480:854", "640:640", "752:560", "560:752", "992:432"),
}
WAN = {
    "720p": (*SQUARE, "1104:832", "832:1104"),
    "480p": ("832:480", "480:832", "624:624", "720:544", "544:720"),
    "1080p": (*FULL, "1648:1248", "1248:1648"),
}
AUTO = {name: (f"auto_{name}",) for name in ("480p", "720p", "1080p")}

# `sizes`: the model's output sizes, the cheapest first, or its sizes by resolution. () if it takes none; not listed if
# it takes any. `sizes_with_image`: the same with an input image. `takes`: its fields of OPTIONAL, `takes_with_image`
# the same with an input image; a model without a row takes all. `seconds`: a length that it requires. `scene`: it takes
# only a prompt, without a voice or a length.
MODELS: dict[str, dict[str, Any]] = {
    "gen4.5": {"sizes": WIDE, "sizes_with_image": GEN4, "seconds": 5, "takes": ("seed",)},
    "gen4_turbo": {"sizes": GEN4, "takes": ("seed",)},
    "veo3.1": {"sizes": {"720p": WIDE, "1080p": FULL[:2]}, "takes": ("seed", "negativePrompt", "audio")},
    "seedance2": {"sizes": SEEDANCE, "takes": ("seed", "audio")},
    "seedance2_fast": {"sizes": FAST, "takes": ("seed", "audio")},
    "seedance2_mini": {"sizes": FAST, "takes": ("seed", "audio")},
    "seedance2_5": {"sizes": SEEDANCE_25, "takes": ("seed", "audio")},
    "kling3.0_standard": {"sizes": SQUARE, "takes": ("audio",)},
    "klingO3_standard": {"sizes": SQUARE, "takes": ("audio",)},
    "kling3.0_pro": {"sizes": FULL, "takes": ("audio",)},
    "klingO3_pro": {"sizes": FULL, "takes": ("audio",)},
    "kling3.0_4k": {"sizes": ULTRA, "takes": ("audio",)},
    "klingO3_4k": {"sizes": ULTRA, "takes": ("audio",)},
    "kling2.5_turbo_pro": {"sizes": {"720p": (*WIDE, "720:720"), "1080p": FULL}, "sizes_with_image": ()},
    "kling_4": {
        "sizes": {"720p": (*WIDE, "940:940", "1460:624"), "1080p": (*FULL, "2200:940")},
        "sizes_with_image": {name: AUTO[name] for name in ("720p", "1080p")},
    },
    "wan3": {"sizes": WAN, "takes": ("audio",)},
    "happyhorse_1_0": {
        "sizes": {"720p": (*SQUARE, "1108:832", "832:1108"), "1080p": (*FULL, "1662:1248", "1248:1662")},
        "sizes_with_image": (),
        "takes_with_image": ("resolution",),
    },
    "gemini_omni_flash": {"sizes": WIDE},
    "gemini_omni_flash_1.1": {
        "sizes": {"720p": WIDE, "360p": ("640:360", "360:640"), "1080p": FULL[:2], "4K": ULTRA[:2]}
    },
    "hailuo3": {"sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9"), "takes": ("resolution",)},
    "h3_max": {"sizes": (), "takes": ("seed", "resolution")},
    "grok_imagine_1_5": {
        "sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"),
        "sizes_with_image": (),
        "takes": ("resolution",),
    },
    "grok_imagine_1_5_lite": {"sizes": GROK_LITE, "sizes_with_image": AUTO},
    "gen4_image": {"sizes": GEN4_IMAGE, "takes": ("seed",)},
    "gemini_2.5_flash": {"sizes": GEMINI},
    "gemini_image3": {"sizes": {"1K": GEMINI, "2K": GEMINI_2K, "4K": GEMINI_4K}},
    "gemini_image3.1_flash_lite": {"sizes": BANANA},
    "nano_banana_2.1": {"sizes": {"1K": BANANA, "2K": GEMINI_2K, "4K": GEMINI_4K}},
    "gpt_image_2": {"sizes": {"1K": GPT, "2K": GPT_2K, "4K": GPT_4K}, "takes": ("quality",)},
    "muse_image": {"sizes": MUSE},
    "seedream5_pro": {"sizes": SEEDREAM_PRO},
    "seedream5_flash": {"sizes": SEEDREAM_FLASH},
    "seedream5_lite": {"sizes": LITE},
    "grok_imagine_image_2": {"sizes": {"1K": GROK, "2K": GROK_2K}},
    "bria_fibo_1_5": {"sizes": BRIA, "takes": ("seed",)},
    "bria_fibo_edit_1_5": {"sizes": (), "takes": ("seed",)},
    "ideogram_4_0": {"sizes": (*LARGE, "2560:1440", "1440:2560", "3072:1280", "1280:3072"), "takes": ("quality",)},
    "ideogram_4_5": {"sizes": GROK, "sizes_with_image": IDEOGRAM_EDIT, "takes": ("quality",)},
    "recraft_v4_1_flash": {"sizes": RECRAFT, "takes": ("seed",)},
    "recraft_v4_1_vector": {"sizes": RECRAFT[:5]},
    "eleven_v": {"takes": ("speed", "languageCode")},
    "eleven_multilingual_v2": {"takes": ()},
    "eleven_text_to_sound_v2": {"takes": ()},
    "seed_audio": {"scene": True, "takes": ("outputFormat",)},
    "mirelo_sfx": {"seconds": 10, "takes": ("seed",)},
}


def takes_of(row: Mapping[str, Any], *, with_image: bool) -> Iterable[str]:
    """Return the fields of OPTIONAL that a model takes."""
    takes: Iterable[str] = row.get("takes", ()) if row else OPTIONAL
    return row.get("takes_with_image", takes) if with_image else takes


def size_of(call: Call, row: Mapping[str, Any], *, with_image: bool) -> str | None:
    """Return the size that a model makes nearest to the request, or None if it takes none."""
    sizes = row.get("sizes_with_image", row.get("sizes")) if with_image else row.get("sizes")
    if isinstance(sizes, dict):
        sizes = sizes.get(str(call.input.get("resolution"))) or tuple(size for tier in sizes.values() for size in tier)
    if sizes and sizes[0].startswith("auto_"):
        return str(sizes[0])
    if sizes:
        return nearest_size(call, sizes)
    ratio = aspect_ratio(call) if sizes is None else None
    return None if ratio == "auto" else ratio
