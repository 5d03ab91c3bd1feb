"""The band's vocabulary. A compound counts with and without its hyphen or space: lo-fi, lo fi, lofi."""

STYLES = {
    "chiptune": "chiptune chip 8bit 16bit nes gameboy nintendo pixel pixelart arcade retrogame videogame sega tracker",
    "lofi": "lofi chillhop study hiphop chill coffee downtempo triphop mellow",
    "jazz": "jazz jazzy swing bebop lounge smoky bossa bossanova blues bluesy noir cafe",
    "ambient": "ambient drone meditation meditative atmospheric soundscape sleep relaxing relaxation spa yoga zen "
    "ethereal",
    "rock": "rock metal punk guitar grunge hardrock heavymetal riff",
    "techno": "techno house edm trance dance club rave electronic electro dnb dubstep disco",
    "epic": "epic orchestral orchestra cinematic trailer symphonic symphony film movie hero heroic majestic",
    "folk": "folk medieval celtic tavern acoustic country irish village fantasy minstrel bard",
    "synthwave": "synthwave retrowave vaporwave 80s outrun cyberpunk neon synth futuristic",
    "lullaby": "lullaby musicbox toy baby christmas cradle nursery bedtime",
    "classical": "classical sonata baroque minuet waltz piano nocturne chamber romantic",
    "pop": "pop catchy corporate jingle funk funky summer kpop jpop advertisement",
}

HINTS = {  # a style for words that name none; used when no style is named
    "folk": "forest woods mountain farm river meadow castle king pirate journey quest market dwarf elf",
    "ambient": "space galaxy nebula ocean sea underwater cave cosmos stars night moon fog mist dream dreamy calm "
    "peaceful",
    "epic": "boss battle war fight dragon victory storm empire adventure sword",
    "synthwave": "city cyber robot laser future racing drive chase",
    "lullaby": "snow winter bell bells gentle cute",
    "lofi": "rain rainy cozy cosy autumn sunday",
    "pop": "upbeat happy fun party beach sunny celebration",
    "classical": "sad melancholy love tender wedding",
}

MOODS: dict[str, tuple[str, float, float]] = {  # words, valence and energy from -1 to 1
    "happy": ("happy cheerful joyful joy sunny fun bright positive feelgood summer party", 0.9, 0.35),
    "upbeat": ("upbeat energetic uplifting lively driving catchy celebration", 0.7, 0.7),
    "sad": ("sad melancholy melancholic sorrow lonely grief tragic rainy heartbreak funeral crying", -0.9, -0.6),
    "calm": ("calm peaceful relaxing gentle quiet soft serene tranquil soothing sleep mellow cozy cosy", 0.25, -0.9),
    "dark": ("dark gloomy sinister evil horror eerie creepy haunted dungeon gothic noir cave grim", -0.9, -0.1),
    "epic": ("epic heroic majestic triumphant victory powerful glorious grand hero", 0.2, 0.8),
    "tense": ("boss battle fight chase war tense intense danger action aggressive angry fury racing", -0.7, 1.0),
    "mysterious": ("mysterious mystery magic magical enigmatic secret strange puzzle alien mist fog", -0.4, -0.35),
    "adventure": ("adventure adventurous quest journey explore exploration overworld pirate travel", 0.6, 0.5),
    "tender": ("romantic love tender nostalgic wistful bittersweet wedding", 0.1, -0.4),
    "playful": ("playful silly funny quirky cute cartoon comic bouncy", 0.8, 0.3),
    "dreamy": ("dreamy dream floating ethereal space stars ocean underwater moon", 0.2, -0.6),
}

TEMPOS = {  # as a factor of the style's tempo
    "slow": 0.74, "slowly": 0.74, "adagio": 0.7, "largo": 0.62, "ballad": 0.76, "andante": 0.85, "moderate": 1.0,
    "allegro": 1.22, "fast": 1.32, "quick": 1.28, "presto": 1.45, "rapid": 1.35, "speedy": 1.35, "frantic": 1.45,
}  # fmt: skip

MODES = {
    "major": "major", "minor": "minor", "dorian": "dorian", "lydian": "lydian", "mixolydian": "mixolydian",
    "phrygian": "phrygian", "desert": "spanish", "arabian": "spanish", "arabic": "spanish", "egyptian": "spanish",
    "spanish": "spanish", "flamenco": "spanish", "space": "lydian", "celtic": "mixolydian", "medieval": "dorian",
}  # fmt: skip

WALTZ = frozenset({"waltz", "34", "threefour", "minuet", "carousel"})

INSTRUMENTS = {  # the voice, and the part that it plays
    "piano": ("piano", "comp"), "guitar": ("nylon", "comp"), "flute": ("flute", "lead"), "harp": ("harp", "arp"),
    "strings": ("strings", "pad"), "violin": ("strings", "lead"), "cello": ("strings", "lead"),
    "choir": ("choir", "pad"), "organ": ("organ", "comp"), "bell": ("bell", "lead"), "bells": ("bell", "lead"),
    "chimes": ("bell", "arp"), "marimba": ("marimba", "lead"), "xylophone": ("marimba", "lead"),
    "kalimba": ("marimba", "comp"), "sax": ("reed", "lead"), "saxophone": ("reed", "lead"),
    "clarinet": ("reed", "lead"), "oboe": ("reed", "lead"), "trumpet": ("brass", "lead"), "brass": ("brass", "lead"),
    "horn": ("brass", "lead"), "horns": ("brass", "lead"), "synth": ("glide", "lead"), "pad": ("warm", "pad"),
    "lute": ("nylon", "comp"), "ukulele": ("nylon", "comp"), "rhodes": ("tines", "comp"),
    "musicbox": ("music box", "lead"), "celesta": ("music box", "lead"), "glockenspiel": ("bell", "lead"),
    "whistle": ("flute", "lead"),
}  # fmt: skip

PARTS = {  # parts that "no ..." and "without ..." exclude
    "drums": "drums", "drum": "drums", "percussion": "drums", "beat": "drums", "beats": "drums", "bass": "bass",
    "melody": "lead", "lead": "lead", "pad": "pad", "strings": "pad", "chords": "comp",
}  # fmt: skip
