# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of the shape of Windows PE with stand-ins for its programs, SDIs, and .iso files bent so that their folders loop."""
import random
import struct

SECTOR = 2048


# ---- trees ----

def program(machine, filler):
    """Enough of a PE for whoever reads machine and subsystem."""
    head = bytearray(b"MZ" + bytes(0x3E) + b"PE\0\0" + bytes(20 + 240))
    struct.pack_into("<I", head, 0x3C, 0x40)
    struct.pack_into("<H", head, 0x44, machine)
    struct.pack_into("<H", head, 0x44 + 16, 240)
    struct.pack_into("<H", head, 0x58, 0x20B)
    struct.pack_into("<H", head, 0x58 + 68, 10)
    return bytes(head) + filler


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make_tree(root, big_bytes=3_000_000, machine=0x8664):
    rng = random.Random(7)
    write(root / "Windows/System32/Boot/winload.efi", program(machine, b"winload"))
    write(root / "Windows/System32/Boot/winload.exe", program(machine, b"winload"))
    write(root / "Windows/System32/winpeshl.exe", b"shell")
    write(root / "Windows/Boot/EFI/bootmgfw.efi", program(machine, b"boot manager of the image"))
    write(root / "Windows/Boot/EFI_EX/bootmgfw_EX.efi", program(machine, b"signed 2023"))
    write(root / "Windows/Boot/EFI/boot.stl", b"trust list")
    write(root / "Windows/Boot/PXE/bootmgr.exe", b"bootmgr of the image")
    for name in ("pxeboot.n12", "pxeboot.com", "abortpxe.com", "wdsnbp.com"):
        write(root / "Windows/Boot/PXE" / name, name.encode())
    write(root / "Windows/Boot/Fonts/wgl4_boot.ttf", b"a font")
    write(root / "Windows/Boot/Fonts/SegMono_boot.TTF", b"another")
    write(root / "Windows/System32/random.bin", rng.randbytes(big_bytes))
    write(root / "Windows/System32/even.bin", bytes(1_000_000))
    return root


# ---- SDIs ----

def make_sdi(blobs, alignment_pages):
    """blobs: (type, base, bytes), each at the next multiple of the alignment."""
    step = 4096 * alignment_pages
    data = bytearray(step)
    data[:8] = b"$SDI0001"
    struct.pack_into("<Q", data, 0x70, alignment_pages)
    for number, (kind, base, content) in enumerate(blobs):
        data += bytes(-len(data) % step)
        struct.pack_into("<8sQQQQ", data, 0x400 + 64 * number, kind.encode(), 0, len(data), len(content), base)
        data += content
    data[0x1F8] = -sum(data[:512]) & 0xFF
    return bytes(data)


# ---- loops ----

def iso_records(data, at, size):
    """(offset, name, extent) of the directory records in an ISO 9660 folder."""
    end, where = at + size, at
    while where < end:
        length = data[where]
        if length == 0:
            where = (where // SECTOR + 1) * SECTOR
            continue
        name = bytes(data[where + 33:where + 33 + data[where + 32]])
        yield where, name, struct.unpack_from("<I", data, where + 2)[0], struct.unpack_from("<I", data, where + 10)[0]
        where += length


def point_folder(data, volume_at, name, target):
    """Makes the folder NAME of the root of a volume point to the root ("parent") or gives it a sub-folder that is itself."""
    root_at, root_size = struct.unpack_from("<I", data, volume_at + 156 + 2)[0], struct.unpack_from("<I", data, volume_at + 156 + 10)[0]
    for where, found, extent, size in iso_records(data, root_at * SECTOR, root_size):
        if found.replace(b"\0", b"").upper() != name:
            continue
        if target == "parent":
            struct.pack_into("<I", data, where + 2, root_at)
            struct.pack_into(">I", data, where + 6, root_at)
            struct.pack_into("<I", data, where + 10, root_size)
            struct.pack_into(">I", data, where + 14, root_size)
        else:
            for inner, inner_name, _, _ in iso_records(data, extent * SECTOR, size):
                if inner_name not in (b"\0", b"\1"):
                    struct.pack_into("<I", data, inner + 2, extent)
                    struct.pack_into(">I", data, inner + 6, extent)
                    struct.pack_into("<I", data, inner + 10, size)
                    struct.pack_into(">I", data, inner + 14, size)
                    data[inner + 25] |= 2
        return True
    return False


def crc_itu(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def udf_tags(data, wanted):
    """Offsets of the descriptors of one kind, by their tag's checksum."""
    pattern, at = struct.pack("<H", wanted), 0
    while (at := data.find(pattern, at)) >= 0:
        tag = data[at:at + 16]
        if at % 4 == 0 and len(tag) == 16 and tag[5] == 0 and sum(tag[:4] + tag[5:]) & 255 == tag[4] and tag[2] in (2, 3):
            yield at
        at += 1


def udf_point(data, name, icb_of):
    """Points the ICB of every file identifier NAME to icb_of(its own), and mends tag CRC and checksum."""
    n = 0
    for at in list(udf_tags(data, 257)):
        name_bytes, use_bytes = data[at + 19], struct.unpack_from("<H", data, at + 36)[0]
        found = bytes(data[at + 38 + use_bytes:at + 38 + use_bytes + name_bytes])
        if found[1:].replace(b"\0", b"").lower() != name:
            continue
        struct.pack_into("<I", data, at + 24, icb_of(struct.unpack_from("<I", data, at + 24)[0]))
        crc_bytes = struct.unpack_from("<H", data, at + 10)[0]
        struct.pack_into("<H", data, at + 8, crc_itu(data[at + 16:at + 16 + crc_bytes]))
        data[at + 4] = (sum(data[at:at + 4]) + sum(data[at + 5:at + 16])) & 255
        n += 1
    return n


def udf_root_icb(data):
    """From the parent entry (flag 8) of the root, whose ICB is the root's own: the lowest of all."""
    return min(struct.unpack_from("<I", data, at + 24)[0] for at in udf_tags(data, 257) if data[at + 18] & 8)
