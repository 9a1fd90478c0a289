"""A machine of its own under QEMU, without KVM: Debian's kernel, systemd, USB, and disks whose power can be cut."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from network_rooms import MORTAL

from hardware.image import Image
from hardware.qmp import Qmp

BOOT_S = 240  # a busy machine takes ten times as long as an idle one
ANSWER_S = 240
CENTRAL = "http://10.0.2.100:8000"  # as the guest reaches the host's central, and nothing else of the host


@dataclass(frozen=True, slots=True)
class Line:
    """The host's end of something that the guest has."""

    ours: socket.socket
    theirs: socket.socket

    @classmethod
    def pair(cls) -> Line:
        ours, theirs = socket.socketpair()
        return cls(ours, theirs)

    def chardev(self, name: str) -> list[str]:
        return ["-chardev", f"socket,id={name},fd={self.theirs.fileno()}"]


@dataclass
class Guest:
    """A running guest, as a context manager that leaves no process behind.

    `disks`: further block devices, in QEMU's words (`file=…,format=raw`). `central_port`: a port of the host's loopback
    which the guest reaches as CENTRAL. Whatever the guest writes to its own disk is lost with it, unless `keep`.
    """

    image: Image
    folder: Path
    disks: Sequence[str] = ()
    central_port: int | None = None
    keep: bool = False
    memory_mb: int = 768
    boot_seconds: float = 0.0
    serial: socket.socket = field(init=False)  # the host's end of the guest's USB serial line
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __enter__(self) -> Self:
        begun = time.monotonic()
        monitor, agent, serial = (Line.pair() for _ in range(3))
        command = [*MORTAL, *self._machine(), *self._drives(), *self._network()]
        command += [*monitor.chardev("monitor"), "-mon", "chardev=monitor,mode=control"]
        command += [*agent.chardev("agent"), "-device", "virtserialport,chardev=agent,name=agent"]
        command += serial.chardev("usbserial")
        theirs = [line.theirs for line in (monitor, agent, serial)]
        with (self.folder / "qemu.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*MORTAL, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[end.fileno() for end in theirs],
            )
        for end in theirs:
            end.close()
        self.serial, self._agent, self._answers = serial.ours, agent.ours, agent.ours.makefile("rb")
        self.qmp = Qmp(monitor.ours)
        self._agent.settimeout(BOOT_S)
        try:
            self.qmp.begin()
            self._answer(0)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise AssertionError("the guest did not start, see above") from error
        self._agent.settimeout(ANSWER_S)
        self.boot_seconds = time.monotonic() - begun
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.said())
        self.kill()
        for end in (self.qmp, self.serial, self._answers, self._agent):
            end.close()

    def do(self, act: str, /, **arguments: Any) -> Any:
        """Have the agent do something (see guest_acts.py) and return its answer."""
        number = next(self._numbers)
        question = {"id": number, "do": act, "with": arguments}
        self._agent.sendall(json.dumps(question).encode() + b"\n")
        return self._answer(number)

    def shell(self, command: str, *, code: int | None = 0, seconds: float = 120) -> str:
        """Run a command as root; returns what it said. `code`: what it must end with, None: anything."""
        done = self.do("shell", command=command, seconds=seconds)
        assert code is None or done["code"] == code, f"{command} ended with {done['code']}: {done['out']}"
        text: str = done["out"]
        return text.strip()

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait()

    def power_off(self) -> None:
        """Let the guest end by itself, everything written."""
        self.do("shell", command="systemctl poweroff")
        self.process.wait(BOOT_S)

    def said(self) -> str:
        """The end of what QEMU and the guest's console said."""
        return "\n".join(
            path.read_text(errors="replace")[-3000:]
            for path in (self.folder / "qemu.log", self.folder / "console.log")
            if path.exists()
        )

    def _answer(self, number: int) -> Any:
        while True:
            line = self._answers.readline()
            assert line.endswith(b"\n"), f"the agent is gone: {self.said()}"
            answer = json.loads(line)
            if answer["id"] == number:
                assert "error" not in answer, answer["error"]
                return answer["answer"]

    def _machine(self) -> list[str]:
        words = "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on systemd.show_status=false"
        words += " modprobe.blacklist=cfg80211,kvm_amd,kvm_intel,psmouse,pcspkr,iTCO_wdt,i2c_i801"  # only take time
        return [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "q35,i8042=off", "-cpu", "max", "-smp", "2",
            "-m", str(self.memory_mb), "-nodefaults", "-no-reboot", "-display", "none", "-vga", "std",
            "-kernel", str(self.image.kernel), "-initrd", str(self.image.first_root), "-append", words,
            "-serial", f"file:{self.folder / 'console.log'}", "-device", "virtio-serial-pci",
            "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        ]  # fmt: skip

    def _drives(self) -> list[str]:
        drives = [
            f"file={self.image.root},format={self.image.root_format},cache=unsafe"
            + ("" if self.keep else ",snapshot=on"),
            f"file={self.image.payload},format=raw,readonly=on",
            *self.disks,
        ]
        return [word for drive in drives for word in ("-drive", f"if=virtio,{drive}")]

    def _network(self) -> list[str]:
        if self.central_port is None:
            return []
        forward = f"guestfwd=tcp:10.0.2.100:8000-cmd:socat - TCP:127.0.0.1:{self.central_port}"
        return ["-netdev", f"user,id=plant,restrict=on,{forward}", "-device", "virtio-net-pci,netdev=plant"]
