"""What a container or a strict host may bring: each condition as the commands that make it.

The commands are run by a shell as root in a mount namespace of its own, so nothing of the machine changes. They know
`$HERE`, an empty folder of this condition, and `$CHECKOUT`.
"""

from dataclasses import dataclass, field
from typing import Final

ODD: Final = "a, b %20 #+&'é 中"
LONG: Final = "/".join(["long" * 15] * 4)

NOBODY: Final = "setpriv --reuid=65534 --regid=65534 --clear-groups"
NAMELESS: Final = "setpriv --reuid=12345 --regid=12345 --clear-groups"
# What is left to root in a container unless it is told otherwise.
USUAL: Final = "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,sys_chroot,mknod,setfcap"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, and what is expected under it."""

    name: str
    setup: str = ""
    """Commands that make it."""
    prefix: str = ""
    """A program that starts the demo, such as setpriv for an account."""
    owner: int = 0
    """To whom the checkout and `$HERE` belong."""
    folder: str = ""
    """Where the checkout is, where that matters; below a folder of this condition."""
    environment: dict[str, str] = field(default_factory=dict)
    unshared: str = ""
    """Options of unshare beside --mount."""
    says: str = ""
    """For a condition that docs/hosts.md lists as one that ModelBox does not run under: what the one line says."""


def _without(*places: str) -> str:
    return "; ".join(f"mount -t tmpfs -o ro,mode=755 none {place}" for place in places)


CONDITIONS: Final = (
    Condition("root"),
    Condition(
        "root with the checkout and the data in a home of mode 0700",
        setup="chmod 700 $HERE; mkdir $HERE/tmp",
        folder="home",
        environment={"HOME": "$HERE", "TMPDIR": "$HERE/tmp"},
    ),
    Condition(
        "root with a closed home, a strict umask and a read-only system",
        setup=f"umask 077; chmod 700 $HERE; mkdir $HERE/tmp; {_without('/var/cache', '/var/tmp', '/run', '/dev/shm')}",
        folder="home",
        environment={"HOME": "$HERE", "TMPDIR": "/tmp"},
    ),
    Condition(
        "root with the capabilities that containers leave",
        setup="chmod 700 $HERE",
        prefix=f"setpriv --bounding-set=-all,+{USUAL.replace(',', ',+')} --inh-caps=-all",
        folder="home",
        environment={"TMPDIR": "$HERE"},
    ),
    Condition(
        "root without capabilities",
        prefix="setpriv --bounding-set=-all --inh-caps=-all",
        says="Postgres does not run as root",
    ),
    Condition("root of a rootless container", prefix=f"{NOBODY} unshare --user --map-root-user", owner=65534),
    Condition("ordinary user", prefix=NOBODY, owner=65534, environment={"HOME": "$HERE"}),
    Condition("ordinary user on the checkout of another", prefix=NOBODY, environment={"HOME": "/nonexistent"}),
    Condition("user id without an account", prefix=f"env -u HOME {NAMELESS}", owner=12345),
    Condition("user id without an account, HOME of root", prefix=NAMELESS, environment={"HOME": "/root"}),
    Condition(
        "no writable temporary directory",
        setup=_without("/tmp", "/var/tmp", "/dev/shm"),
        prefix=NOBODY,
        owner=65534,
        environment={"TMPDIR": "/nonexistent"},
    ),
    Condition(
        "no writable folder at all",
        setup=_without("/tmp", "/var/tmp", "/dev/shm"),
        prefix=NOBODY,
        says="no folder",
    ),
    Condition(
        "read-only home",
        setup="mkdir $HERE/home; chmod 555 $HERE/home",
        prefix=NOBODY,
        owner=65534,
        environment={"HOME": "$HERE/home"},
    ),
    Condition(
        "full disk",
        setup="mkdir $HERE/tmp; mount -t tmpfs -o size=24m none $HERE/tmp",
        environment={"TMPDIR": "$HERE/tmp"},
        says="No space left on device",
    ),
    Condition("odd path", setup="mkdir -p $TMPDIR", folder=ODD, environment={"TMPDIR": f"$HERE/{ODD}/t"}),
    Condition("long path", setup="mkdir -p $TMPDIR", folder=LONG, environment={"TMPDIR": f"$HERE/{LONG}/t"}),
    Condition(
        "odd and long path of an ordinary user",
        setup="mkdir -p $TMPDIR; chown -R 65534 $TMPDIR",
        prefix=NOBODY,
        folder=f"{ODD}/{LONG}",
        environment={"TMPDIR": f"$HERE/{ODD}/{LONG}/t"},
    ),
    Condition("umask 077 of root", setup="umask 077; mkdir $TMPDIR", environment={"TMPDIR": "$HERE/t"}),
    Condition("umask 000", setup="umask 000", prefix=NOBODY, owner=65534, environment={"TMPDIR": "$HERE"}),
    Condition("no /proc", setup=_without("/proc"), prefix=NOBODY, owner=65534),
    Condition(
        "processes of others hidden",
        setup="mount -t proc -o hidepid=2 proc /proc",
        prefix=NOBODY,
        owner=65534,
        unshared="--pid --fork",
    ),
    Condition("process 1", unshared="--pid --fork --mount-proc"),
    Condition("no locale", environment={"LANG": "", "LC_ALL": ""}),
    Condition("locale C", environment={"LC_ALL": "C"}),
    Condition("locale that is not installed", environment={"LC_ALL": "xx_YY.ISO-8859-1"}),
    Condition(
        "no IPv6", setup="ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6", unshared="--net"
    ),
    Condition("256 open files", setup="ulimit -n 256"),
    Condition("small /dev/shm", setup="mount -t tmpfs -o size=1m none /dev/shm", prefix=NOBODY, owner=65534),
    Condition("no /dev/shm", setup=_without("/dev/shm"), prefix=NOBODY, owner=65534),
    Condition(
        "nothing may be executed in temporary folders",
        setup="mount -t tmpfs -o noexec,mode=1777 none /tmp",
        prefix=NAMELESS,
        owner=12345,
        environment={"TMPDIR": "/tmp"},
    ),
)
