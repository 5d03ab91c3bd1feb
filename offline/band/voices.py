"""The timbres of all voices, by name."""

from offline.band.synthesizer import Timbre

_AH = ((700.0, 260.0, 1.0), (1150.0, 300.0, 0.5), (2700.0, 500.0, 0.16), (300.0, 260.0, 0.5))
_REED = ((600.0, 700.0, 1.0), (1500.0, 900.0, 0.55), (3200.0, 1200.0, 0.2))
_BELL = ((1.0, 0.8, 2.2), (2.0, 0.32, 3.0), (2.41, 0.2, 4.2), (3.0, 0.16, 5.0), (5.43, 0.1, 9.0), (0.5, 0.14, 1.4))
_MUSIC_BOX = ((1.0, 0.95, 3.2), (2.0, 0.12, 6.0), (3.01, 0.22, 7.0), (5.9, 0.1, 16.0), (9.2, 0.05, 30.0))
_VIBES = ((1.0, 1.1, 1.8), (3.98, 0.2, 6.0), (10.1, 0.06, 22.0))
_MARIMBA = ((1.0, 1.2, 5.5), (3.93, 0.28, 15.0), (9.6, 0.1, 40.0))

VOICES = {
    "pulse 12": Timbre(wave="pulse", duty=0.125, decay=0.25, sustain=0.6, release=0.02, vibrato=14, attack=0.002),
    "pulse 25": Timbre(wave="pulse", duty=0.25, decay=0.3, sustain=0.65, release=0.02, vibrato=14, attack=0.002),
    "pulse 50": Timbre(wave="pulse", duty=0.5, decay=0.2, sustain=0.55, release=0.02, vibrato=10, attack=0.002),
    "steps": Timbre(wave="steps", release=0.015, attack=0.002, level=1.1),
    "tines": Timbre(
        wave="bars", bars=(1, 0.32, 0.16, 0.06, 0.03, 0.02, 0.05, 0.04), damping=1.1, damping_more=0.9, attack=0.004,
        release=0.18, detune=3, wide=True,
    ),
    "piano": Timbre(
        wave="string", duty=0.12, cutoff=900, track=3.5, sweep=0.8, sweep_s=0.08, damping=0.9, damping_more=0.22,
        attack=0.003, release=0.16, detune=1.6, wide=True,
    ),
    "soft piano": Timbre(
        wave="string", duty=0.14, cutoff=420, track=2.0, damping=1.2, damping_more=0.35, attack=0.008, release=0.18,
        detune=3, wide=True,
    ),
    "low piano": Timbre(
        wave="string", duty=0.12, cutoff=500, track=4.0, sweep=0.8, sweep_s=0.08, damping=0.6, damping_more=0.12,
        attack=0.003, release=0.2,
    ),
    "nylon": Timbre(
        wave="string", duty=0.24, cutoff=2600, damping=1.8, damping_more=0.55, attack=0.002, release=0.14,
        level=1.25,
    ),
    "harp": Timbre(
        wave="string", duty=0.38, cutoff=2200, damping=1.5, damping_more=0.7, attack=0.002, release=0.5,
        level=1.15,
    ),
    "upright": Timbre(
        wave="string", duty=0.2, cutoff=650, damping=1.4, damping_more=0.3, attack=0.004, release=0.07,
        level=1.2,
    ),
    "picked": Timbre(
        wave="string", duty=0.13, cutoff=1500, damping=0.9, damping_more=0.22, attack=0.002,
        release=0.05,
    ),
    "round": Timbre(
        wave="saw", cutoff=170, track=1.0, sweep=1.2, sweep_s=0.1, sustain=0.75, attack=0.004,
        release=0.05,
    ),
    "acid": Timbre(
        wave="saw", cutoff=240, track=1.2, sweep=2.6, sweep_s=0.09, peak=1.2, sustain=0.7, attack=0.003, release=0.03,
    ),
    "acid pluck": Timbre(
        wave="pulse", duty=0.32, cutoff=600, track=0.6, sweep=2.4, sweep_s=0.06, peak=0.8, decay=0.16, sustain=0.1,
        attack=0.002, release=0.12, level=1.7,
    ),
    "sub": Timbre(wave="bars", bars=(1, 0.22, 0.1, 0.03), decay=2.0, sustain=0.7, attack=0.03, release=0.3),
    "warm": Timbre(
        wave="saw", cutoff=520, track=0.8, sweep=-0.8, sweep_s=1.4, detune=13, attack=0.35, release=0.7, wide=True,
    ),
    "glass": Timbre(
        wave="bars", bars=(1, 0.1, 0.32, 0.05, 0.16, 0.0, 0.06, 0.05), detune=9, attack=0.9, release=1.4, wide=True,
        vibrato=5,
    ),
    "super": Timbre(wave="saw", cutoff=1500, track=1.5, detune=18, attack=0.03, release=0.25, wide=True),
    "stab": Timbre(
        wave="saw", cutoff=900, track=1.0, sweep=1.6, sweep_s=0.12, detune=14, decay=0.22, sustain=0.4, attack=0.003,
        release=0.1, wide=True,
    ),
    "glide": Timbre(
        wave="pulse", duty=0.4, cutoff=1300, track=2.0, sweep=1.0, sweep_s=0.2, detune=9, decay=0.5, sustain=0.75,
        attack=0.012, release=0.12, vibrato=16,
    ),
    "strings": Timbre(
        wave="saw", cutoff=1900, track=1.0, detune=11, attack=0.16, release=0.3, vibrato=12, wide=True,
    ),
    "short strings": Timbre(
        wave="saw", cutoff=1700, track=1.0, sweep=0.5, detune=9, decay=0.2, sustain=0.45, attack=0.02, release=0.13,
        wide=True,
    ),
    "low strings": Timbre(wave="saw", cutoff=700, track=2.0, detune=8, attack=0.05, release=0.14, sustain=0.85),
    "choir": Timbre(
        wave="saw", formants=_AH, detune=15, attack=0.3, release=0.6, vibrato=13, wide=True, breath=0.015,
    ),
    "brass": Timbre(
        wave="saw", cutoff=500, track=2.6, sweep=-1.2, sweep_s=0.07, attack=0.045, release=0.1, vibrato=9, detune=5,
    ),
    "reed": Timbre(
        wave="pulse", duty=0.44, cutoff=1500, track=1.2, formants=_REED,
        attack=0.03, release=0.08, vibrato=16, breath=0.02,
    ),
    "flute": Timbre(
        wave="bars", bars=(1, 0.28, 0.13, 0.04, 0.02), attack=0.055, release=0.11, vibrato=13, breath=0.035,
    ),
    "organ": Timbre(
        wave="bars", bars=(0.9, 0.8, 0.7, 0.5, 0, 0.3, 0, 0.25), attack=0.012, release=0.06, vibrato=7, detune=4,
        wide=True,
    ),
    "power": Timbre(
        wave="power", cutoff=3000, damping=0.5, damping_more=0.012, attack=0.003, release=0.05, detune=9,
        wide=True,
    ),
    "overdrive": Timbre(
        wave="pulse", duty=0.3, cutoff=2400, track=1.0, peak=0.5, damping=0.25, detune=4, attack=0.004, release=0.08,
        vibrato=22,
    ),
    "bell": Timbre(partials=_BELL, attack=0.0015, release=0.9, level=2.0),
    "glass bell": Timbre(partials=_BELL, attack=0.02, release=0.5, level=1.6),
    "music box": Timbre(partials=_MUSIC_BOX, attack=0.0015, release=0.6, level=2.1),
    "vibes": Timbre(partials=_VIBES, attack=0.002, release=0.35, level=1.5),
    "marimba": Timbre(partials=_MARIMBA, attack=0.0015, release=0.2, level=2.1),
}  # fmt: skip
