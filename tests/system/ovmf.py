# SPDX-License-Identifier: GPL-3.0-or-later
"""OVMF's variable store with boot entries for a network card: python3 tests/system/ovmf.py OUT.fd MAC pxe|http...

The machine must have its card at PCI 0:2.0 (QEMU: addr=2) and get this file as its second pflash."""

import struct
import sys

OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"


def boot_variables(mac, ways, template=OVMF_VARS):
    """OVMF's variable store with boot entries for the network card at PCI 0:2.0, in the order of `ways` ("pxe", "http");
    without ways it is empty, and the firmware boots by itself from any medium it finds.

    The firmware would make such entries itself, but after that of the card's own iPXE ROM: then iPXE would load, and not
    the firmware's PXE, which is what a Windows boot manager meets on real machines."""
    with open(template, "rb") as file:
        store = bytearray(file.read())
    at = struct.unpack_from("<H", store, 48)[0] + 28  # after the volume's header and that of the store
    if store[at:at + 2] != b"\xff\xff":
        raise ValueError(f"{template} already has variables")
    card = (bytes.fromhex("02010c00d041030a00000000") + bytes.fromhex("010106000002") +
            bytes.fromhex("030b2500") + bytes.fromhex(mac.replace(":", "")) + bytes(26) + b"\1" +
            bytes.fromhex("030c1b00") + bytes(23))
    paths = {"pxe": card, "http": card + bytes.fromhex("03180400")}
    variables = {"BootOrder": struct.pack(f"<{len(ways)}H", *range(len(ways)))} if ways else {}
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


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as out:
        out.write(boot_variables(sys.argv[2], sys.argv[3:]))
