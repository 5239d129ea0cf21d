# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests that power on machines share: the sample image, hosts on a switch, a server, what minipe said, and running
cases one by one."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from qemu import Failed, Lab, equal, expect, run

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("BUILD", os.path.join(SOURCE, "build"))
PEWTER = os.environ.get("PEWTER", os.path.join(BUILD, "src/cli/pewter"))
MINIPE = os.path.join(BUILD, "tests/minipe")
TOOLS = os.path.join(SOURCE, "tests/minipe")
SDI = os.path.join(BUILD, "src/image/boot.sdi")
BOOT_SECONDS = 180  # for a machine that is emulated, on a busy host; the usual is 15


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- what the machine said ----

class Said:
    """minipe's words on the serial port."""

    def __init__(self, machine):
        self.text = machine.text()
        self.hashes = dict(re.findall(r"^(bcd|sdi|wim)_sha256=([0-9a-f]{64})$", self.text, re.M))
        self.loaded = {name.lower(): int(size) for name, size
                       in re.findall(r"^minipe: loaded (\S+): (\d+) bytes$", self.text, re.M)}
        self.loader = (re.findall(r"loaded as (\S+)", self.text) or [""])[0]
        found = re.search(r"\\b\\([a-z2-7]{12})\\", self.text)
        self.boot_id = found.group(1) if found else None


def run_to_end(machine):
    """A boot ends with power off; what was said by then."""
    if machine.wait_for("BdsDxe: failed to load", BOOT_SECONDS):
        raise Failed(f"the firmware did not get its loader: {machine.text()[-1500:]}")
    code = machine.wait_exit(10)
    expect(code is not None, f"the machine was still on after {BOOT_SECONDS} s; it said: {machine.text()[-1500:]}")
    equal(code, 0, f"exit of the machine, which said: {machine.text()[-1500:]}")
    return Said(machine)


def must_have_booted(said):
    expect("minipe: network up with" in said.text, f"stage 2 did not come up: {said.text[-1500:]}")
    expect("minipe: status" not in said.text, f"minipe failed: {said.text[-1500:]}")


def sample(lab, name="sample", *options):
    path = lab.path(name + ".wim")
    run(os.path.join(TOOLS, "make-sample"), MINIPE, path, *options)
    return path


# ---- hosts ----

def wire_up(lab, *names):
    """A switch with these hosts on it: 10.77.0.1, .2, ... Machines go to lab.site."""
    lab.site = lab.host("site")
    lab.bridge(lab.site)
    hosts = []
    for number, name in enumerate(names, 1):
        host = lab.host(name)
        lab.cable(lab.site, f"to-{name}", host, "eth0", bridge="lan")
        host.address("eth0", f"10.77.0.{number}/24")
        hosts.append(host)
    return hosts


def dnsmasq(host, *options):
    process = host.start("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--leasefile-ro",
                         "--log-dhcp", *options)
    expect(process.wait_for("started", 10), f"dnsmasq: {process.text()}")
    return process


def power_on(lab, **options):
    """A machine, and the packets on its cable."""
    tap = lab.tap(lab.site)
    lab.wire = lab.capture(lab.site, tap, "wire.pcap")
    lab.screen = lab.machine(lab.site, tap, **options)
    return lab.screen


def captured(lab):
    lab.wire.stop()
    return lab.path("wire.pcap")


class Server:
    """`pewter serve` with a state of its own."""

    def __init__(self, lab, host, config, wim, name="sample"):
        self.host = host
        self.state = lab.path("state")
        self.wim = wim
        self.import_image(wim, name)
        with open(lab.path("pewter.conf"), "w", encoding="utf-8") as file:
            file.write("[server]\ninterface = eth0\n" + config)
        self.process = host.start(PEWTER, "--state", self.state, "--config", lab.path("pewter.conf"), "serve")
        expect(self.process.wait_for("event=ready", 20), f"pewter serve: {self.process.text()[-1500:]}")

    def import_image(self, wim, name):
        run(PEWTER, "--state", self.state, "image", "import", wim, "--name", name)

    def boots(self):
        return json.loads(run(PEWTER, "--state", self.state, "--json", "boot", "list"))["boots"]

    def boot(self, boot_id):
        return json.loads(run(PEWTER, "--state", self.state, "--json", "boot", "show", boot_id))["boot"]

    def file(self, lab, url):
        """A file as the server gives it to anyone who asks for it by name."""
        path = lab.path("fetched")
        self.host.run("curl", "--silent", "--fail", "--output", path, f"http://10.77.0.1{url}")
        return path

    def must_have_sent(self, lab, said, via):
        """The hashes that the machine printed are those of what was to be sent, and the timeline agrees."""
        (boot,) = self.boots()
        equal(said.boot_id, boot["id"] if via == "pxe" else None, "the boot's id in the paths that the machine used")
        equal(boot["verdict"], "booted", "verdict in `pewter boot list`")
        expect("report over HTTP: taken" in said.text, "the report was not taken")
        equal(said.hashes.get("wim"), sha256(self.wim), "SHA-256 of the WIM in the machine")
        equal(said.hashes.get("sdi"), sha256(SDI), "SHA-256 of boot.sdi in the machine")
        store = "BCD" if via == "pxe" else "media/BCD"
        equal(said.hashes.get("bcd"), sha256(self.file(lab, f"/b/{boot['id']}/{store}")), "SHA-256 of the BCD in the machine")
        wims = [size for name, size in said.loaded.items() if name.endswith("boot.wim")]
        equal(wims, [os.path.getsize(self.wim)], "bytes of the WIM in the machine")


# ---- iPXE ----

SCRIPT = """#!ipxe
imgfetch --name BCD @BASE@/BCD || goto failed
imgfetch --name boot.sdi @BASE@/boot.sdi || goto failed
imgfetch --name boot.wim @BASE@/boot.wim || goto failed
imgstat
imgfetch --name report @BASE@/report?verdict=booted&stage=ipxe&platform=${platform}&mac=${mac:hexhyp} ||
reboot
:failed
echo script: failed
imgfetch --name report @BASE@/report?verdict=failed&stage=ipxe ||
reboot
"""


def script_boot_id(machine):
    """The boot whose files iPXE fetched."""
    return re.search(r"http://10\.77\.0\.1/b/([a-z2-7]{12})/", machine.text()).group(1)


def tshark(capture, *arguments):
    return run("tshark", "-n", "-r", capture, *arguments, stdin=subprocess.DEVNULL)


def objects(lab, capture, protocol):
    """What tshark puts together again out of the packets: {name: path}."""
    folder = lab.path(protocol)
    tshark(capture, "-Q", "--export-objects", f"{protocol},{folder}")
    return {name: os.path.join(folder, name) for name in os.listdir(folder)}


def must_have_fetched(lab, server, boot_id, over_http):
    """What SCRIPT fetched is what the server has, and the server knows that the machine booted."""
    sent = {"boot.wim": server.wim, "boot.sdi": SDI, "BCD": server.file(lab, f"/b/{boot_id}/BCD")}
    for name, path in sent.items():
        expect(name in over_http, f"{name} is not among what was sent over HTTP: {sorted(over_http)}")
        equal(os.path.getsize(over_http[name]), os.path.getsize(path), f"bytes of {name}")
        equal(sha256(over_http[name]), sha256(path), f"SHA-256 of {name}")
    equal([(boot["id"], boot["verdict"]) for boot in server.boots()], [(boot_id, "booted")], "`pewter boot list`")


# ---- cases ----

class Skipped(Exception):
    """This machine cannot run the case; why."""


def keep(lab, folder, name):
    os.makedirs(folder, exist_ok=True)
    for number, process in enumerate(lab.processes):
        what = process.command[4] if len(process.command) > 4 else process.command[0]
        with open(os.path.join(folder, f"{name}-{number}-{os.path.basename(what)}.log"), "w", encoding="utf-8") as file:
            file.write(process.text())
    for file in os.listdir(lab.folder):
        if file.endswith((".pcap", ".conf")):
            shutil.copyfile(lab.path(file), os.path.join(folder, f"{name}-{file}"))


def run_cases(test, cases):
    """Those that the command line names, or all: TAP on stdout, logs and captures into a folder."""
    arguments = sys.argv[1:]
    kept = os.path.join(BUILD, "system")
    if arguments[:1] == ["--keep"]:
        kept, arguments = arguments[1], arguments[2:]
    chosen = [case for case in cases if not arguments or case.__name__[5:].replace("_", "-") in arguments]
    print(f"1..{len(chosen)}", flush=True)
    failures = 0
    for number, case in enumerate(chosen, 1):
        name = case.__name__[5:].replace("_", "-")
        started = time.monotonic()
        why = None
        with Lab() as lab:
            skipped = None
            try:
                case(lab)
            except Skipped as error:
                skipped = str(error)
            except Exception as error:  # whatever went wrong, the other cases run
                why = f"{type(error).__name__}: {error}"
            for process in reversed(lab.processes):
                process.stop()
            keep(lab, kept, f"{test}-{name}")
        failures += why is not None
        remark = f"skip {skipped}" if skipped else f"{time.monotonic() - started:.1f} s"
        print(f"{'not ok' if why else 'ok'} {number} - {test} {name}: {case.__doc__} # {remark}", flush=True)
        for line in (why or "").splitlines():
            print(f"# {line}", flush=True)
    sys.exit(1 if failures else 0)
