"""How much each value leaves open, so that two containers can be compared line by line."""

EQUAL, STRICTER, LOOSER = "equal", "stricter", "LOOSER"

# What forbids something on a mount; a place where one of them is missing is more open.
RESTRICTIONS = ("ro", "nosuid", "nodev", "noexec")


def openness(name, value):
    """A set of what is open: of two, the smaller is the stricter."""
    kind = name.split(" ")[0]
    if value is None:
        return set()
    if name.startswith("status Cap"):
        return {bit for bit in range(64) if int(value, 16) >> bit & 1}
    if name in ("status NoNewPrivs", "status Seccomp", "status Seccomp_filters"):
        # More of these is stricter.
        return set(range(8 - min(8, int(value))))
    if kind == "status":
        return set(value.split())
    if kind == "call":
        return {"allowed"} & {value}
    if kind in ("namespace", "uid", "gid"):
        return {"the host's"} & {value}
    if kind == "content":
        return {"readable"} & {value}
    if kind in ("device", "made"):
        return {"opens"} & {value}
    if kind == "keyring":
        return {"reached"} & {value}
    if kind == "paths":
        return {"shown"} & {value}
    # Writable files, open descriptors, labels: there or not.
    return {value}


def compare(theirs, ours):
    if theirs == ours:
        return EQUAL
    return STRICTER if ours < theirs else LOOSER


def of_facts(theirs, ours):
    """(name, their value, our value, verdict) for each name that either has."""
    for name in sorted(set(theirs) | set(ours)):
        values = theirs.get(name), ours.get(name)
        yield name, *values, compare(openness(name, values[0]), openness(name, values[1]))


def at(mounts, place):
    """The attributes that hold at a place: those of the mount nearest above it."""
    while place not in mounts:
        place = place.rpartition("/")[0] or "/"
    return mounts[place]


def of_mounts(theirs, ours):
    """The same of what mounts forbid, at each place where either has one."""
    for place in sorted(set(theirs) | set(ours)):
        flags = [at(mounts, place) for mounts in (theirs, ours)]
        texts = [",".join(flag for flag in RESTRICTIONS if flag in own) or "-" for own in flags]
        open_ones = [set(RESTRICTIONS) - own for own in flags]
        yield f"mount {place}", *texts, compare(*open_ones)
