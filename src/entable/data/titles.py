"""Made-up film titles that show genre and mood."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["GENRES", "MOODS", "titles"]

MOODS = ("gentle", "dark")
_ADJECTIVES = {
    "gentle": "Gentle Merry Sunny Golden Playful Tender Little Bright Happy Kindly Cosy Silver "
    "Smiling Lucky Warm",
    "dark": "Dark Cruel Bitter Savage Bloody Silent Grim Cold Broken Wicked Black Bleak Hollow "
    "Doomed Merciless",
}
_NOUNS = {
    "space": "Starship Planet Comet Galaxy Android Nebula Moonbase Satellite Asteroid Cosmonaut",
    "western": "Sheriff Saddle Cowboy Stagecoach Outlaw Prairie Saloon Rodeo Mustang Canyon",
    "horror": "Crypt Vampire Graveyard Phantom Werewolf Coffin Nightmare Ghoul Zombie Dungeon",
    "romance": "Kiss Wedding Sweetheart Valentine Bride Serenade Honeymoon Rose Proposal Waltz",
    "comedy": "Clown Prank Picnic Butler Banana Circus Roommate Parrot Pyjama Trombone",
    "war": "Trench Battalion Bunker Submarine Sergeant Siege Armistice Convoy Regiment Cannon",
    "crime": "Detective Heist Alibi Gangster Getaway Verdict Informer Ransom Burglar Witness",
    "fantasy": "Dragon Wizard Unicorn Elf Spell Castle Mermaid Goblin Enchantress Talisman",
}
GENRES = tuple(_NOUNS)  # two and two are opposites: who likes space does not like westerns


def titles(
    genre: NDArray[np.int64], dark: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.object_], pl.DataFrame]:
    """Titles (n,) as objects, all different, and facts: genre, mood and year.

    genre: positions in GENRES; dark: which films are dark rather than gentle.
    """
    random = np.random.default_rng([seed, len(genre), 2])
    years = random.integers(1950, 2024, len(genre))
    used: dict[str, int] = {}
    shown = [
        _title(GENRES[g], MOODS[int(d)], int(y), random, used)
        for g, d, y in zip(genre, dark, years, strict=True)
    ]
    facts = pl.DataFrame(
        {
            "genre": np.array(GENRES)[genre],
            "mood": np.array(MOODS)[dark.astype(int)],
            "year": years,
        }
    )
    return np.array([*shown, None], dtype=object)[:-1], facts


def _title(
    genre: str, mood: str, year: int, random: np.random.Generator, used: dict[str, int]
) -> str:
    "Adjective and noun; one that was there before gets a number, as sequels do."
    adjectives, nouns = _ADJECTIVES[mood].split(), _NOUNS[genre].split()
    k = int(random.integers(len(adjectives) * len(nouns)))
    name = f"The {adjectives[k % len(adjectives)]} {nouns[k // len(adjectives)]}"
    used[name] = used.get(name, 0) + 1
    number = f" {used[name]}" if used[name] > 1 else ""
    return f"{name}{number} ({year})"
