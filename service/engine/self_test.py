"""Asks a freshly compiled engine about itself before it may answer for a patient.

Every conjunction has to fire on an example that fits it and to stay silent on one that does not; names may not collide
in the engine's 32-bit hashes. A pack that fails is refused and the old one stays.
"""

from service.engine.durable_compile import Conjunct, by_attribute, fitting
from service.engine.durable_engine import HEARTBEAT, DurableEngine, EngineFailed

_MASK = 0xFFFFFFFF
_PRIME, _OFFSET = 16777619, 2166136261


def self_test(engine: DurableEngine) -> None:
    """Raise EngineFailed if the engine does not do what its conjunctions say."""
    attributes = engine.attributes.names.values()
    sent = (name for each in attributes for name in (each, f"{each}lo", f"{each}hi", f"{each}k"))
    names = [HEARTBEAT, "g", "sid", "id", *engine.means, *sent]
    for hashed in (fnv_1, fnv_1a):
        if len({hashed(name) for name in names}) < len(set(names)):
            raise EngineFailed("two names share a hash")
    for group in engine.groups:
        for name, conjunct in group:
            _try(engine, name, conjunct)


def _try(engine: DurableEngine, name: str, conjunct: Conjunct) -> None:
    fits = example(conjunct)
    fired = engine.fired(fits)
    if name not in fired or HEARTBEAT not in fired:
        raise EngineFailed(f"{engine.means[name][0][0]}: {name} does not fire on its own example")
    for attribute in fits:
        without = {known: value for known, value in fits.items() if known != attribute}
        if name in engine.fired(without):
            raise EngineFailed(f"{engine.means[name][0][0]}: {name} fires without {attribute}")


def example(conjunct: Conjunct) -> dict[str, float]:
    """Return attributes that fit the conjunction; raise EngineFailed if none do."""
    found = {attribute: fitting(literals) for attribute, literals in by_attribute(conjunct).items()}
    if None in found.values():
        raise EngineFailed("a conjunction that nothing fits")
    return {attribute: number for attribute, number in found.items() if number is not None}


def fnv_1(text: str) -> int:
    """Return the 32-bit FNV-1 hash."""
    value = _OFFSET
    for byte in text.encode():
        value = (value * _PRIME & _MASK) ^ byte
    return value


def fnv_1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash."""
    value = _OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _PRIME & _MASK
    return value
