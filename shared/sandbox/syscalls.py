"""The Linux system calls that a child may not make, as a seccomp filter (seccomp(2), classic BPF).

The list names ways out, not ways to compute: numeric libraries use too many calls for a list of allowed ones.
"""

import platform
import struct

CLONE_THREAD, AF_UNIX = 0x10000, 1
ENOSYS, EPERM = 38, 1
# <linux/audit.h>; a filter must check the architecture, because the numbers differ.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435  # its flags lie behind a pointer, out of the filter's reach: the C library then uses clone

DENIED: dict[str, tuple[int, int]] = {  # name: (x86_64, aarch64), from the kernel's syscall tables; -1: not there
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "kill": (62, 129),
    "ptrace": (101, 117),
    "syslog": (103, 116),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount": (165, 40),
    "umount2": (166, 39),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "accept4": (288, 242),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "sendmmsg": (307, 269),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "finit_module": (313, 273),
    "bpf": (321, 280),
    "execveat": (322, 281),
    "userfaultfd": (323, 282),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
}

LISTENING = ("socket", "bind", "listen", "accept", "accept4")

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data
ALLOW, REFUSE, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000


def filter_program(machine: str = platform.machine(), *, listens: bool = False) -> bytes | None:
    """Return the filter as an array of struct sock_filter, or None for a machine whose numbers we do not know.

    With `listens`, unix sockets may be opened and listened on, but not connected.
    """
    if machine not in ARCHITECTURES:
        return None
    column = list(ARCHITECTURES).index(machine)
    allowed = LISTENING if listens else ()
    numbers = [pair[column] for name, pair in DENIED.items() if pair[column] >= 0 and name not in allowed]
    program = [
        _step(LOAD, value=ARCHITECTURE_AT),
        _step(JUMP_EQUAL, 1, 0, ARCHITECTURES[machine]),
        _step(RETURN, value=KILL_PROCESS),
        _step(LOAD, value=NUMBER_AT),
        _step(JUMP_GREATER_EQUAL, 0, 1, X32_BIT),
        _step(RETURN, value=KILL_PROCESS),
    ]
    for number in numbers:
        program += [_step(JUMP_EQUAL, 0, 1, number), _step(RETURN, value=REFUSE | EPERM)]
    program += [_step(JUMP_EQUAL, 0, 1, CLONE3), _step(RETURN, value=REFUSE | ENOSYS)]
    if listens:
        program += [
            _step(JUMP_EQUAL, 0, 4, DENIED["socket"][column]),
            _step(LOAD, value=FIRST_ARGUMENT_AT),
            _step(JUMP_EQUAL, 1, 0, AF_UNIX),
            _step(RETURN, value=REFUSE | EPERM),
            _step(RETURN, value=ALLOW),
        ]
    program += [
        _step(JUMP_EQUAL, 0, 3, CLONE[machine]),
        _step(LOAD, value=FIRST_ARGUMENT_AT),
        _step(JUMP_SET, 1, 0, CLONE_THREAD),
        _step(RETURN, value=REFUSE | EPERM),
        _step(RETURN, value=ALLOW),
    ]
    return b"".join(program)


def _step(code: int, if_true: int = 0, if_false: int = 0, value: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
