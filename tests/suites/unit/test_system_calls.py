"""The filter of system calls in a sandbox's children, run as the kernel runs it."""

import struct

import pytest

from shared.sandbox import syscalls
from shared.sandbox.syscalls import ARCHITECTURES, CLONE, CLONE3, DENIED, ENOSYS, EPERM, LISTENING, filter_program

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
WAYS_OUT = {
    "network": {"socket", "connect", "accept", "accept4", "bind", "listen", "sendto", "sendmsg", "socketpair"},
    "programs": {"fork", "vfork", "execve", "execveat"},
    "other processes": {"kill", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_send_signal"},
    "the kernel": {"bpf", "init_module", "finit_module", "io_uring_setup", "perf_event_open", "userfaultfd", "keyctl"},
    "other namespaces": {"mount", "pivot_root", "chroot", "setns", "unshare"},
}
READ, MMAP, FUTEX = 0, 9, 202  # of x86_64
THREAD, PROCESS = 0x3D0F00, 0x11
INET, UNIX = 2, 1


def run_filter(program: bytes, number: int, argument: int = 0, machine: str = "x86_64") -> int:
    """Return the verdict on a system call, by the classic BPF instructions that a filter may have."""
    data = struct.pack("=IIQQ", number, ARCHITECTURES[machine], 0, argument)
    steps = list(struct.iter_unpack("=HBBI", program))
    place, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = steps[place]
        match code:
            case syscalls.LOAD:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case syscalls.RETURN:
                return int(value)
            case syscalls.JUMP_EQUAL:
                place += if_true if accumulator == value else if_false
            case syscalls.JUMP_GREATER_EQUAL:
                place += if_true if accumulator >= value else if_false
            case syscalls.JUMP_SET:
                place += if_true if accumulator & value else if_false
        place += 1


def refused(error: int) -> int:
    """Return the verdict that makes a call fail with an error."""
    return syscalls.REFUSE | error


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_way_out_is_refused(machine: str) -> None:
    """No call of a child reaches a network, another program or process, or a rarely used part of the kernel."""
    program, column = filter_program(machine), list(ARCHITECTURES).index(machine)
    assert program is not None
    for way, names in WAYS_OUT.items():
        assert set() == names - DENIED.keys(), way
    for name, numbers in DENIED.items():
        if numbers[column] >= 0:
            assert refused(EPERM) == run_filter(program, numbers[column], machine=machine), name
    assert refused(ENOSYS) == run_filter(program, CLONE3, machine=machine)
    assert refused(EPERM) == run_filter(program, CLONE[machine], PROCESS, machine)
    assert ALLOWED == run_filter(program, CLONE[machine], THREAD, machine)


def test_ordinary_calls_are_allowed() -> None:
    """A child reads, maps memory and waits as it likes; numbers of another architecture end it."""
    program = filter_program("x86_64")
    assert program is not None
    assert [ALLOWED] * 3 == [run_filter(program, number) for number in (READ, MMAP, FUTEX)]
    assert KILLED == run_filter(program, syscalls.X32_BIT | READ)
    assert KILLED == run_filter(program, READ, machine="aarch64")


def test_listening_child_opens_unix_sockets_alone() -> None:
    """A child whose library listens may do that in its folder, and still connects nowhere."""
    program = filter_program("x86_64", listens=True)
    assert program is not None
    socket, connect = DENIED["socket"][0], DENIED["connect"][0]
    assert [ALLOWED] * 4 == [run_filter(program, DENIED[name][0]) for name in LISTENING if name != "socket"]
    assert ALLOWED == run_filter(program, socket, UNIX)
    assert [refused(EPERM)] * 2 == [run_filter(program, socket, INET), run_filter(program, connect, UNIX)]


def test_unknown_machine_has_no_filter() -> None:
    """The numbers of an architecture that nobody has listed are not guessed."""
    assert None is filter_program("riscv64")
