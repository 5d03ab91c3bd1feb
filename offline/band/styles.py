"""Music styles: tempi, voices and patterns by part, and reverb."""

from msgspec import Struct


class MusicStyle(Struct, frozen=True, kw_only=True):
    """A style. The dice choose where it has several values. Voices are in voices.py, patterns with their parts."""

    tempo: tuple[int, int]  # beats a minute
    bright: tuple[str, ...] = ("major",)  # modes for a happy mood
    dim: tuple[str, ...] = ("minor",)  # modes for a sad mood
    lead: tuple[str, ...]
    comp: tuple[str, ...]
    bass: tuple[str, ...]
    pad: tuple[str, ...] = ()
    arp: tuple[str, ...] = ()
    comping: tuple[str, ...]
    bassline: tuple[str, ...]
    beat: tuple[str, ...] = ()
    kit: str = "studio"
    swing: float = 0.5  # position of the second eighth within its beat
    room: float = 0.2  # share of reverb
    room_s: float = 1.4  # length of the reverb
    echo: float = 0.15
    sevenths: bool = False
    bars_a_chord: int = 1
    busy: float = 0.5  # density of the melody
    loose_s: float = 0.006  # standard deviation of a hand from the beat
    slows: bool = False  # slows down before the last chord


STYLES = {
    "chiptune": MusicStyle(
        tempo=(124, 152), lead=("pulse 25", "pulse 12"), comp=("pulse 50",), bass=("steps",), arp=("pulse 12",),
        comping=("flutter",), bassline=("octaves", "gallop"), beat=("rock", "four"), kit="chip", room=0.0, room_s=0.2,
        echo=0.22, busy=0.72, loose_s=0.0,
    ),
    "lofi": MusicStyle(
        tempo=(70, 86), bright=("major", "dorian"), dim=("minor", "dorian"), lead=("tines", "nylon", "flute"),
        comp=("tines", "soft piano"), bass=("round",), pad=("warm",), comping=("lazy", "halves"), bassline=("lazy",),
        beat=("lofi",), kit="dusty", swing=0.58, room=0.18, room_s=1.1, echo=0.2, sevenths=True, busy=0.35,
        loose_s=0.012,
    ),
    "jazz": MusicStyle(
        tempo=(104, 152), bright=("major", "mixolydian"), dim=("dorian", "minor"), lead=("reed", "vibes", "brass"),
        comp=("piano", "tines"), bass=("upright",), comping=("charleston",), bassline=("walking",), beat=("swing",),
        kit="brushes", swing=0.64, room=0.2, room_s=1.2, echo=0.05, sevenths=True, busy=0.62, loose_s=0.01, slows=True,
    ),
    "ambient": MusicStyle(
        tempo=(58, 74), bright=("lydian", "major"), dim=("dorian", "minor"), lead=("bell", "flute", "music box"),
        comp=("harp", "tines"), bass=("sub",), pad=("glass", "choir", "warm"), arp=("glass bell",),
        comping=("broken",), bassline=("pedal",), room=0.55, room_s=4.5, echo=0.4, sevenths=True, bars_a_chord=2,
        busy=0.12, slows=True,
    ),
    "rock": MusicStyle(
        tempo=(112, 144), bright=("major", "mixolydian"), dim=("minor",), lead=("glide", "overdrive"),
        comp=("power",), bass=("picked",), pad=("organ",), comping=("chug", "strum"), bassline=("eighths",),
        beat=("rock", "drive"), room=0.2, room_s=1.0, echo=0.15, busy=0.55,
    ),
    "techno": MusicStyle(
        tempo=(122, 134), bright=("major", "dorian"), dim=("minor", "phrygian"), lead=("glide", "pulse 50"),
        comp=("stab", "super"), bass=("acid", "round"), pad=("super", "warm"), arp=("acid pluck",),
        comping=("stabs", "offbeat"), bassline=("offbeat", "rolling"), beat=("four",), kit="machine", room=0.22,
        room_s=1.6, echo=0.3, busy=0.5, loose_s=0.0,
    ),
    "epic": MusicStyle(
        tempo=(92, 116), bright=("major", "lydian"), dim=("minor",), lead=("brass", "strings"), comp=("short strings",),
        bass=("low strings",), pad=("strings", "choir"), comping=("ostinato",), bassline=("roots", "eighths"),
        beat=("march",), kit="hall", room=0.36, room_s=2.8, echo=0.1, busy=0.42, loose_s=0.008, slows=True,
    ),
    "folk": MusicStyle(
        tempo=(92, 120), bright=("major", "mixolydian", "dorian"), dim=("dorian", "minor"),
        lead=("flute", "nylon", "reed"), comp=("nylon", "harp"), bass=("upright",), pad=("strings",),
        comping=("strum", "broken"), bassline=("fifths",), beat=("tambour",), kit="hand", room=0.24, room_s=1.6,
        echo=0.08, busy=0.6, loose_s=0.01, slows=True,
    ),
    "synthwave": MusicStyle(
        tempo=(90, 112), bright=("major", "dorian"), dim=("minor",), lead=("glide", "super"), comp=("stab",),
        bass=("acid", "round"), pad=("super", "warm"), arp=("acid pluck", "pulse 25"), comping=("offbeat", "halves"),
        bassline=("eighths", "octaves"), beat=("gated", "four"), kit="machine", room=0.28, room_s=2.2, echo=0.3,
        busy=0.4, loose_s=0.0,
    ),
    "lullaby": MusicStyle(
        tempo=(72, 92), dim=("major",), lead=("music box",), comp=("harp", "music box"), bass=("sub",),
        pad=("warm", "strings"), comping=("broken", "alberti"), bassline=("pedal",), room=0.32, room_s=2.2, echo=0.18,
        busy=0.4, loose_s=0.01,
        slows=True,
    ),
    "classical": MusicStyle(
        tempo=(84, 116), dim=("minor", "harmonic"), lead=("piano", "strings", "flute"), comp=("piano",),
        bass=("low piano",), pad=("strings",), comping=("alberti", "broken"), bassline=("roots",), room=0.3,
        room_s=2.0, echo=0.0, busy=0.5, loose_s=0.01, slows=True,
    ),
    "pop": MusicStyle(
        tempo=(100, 124), bright=("major", "mixolydian"), lead=("marimba", "glide", "flute"), comp=("piano", "nylon"),
        bass=("picked", "round"), pad=("warm",), arp=("pulse 25",), comping=("strum", "offbeat"),
        bassline=("syncopated", "octaves"), beat=("rock", "four"), room=0.18, room_s=1.2, echo=0.15, busy=0.58,
    ),
}  # fmt: skip
