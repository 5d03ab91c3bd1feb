"""The artist's vocabulary: one table of words for each decision of a picture."""

PLACES = {
    "forest": "forest woods woodland jungle grove pine pines taiga rainforest trees",
    "mountain": "mountain mountains peak peaks alps alpine cliff canyon summit hike himalaya glacier volcano highland",
    "sea": "sea ocean beach coast coastal shore wave waves bay harbor harbour island islands surf marine lighthouse",
    "lake": "lake pond reflection loch fjord lagoon",
    "river": "river stream creek brook valley waterfall",
    "city": "city town street skyline urban downtown metropolis building buildings skyscraper cyberpunk tokyo york "
    "alley office apartment",
    "desert": "desert dune dunes sahara sand arid mars oasis pyramid",
    "space": "space galaxy nebula cosmos cosmic universe orbit astronaut starship asteroid interstellar supernova",
    "field": "field meadow grass grassland flowers garden prairie farm hill hills countryside lavender poppy "
    "tulips wheat roses spring pasture savanna",
}

SUBJECTS = {
    "sword": "sword blade katana dagger excalibur",
    "dragon": "dragon wyvern drake",
    "castle": "castle fortress palace citadel kingdom",
    "house": "house cabin cottage hut home barn village",
    "tower": "tower lighthouse beacon",
    "tree": "tree oak willow bonsai",
    "cat": "cat kitten kitty feline",
    "figure": "person man woman girl boy traveler traveller wanderer knight warrior samurai wizard hero figure human "
    "astronaut monk king queen hiker",
    "birds": "bird birds seagull seagulls crow crows flock eagle swan geese",
    "boat": "boat ship sail sailboat sailing yacht vessel",
    "balloon": "balloon balloons airship",
    "rocket": "rocket spaceship spacecraft starship shuttle",
    "crystal": "crystal crystals gem diamond jewel ruby emerald sapphire orb potion",
    "flower": "flower tulip rose lotus sunflower blossom lily orchid daisy",
}

BODIES = {
    "moon": "moon moons moonlight moonlit lunar",
    "planet": "planet planets saturn jupiter alien exoplanet world worlds",
    "sun": "sun suns sunny sunlight sunshine",
}

HOURS = {
    "dawn": "dawn sunrise morning daybreak aurora",
    "day": "day noon midday sunny bright daylight summer afternoon",
    "sunset": "sunset dusk evening twilight golden autumn fall warm",
    "night": "night midnight moonlight moonlit nocturnal dark starry stars star cyberpunk neon nighttime",
}

WEATHERS = {
    "mist": "mist misty fog foggy haze hazy smoke smoky steam",
    "rain": "rain rainy raining drizzle wet shower",
    "snow": "snow snowy winter ice icy frozen frost blizzard arctic christmas",
    "storm": "storm stormy thunder lightning thunderstorm tempest hurricane",
    "clouds": "cloud clouds cloudy overcast sky",
}

MOODS = {
    "soft": "soft gentle dreamy calm peaceful serene tranquil quiet delicate watercolor cozy",
    "cinematic": "cinematic epic dramatic film movie majestic photorealistic realistic hdr",
    "dark": "dark gloomy moody gothic noir horror eerie grim haunted sinister",
    "neon": "neon cyberpunk synthwave vaporwave retrowave glowing electric holographic",
    "pastel": "pastel kawaii cute pale candy",
    "vivid": "vivid vibrant colorful colourful saturated bright magical fantasy psychedelic",
}

STYLES = {
    "abstract": "abstract fluid marble swirl swirls psychedelic wallpaper texture liquid pattern",
    "geometric": "geometric geometry bauhaus minimal minimalist shapes logo icon vector business poster flat emblem "
    "badge ui uiux triangles circles cubist",
    "pixel": "pixel pixelart 8bit 16bit retro sprite voxel",
}

HUES = {  # degrees in OKLCH
    "red": 27, "crimson": 20, "scarlet": 30, "orange": 55, "amber": 70, "gold": 85, "golden": 85, "yellow": 102,
    "lime": 128, "green": 145, "emerald": 158, "mint": 165, "teal": 190, "turquoise": 195, "cyan": 205, "azure": 245,
    "blue": 260, "navy": 264, "indigo": 280, "violet": 298, "purple": 308, "lavender": 300, "magenta": 330,
    "pink": 355, "rose": 5, "brown": 55, "copper": 50,
}  # fmt: skip

COUNTS = {"a": 1, "one": 1, "two": 2, "twin": 2, "double": 2, "three": 3, "triple": 3, "four": 4, "five": 5, "many": 5}
