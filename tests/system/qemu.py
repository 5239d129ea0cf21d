# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces and virtual machines for the system tests.

Everything made here is private: namespaces, bridges and taps get names with our own process id, processes are ended by
their own pids, files lie in one temporary folder. Waiting is always for an event (a line, an exit) with a deadline.
Python's standard library only.
"""

import ctypes
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from ovmf import boot_variables

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][0-9A-Z]|\x00")


class Failed(Exception):
    """A test's assertion or a tool that did not do what it had to."""


def expect(true, what):
    if not true:
        raise Failed(what)


def equal(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: got {got!r}, wanted {wanted!r}")


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

    def ended(self, seconds):
        """True when nobody holds its output open any more: its children, too, are gone."""
        self._reader.join(seconds)
        return not self._reader.is_alive()

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


class Capture:
    """Packets of one interface, into a pcap file. Not tcpdump: that loses what is still in its ring when it is told to
    end, and these are the packets by which a boot ended."""

    SNAP = 65536
    command = ["capture"]

    def __init__(self, namespace, interface, path):
        self._stop_read, self._stop_write = os.pipe()
        self._file = open(path, "wb")
        self._file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, self.SNAP, 1))
        self._socket = None
        self._begun = threading.Event()
        self.packets = 0
        self._thread = threading.Thread(target=self._run, args=(namespace, interface), daemon=True)
        self._thread.start()
        if not self._begun.wait(10) or not self._socket:
            raise Failed(f"cannot capture on {interface}")

    def _run(self, namespace, interface):
        try:
            with open(f"/run/netns/{namespace}", "rb") as file:  # a namespace belongs to a thread
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0):
                    return
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            packets.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            packets.bind((interface, 3))
            packets.setblocking(False)
            self._socket = packets
        finally:
            self._begun.set()
        while True:
            ready, _, _ = select.select([packets, self._stop_read], [], [])
            try:
                while True:
                    self._write(packets.recv(self.SNAP))
            except BlockingIOError:
                pass
            if self._stop_read in ready:
                return

    def _write(self, packet):
        now = time.time()
        self._file.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(packet), len(packet)) + packet)
        self.packets += 1

    def text(self):
        return f"{self.packets} packets\n"

    def stop(self):
        """Everything that crossed the interface before this call is in the file after it."""
        if self._file.closed:
            return
        os.write(self._stop_write, b"x")
        self._thread.join()
        self._socket.close()
        self._file.close()
        os.close(self._stop_read)
        os.close(self._stop_write)


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
        capture = Capture(host.name, interface, self.path(name))
        self.processes.append(capture)
        return capture

    def tap(self, host, bridge="lan"):
        """A free socket of the switch, for a machine; its name. Packets are captured here: on the bridge itself
        datagrams that the server left to the kernel to cut (UDP GSO) would be seen uncut."""
        name = f"tap{len(self.processes)}"
        host.run("ip", "tuntap", "add", name, "mode", "tap")
        host.run("ip", "link", "set", name, "master", bridge)
        host.run("ip", "link", "set", name, "up")
        return name

    def machine(self, host, tap, firmware="uefi", card="e1000", rom=None, mac="52:54:00:70:77:01", memory_mb=768,
                ways=("pxe",), uuid="6b0a9a0e-5f5c-4d0e-9a30-70657774e201", medium=None):
        """Powers on a virtual machine whose only boot device is its network card, plugged into a tap (None: into nothing),
        or the medium: ("usb"|"disk"|"cd", path of the image).

        e1000 with its iPXE ROM: iPXE gives the firmware the UNDI that a Windows boot manager wants."""
        device = f"{card},mac={mac},addr=2" + (",netdev=net0" if tap else "")
        if rom is not None:
            device += f",romfile={rom}"
        command = ["qemu-system-x86_64", "-cpu", "max", "-m", str(memory_mb), "-uuid", uuid, "-nodefaults", "-no-reboot",
                   "-display", "none", "-serial", "stdio", "-device", device]
        if tap:
            command += ["-netdev", f"tap,id=net0,ifname={tap},script=no,downscript=no"]
        if medium:
            kind, path = medium
            drive = {"usb": ["-device", "qemu-xhci", "-device", "usb-storage,drive=medium,removable=on,bootindex=0"],
                     "disk": ["-device", "ide-hd,drive=medium,bootindex=0"],
                     "cd": ["-device", "ide-cd,drive=medium,bootindex=0"]}[kind]
            command += ["-drive", f"if=none,id=medium,format=raw,readonly={'on' if kind == 'cd' else 'off'},file={path}", *drive]
        if firmware == "uefi":
            variables = self.path(f"vars-{tap}.fd")
            with open(variables, "wb") as file:
                file.write(boot_variables(mac, () if medium else ways))
            # Without this the firmware spends minutes on DHCPv6 before it goes on to HTTP boot.
            command += ["-machine", "q35,accel=tcg", "-vga", "std",
                        "-fw_cfg", "name=opt/org.tianocore/IPv6Support,string=n",
                        "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}",
                        "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]
        else:
            # Without graphics SeaBIOS prints to the serial port what it would print on the screen.
            command += ["-machine", "q35,accel=tcg,graphics=off", "-vga", "none"]
            command += [] if medium else ["-boot", "order=n"]
        return host.start(*command)
