# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces and virtual machines for the system tests.

Everything made here is private: namespaces, bridges and taps get names with our own process id, processes are ended by
their own pids, files lie in one temporary folder. Waiting is always for an event (a line, an exit) with a deadline.
Python's standard library only.
"""

import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][0-9A-Z]|\x00")


class Failed(Exception):
    """A test's assertion or a tool that did not do what it had to."""


def run(*command, check=True, **keywords):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)
    if check and done.returncode:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}: {done.stdout.strip()}")
    return done.stdout


class Process:
    """A child whose output is collected as it comes, and can be waited for."""

    def __init__(self, command, **keywords):
        self.command = command
        self.output = b""
        self._changed = threading.Condition()
        self._ended = False
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, start_new_session=True, **keywords)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            data = self.child.stdout.read1(65536)
            with self._changed:
                self.output += data
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return

    def text(self):
        return ESCAPES.sub(b"", self.output).decode("utf-8", "replace").replace("\r", "")

    def wait_for(self, words, seconds):
        """True when the words have been printed, False when the process ended or the time is over before that."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while words not in self.text():
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def wait_exit(self, seconds):
        """The exit code, or None if it is still running when the time is over."""
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(5)
        return code

    def stop(self, how=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(how)
        if self.wait_exit(10) is None:
            self.child.kill()
            self.wait_exit(10)


class Host:
    """A network namespace."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = f"pewter-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words, **keywords):
        return run(*self.command(*words), **keywords)

    def start(self, *words, **keywords):
        """Starts a process in this namespace; the lab stops it."""
        process = Process(self.command(*words), **keywords)
        self.lab.processes.append(process)
        return process

    def address(self, interface, address):
        self.run("ip", "address", "add", address, "dev", interface)
        self.run("ip", "link", "set", interface, "up")


def boot_variables(template, mac, ways):
    """OVMF's variable store with boot entries for the network card at PCI 0:2.0, in the order of `ways` ("pxe", "http").

    The firmware would make such entries itself, but after that of the card's own iPXE ROM: then iPXE would load, and not
    the firmware's PXE, which is what a Windows boot manager meets on real machines."""
    with open(template, "rb") as file:
        store = bytearray(file.read())
    at = struct.unpack_from("<H", store, 48)[0] + 28  # after the volume's header and that of the store
    if store[at:at + 2] != b"\xff\xff":
        raise Failed(f"{template} already has variables")
    card = (bytes.fromhex("02010c00d041030a00000000") + bytes.fromhex("010106000002") +
            bytes.fromhex("030b2500") + bytes.fromhex(mac.replace(":", "")) + bytes(26) + b"\1" +
            bytes.fromhex("030c1b00") + bytes(23))
    paths = {"pxe": card, "http": card + bytes.fromhex("03180400")}
    variables = {"BootOrder": struct.pack(f"<{len(ways)}H", *range(len(ways)))}
    for number, way in enumerate(ways):
        path = paths[way] + bytes.fromhex("7fff0400")
        variables[f"Boot{number:04X}"] = struct.pack("<IH", 1, len(path)) + f"{way}\0".encode("utf-16-le") + path
    for name, data in variables.items():
        name = (name + "\0").encode("utf-16-le")
        variable = (struct.pack("<HBBIQ16sIII", 0x55aa, 0x3f, 0, 7, 0, b"", 0, len(name), len(data)) +
                    bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c") + name + data)
        store[at:at + len(variable)] = variable
        at += (len(variable) + 3) // 4 * 4
    return bytes(store)


class Lab:
    """Hosts, the cables between them, machines; a context manager that takes all of it away again."""

    def __init__(self):
        self.hosts = {}
        self.processes = []
        self.folder = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="pewter-lab-")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        for host in self.hosts.values():
            run("ip", "netns", "del", host.name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def host(self, name):
        self.hosts[name] = Host(self, name)
        return self.hosts[name]

    def bridge(self, host, name="lan"):
        """A switch; machines and other hosts are plugged into it."""
        host.run("ip", "link", "add", name, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        host.run("ip", "link", "set", name, "up")

    def cable(self, one, one_interface, two, two_interface, bridge=None):
        """A cable between two hosts; with `bridge`, the first end is plugged into that switch of host one."""
        one.run("ip", "link", "add", one_interface, "type", "veth", "peer", "name", two_interface, "netns", two.name)
        if bridge:
            one.run("ip", "link", "set", one_interface, "master", bridge)
        one.run("ip", "link", "set", one_interface, "up")
        two.run("ip", "link", "set", two_interface, "up")

    def capture(self, host, interface, name):
        """Records packets into a file until stop(); it has begun when this returns."""
        process = host.start("tcpdump", "-n", "-U", "-s", "0", "-B", "65536", "-Z", "root", "-i", interface, "-w",
                             self.path(name))
        if not process.wait_for("listening on", 10):
            raise Failed(f"tcpdump: {process.text()}")
        return process

    def machine(self, host, bridge="lan", firmware="uefi", card="e1000", rom=None, mac="52:54:00:70:77:01",
                memory_mb=768, ways=("pxe",), uuid="6b0a9a0e-5f5c-4d0e-9a30-70657774e201"):
        """Powers on a virtual machine whose only boot device is its network card, on a tap in the bridge.

        e1000 with its iPXE ROM: iPXE gives the firmware the UNDI that a Windows boot manager wants."""
        tap = "tap" + mac[-2:]
        host.run("ip", "tuntap", "add", tap, "mode", "tap")
        host.run("ip", "link", "set", tap, "master", bridge)
        host.run("ip", "link", "set", tap, "up")
        device = f"{card},netdev=net0,mac={mac},addr=2"
        if rom is not None:
            device += f",romfile={rom}"
        command = ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-m", str(memory_mb),
                   "-uuid", uuid, "-nodefaults", "-no-reboot", "-display", "none", "-vga", "std", "-serial", "stdio",
                   "-netdev", f"tap,id=net0,ifname={tap},script=no,downscript=no", "-device", device]
        if firmware == "uefi":
            variables = self.path(f"vars-{tap}.fd")
            with open(variables, "wb") as file:
                file.write(boot_variables(OVMF_VARS, mac, ways))
            # Without this the firmware spends minutes on DHCPv6 before it goes on to HTTP boot.
            command += ["-fw_cfg", "name=opt/org.tianocore/IPv6Support,string=n",
                        "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}",
                        "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]
        else:
            # SeaBIOS prints to the serial port what it would print on the screen.
            command += ["-fw_cfg", "name=etc/sercon-port,string=0"]
        return host.start(*command)
