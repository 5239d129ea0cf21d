# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot client made by hand: its packets (RFC 2131, PXE 2.1), and what it reads out of the answers. It speaks through the
sockets of a network that has `dhcp` (bound to port 68) and `pxe` (4011)."""
import random
import socket
import struct
import time

from qemu import equal, expect

COOKIE = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


def option(code, value):
    return bytes([code, len(value)]) + value


def packet(kind, mac, xid, *options, ciaddr="0.0.0.0", giaddr="0.0.0.0", flags=0x8000):
    head = struct.pack("!BBBBIHH4s4s4s4s", 1, 1, 6, 0, xid, 0, flags, socket.inet_aton(ciaddr), bytes(4), bytes(4),
                       socket.inet_aton(giaddr))
    return head + mac + bytes(10 + 64 + 128) + COOKIE + option(53, bytes([kind])) + b"".join(options) + b"\xff"


def pxe_options(arch, uuid=None):
    name = "HTTPClient" if arch in (15, 16, 18, 19) else "PXEClient"
    words = [option(60, f"{name}:Arch:{arch:05}:UNDI:003016".encode()), option(93, struct.pack("!H", arch)),
             option(94, b"\x01\x03\x10"), option(55, bytes([1, 3, 43, 54, 60, 66, 67, 97]))]
    if uuid:
        words.append(option(97, b"\0" + uuid))
    return words


class Answer:
    def __init__(self, data):
        self.xid, = struct.unpack_from("!I", data, 4)
        self.yiaddr = socket.inet_ntoa(data[16:20])
        self.siaddr = socket.inet_ntoa(data[20:24])
        self.mac = data[28:34]
        self.file = data[108:236].split(b"\0")[0].decode()
        self.options, at = {}, 240
        while at < len(data) and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            self.options[data[at]] = self.options.get(data[at], b"") + data[at + 2:at + 2 + data[at + 1]]
            at += 2 + data[at + 1]
        self.kind = self.options[53][0]
        self.name = self.options.get(67, b"").rstrip(b"\0").decode() or self.file


class Machine:
    """One client that speaks from the client's namespace."""

    def __init__(self, network, mac, arch=7, uuid=None, flags=0x8000):
        self.network, self.mac, self.arch, self.uuid, self.flags = network, bytes.fromhex(mac.replace(":", "")), arch, uuid, flags

    def ask(self, kind, *options, port=67, to="255.255.255.255", seconds=3, boots=True, **fields):
        """Sends, and gives the answer with our xid, or None."""
        xid = random.getrandbits(32)
        words = pxe_options(self.arch, self.uuid) if boots else [option(60, b"MSFT 5.0")]
        data = packet(kind, self.mac, xid, *words, *options, flags=self.flags, **fields)
        sock = self.network.dhcp if port == 67 else self.network.pxe
        sock.sendto(data, (to, port))
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                answer = Answer(sock.recv(2000))
            except TimeoutError:
                return None
            if answer.xid == xid:
                return answer
        return None

    def ask_all(self, kind, *options, seconds, wanted):
        """As many answers as wanted, or what came in that time."""
        xid, answers = random.getrandbits(32), []
        self.network.dhcp.sendto(packet(kind, self.mac, xid, *pxe_options(self.arch), *options), ("255.255.255.255", 67))
        deadline = time.monotonic() + seconds
        while len(answers) < wanted and (left := deadline - time.monotonic()) > 0:
            self.network.dhcp.settimeout(left)
            try:
                answer = Answer(self.network.dhcp.recv(2000))
            except TimeoutError:
                break
            if answer.xid == xid:
                answers.append(answer)
        return answers

    def boot(self):
        """DISCOVER to ACK."""
        offer = self.ask(DISCOVER)
        expect(offer and offer.kind == OFFER, f"no OFFER for {self.arch}")
        ack = self.ask(REQUEST, option(50, socket.inet_aton(offer.yiaddr)), option(54, offer.options[54]))
        expect(ack and ack.kind == ACK, f"no ACK for {self.arch}")
        equal(ack.yiaddr, offer.yiaddr, "address in ACK and OFFER")
        return ack
