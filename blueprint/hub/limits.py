"""What may be used at a time and in a month, as the hub's code has it (`charts/hub/limits.py`)."""

from blueprint.config import Config
from blueprint.config.types import sizes
from blueprint.config.types.limits import Room, Share
from blueprint.hub.notices import limits_hours
from blueprint.values import Values


def has_limits(config: Config) -> bool:
    """Whether the hub counts servers at all."""
    return bool(
        config.singleuser_servers_max
        or config.singleuser_servers_person
        or config.singleuser_servers_named
        or config.singleuser_limits
    )


def limit_values(config: Config) -> Values:
    """`custom.limits` of the chart's values. Groups are a list: their order counts, and Helm sorts keys of mappings."""
    of_groups = config.singleuser_limits.limits if config.singleuser_limits else None
    groups = (of_groups.groups or {}) if of_groups else {}
    return {
        "servers": config.singleuser_servers_max,
        "person": config.singleuser_servers_person,
        "named": config.singleuser_servers_named,
        "zone": of_groups.zone if of_groups else "UTC",
        "groups": [{"name": name, **_share(share)} for name, share in groups.items()],
        "others": _share(of_groups.others) if of_groups and of_groups.others else {},
        "hours": limits_hours(config),
        "contact": config.hub_contact or "the hub's administrators",
    }


def _share(share: Share) -> Values:
    return {"together": _room(share), "each": _room(share.each) if share.each else {}}


def _room(room: Room) -> Values:
    """The limits that are given, memory in bytes as text: Helm writes large numbers with exponents."""
    found = {key: getattr(room, key) for key in Room.model_fields if getattr(room, key) is not None}
    return {**found, **({"memory": str(sizes.memory(room.memory))} if room.memory else {})}
