"""Deals seeded children out to seeded parents: each parent gets one run of consecutive ordinals."""


def parent_of(child: int, parents: int, children: int) -> int:
    return child * parents // children


def children_of(parent: int, parents: int, children: int) -> range:
    """Return the ordinals whose `parent_of` is `parent`."""
    if not parents or not children:
        return range(0)
    return range(-(-parent * children // parents), -(-(parent + 1) * children // parents))
