# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on which driver a Windows takes: section choice, rank, order and pick, written from Microsoft's pages alone.

It knows nothing of how src/driver does it. Its input are the sections, lines and fields of INFs (`pewter inspect --lines --json`:
reading INFs is judged by Wine, not here); its output are the candidates of each device, as `pewter driver match --json` has them.

The pages, of windows-driver-docs-pr/install:
  [MAN]    inf-manufacturer-section        [OS]   combining-platform-extensions-with-operating-system-versions
  [MODELS] inf-models-section              [ARCH] creating-inf-files-for-multiple-platforms-and-operating-systems
  [DDI]    inf-ddinstall-section           [VER]  inf-driverver-directive
  [ID]     identifier-score                [FS]   feature-score, inf-featurescore-directive
  [SIG]    signature-score                 [SEL]  overview-of-the-driver-selection-process

Where they are silent or contradict each other, SILENT says what was taken, and why."""

import datetime
import re
from collections import namedtuple

ARCHS = ("x86", "amd64", "ia64", "arm", "arm64")

# State of a candidate that Windows would look at. Whether its files are there, and whether somebody marked it, is not judged here.
CONSIDERED = "considered"


class Target(namedtuple("Target", "text major minor build arch product suite")):
    @classmethod
    def parse(cls, text):
        version, arch, *rest = text.split("/")
        numbers = [int(part) for part in version.split(".")]
        major, minor = numbers[0], numbers[1]
        build = numbers[2] if len(numbers) > 2 else 10240 if major == 10 else 0
        product = {"workstation": 1, "domain-controller": 2, "server": 3}[rest[0]] if rest else 1
        suite = int(rest[1], 0) if len(rest) > 1 else 0
        return cls(text, major, minor, build, arch, product, suite)

    @property
    def version(self):
        return self.major, self.minor

    @property
    def takes_decorations(self):
        # [MAN], [MODELS]: the entries with TargetOSVersion are of "Windows XP and later versions", and an INF for anything earlier
        # "must also contain an undecorated Models section".
        # SILENT: [OS] says of "ntx86" that Windows 2000 takes it too; two pages and the format's own heading stand against that.
        return self.version >= (5, 1)

    @property
    def reads_builds(self):
        # [MAN]: "Starting with Windows 10, version 1607 (Build 14310 and later)"; earlier ones "will not parse unknown decorations".
        return self.version > (10, 0) or (self.version == (10, 0) and self.build >= 14310)

    @property
    def plain_is_x86(self):
        # [ARCH], [MAN]: since Windows Server 2003 SP1 sections without an architecture are for x86.
        # SILENT: a target does not tell its service pack; x64 exists since SP1 only.
        return self.version >= (5, 2)


class Decoration(namedtuple("Decoration", "arch major minor product suite build")):
    """NT[Architecture][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[BuildNumber]]]]]], None for what is not said."""

    @classmethod
    def parse(cls, text):
        head, *fields = text.strip().lower().split(".")
        if not head.startswith("nt") or len(fields) > 5:
            return None
        arch = head[2:]
        if arch and arch not in ARCHS:
            return None
        numbers = []
        for field in fields + [""] * (5 - len(fields)):
            field = field.strip()
            if field == "":
                numbers.append(None)
            elif re.fullmatch(r"0x[0-9a-f]+", field):
                numbers.append(int(field, 16))
            elif re.fullmatch(r"[0-9]+", field):
                numbers.append(int(field, 10))
            else:
                return None
        return cls(arch, *numbers)

    def fits_arch(self, target):
        if self.arch:
            return self.arch == target.arch
        return not target.plain_is_x86 or target.arch == "x86"

    def fits(self, target):
        if not target.takes_decorations or not self.fits_arch(target):
            return False
        if self.build is not None and not target.reads_builds:
            return False
        # SILENT: what a minor version without a major one would mean; a version begins with its major part.
        if self.major is not None:
            # "the highest version numbers that are not higher than the operating system version". NT.6 is every 6.x.
            if (self.major, self.minor or 0) > target.version:
                return False
        # "evaluated only when the OS major/minor version of the TargetOSVersion matches the current OS [...] exactly".
        # SILENT: a build without a version; what is not given matches any, so it is evaluated.
        if self.build is not None and (self.major is None or (self.major, self.minor or 0) == target.version):
            if self.build > target.build:
                return False
        # "used only if the operating system matches the specified product type"
        if self.product is not None and self.product != target.product:
            return False
        # "only if the operating system matches all the specified product suites"
        if self.suite is not None and self.suite & ~target.suite:
            return False
        return True

    def closeness(self):
        """The greater, the closer, of those that fit.

        [MAN]: the highest version; "a specific version number takes precedence over the product type and suite mask"; [OS]: what
        has a version comes before "either a matching platform extension or no platform extension".
        SILENT: that the build is a part of the version; that then come architecture, product type, suite mask; which of NT.6 and
        NT.6.0 (taken: that which says more)."""
        version = (-1, -1) if self.major is None else (self.major, self.minor or 0)
        return (version, self.build if self.build is not None else -1, self.minor is not None, bool(self.arch),
                self.product is not None, bin(self.suite).count("1") if self.suite else 0, self.suite is not None)


class Line(namedtuple("Line", "manufacturer section description install ids number")):
    """One line of a Models section; ids[0] is the hardware id, "" for none."""


class Models(namedtuple("Models", "manufacturer decoration name")):
    """A section that a line of [Manufacturer] names; decoration is None for the undecorated one."""


class Inf:
    def __init__(self, sections):
        self.sections = {}
        for section in sections:
            self.sections.setdefault(section["name"].lower(), []).extend(section["lines"])
        self.models = []  # per line of [Manufacturer]: [Models, ...]
        self.lines = []
        for line in self.sections.get("manufacturer", ()):
            self._manufacturer(line)
        self._chosen = {}
        kind = self._first("version", "class")
        self.is_extension = bool(kind and kind["fields"] and kind["fields"][0].lower() == "extension")
        version = self._first("version", "driverver")
        self.date, self.version = driver_ver(version["fields"]) if version else (None, None)

    def _first(self, section, key):
        for line in self.sections.get(section.lower(), ()):
            if (line["key"] or "").lower() == key:
                return line
        return None

    def _manufacturer(self, line):
        fields = line["fields"]
        # "manufacturer-name" alone: the Models section has that name.
        name = fields[0] if fields and fields[0] else line["key"]
        if not name:
            return
        index = len(self.models)
        group = [Models(index, None, name)]
        for text in fields[1:]:
            # What is no decoration ("ME" for Windows ME) names a section that no Windows of today takes.
            decoration = Decoration.parse(text)
            if decoration:
                group.append(Models(index, decoration, f"{name}.{text}"))
        self.models.append(group)
        seen = set()
        for models in group:
            if models.name.lower() in seen:
                continue
            seen.add(models.name.lower())
            for entry in self.sections.get(models.name.lower(), ()):
                # device-description=install-section-name,[hw-id][,compatible-id...]
                if entry["key"] is None or len(entry["fields"]) < 2 or not entry["fields"][0]:
                    continue
                ids = [field.upper() for field in entry["fields"][1:]]
                self.lines.append(Line(index, models, entry["key"], entry["fields"][0], ids, entry["number"]))

    def choose(self, target):
        """Per line of [Manufacturer] the one section that the target takes, or None. [OS]: "each line may have up to one
        applicable section". It may be empty, which excludes the target ([MAN]).
        SILENT: one that is named but missing. [MAN] chooses among the entries of the line, and says that their sections must be
        there; so it counts as an empty one."""
        if target not in self._chosen:
            self._chosen[target] = [self._choose_one(group, target) for group in self.models]
        return self._chosen[target]

    def _choose_one(self, group, target):
        decorated = [models for models in group if models.decoration and models.decoration.fits(target)]
        if decorated:
            return max(decorated, key=lambda models: models.decoration.closeness())
        plain = group[0]
        if plain.name.lower() in self.sections and (not target.plain_is_x86 or target.arch == "x86"):
            return plain
        return None

    def is_empty(self, models):
        return not self.sections.get(models.name.lower())

    def install(self, name, target):
        """[ARCH]: NAME.ntARCH, NAME.nt, NAME; (section, carries .nt), or None."""
        for suffix in (f".nt{target.arch}", ".nt", ""):
            if (name + suffix).lower() in self.sections:
                return name + suffix, bool(suffix)
        return None

    def feature_score(self, section, target):
        if target.version < (6, 0):  # [DDI]: "Windows Vista and later"
            return 0xFF
        line = self._first(section, "featurescore")  # "only the first entry is processed"
        if not line or not line["fields"]:
            return 0xFF
        match = re.fullmatch(r"(?:0?x)?([0-9a-f]{1,2})", line["fields"][0].strip().lower())
        # SILENT: what is no byte. Taken as not specified.
        return int(match[1], 16) if match else 0xFF

    def excluded_ids(self, section, target):
        if target.version < (5, 1):  # [DDI]: "Windows XP and later"
            return set()
        return {field.upper() for line in self.sections[section.lower()] if (line["key"] or "").lower() == "excludeid"
                for field in line["fields"] if field}

    def driver_ver(self, section):
        """[VER]: those in DDInstall "are more specific and take precedence".
        SILENT: a half one; it is taken whole, so that a date and a version always come from one line. And one that says neither (an
        empty one, or a wrong date alone): it is taken as none."""
        line = self._first(section, "driverver")
        own = driver_ver(line["fields"]) if line else (None, None)
        return own if any(own) else (self.date, self.version)


def driver_ver(fields):
    """("2006-09-19", "8.58.2.3"), None for what is missing or wrong."""
    date = version = None
    match = re.fullmatch(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})", fields[0].strip()) if fields else None
    if match:
        try:
            date = datetime.date(int(match[3]), int(match[1]), int(match[2])).isoformat()
        except ValueError:
            pass
    text = fields[1].strip() if len(fields) > 1 else ""
    # Real ones have two or three parts too; parts that are not there are 0.
    if re.fullmatch(r"[0-9]+(\.[0-9]+){0,3}", text):
        parts = [int(part) for part in text.split(".")]
        parts += [0] * (4 - len(parts))
        if max(parts) < 65535 and any(parts):  # "less than 65535", "0.0.0.0 is not valid"
            version = ".".join(str(part) for part in parts)
    return date, version


def identifier_score(hardware_ids, compatible_ids, line):
    """The best match of that line: (score, id), or None. [ID], and the table of driver-rank-example."""
    best = None
    for base, ids in ((0, hardware_ids), (0x2000, compatible_ids)):
        for j, device_id in enumerate(ids):
            for position, inf_id in enumerate(line.ids):
                if not inf_id or inf_id != device_id:
                    continue
                score = base + j
                if position > 0:
                    score += 0x1000
                    if base:
                        score += (position - 1) * 0x100
                if best is None or score < best[0]:
                    best = score, inf_id
    return best


def signature_score(signature, is_nt):
    """[SIG]; the numbers are SIGNERSCORE_UNSIGNED and SIGNERSCORE_W9X_SUSPECT of setupapi.h. All signed ones are equal, as is the
    default since Windows 7 (AllSignersEqual)."""
    if signature == "signed":
        return 0
    return 0x80 if is_nt else 0xC0


Candidate = namedtuple("Candidate", "state section rank date version id description")


def order(candidate):
    """[SEL]: lowest rank, then the most recent date, then the highest version; then any."""
    version = tuple(int(part) for part in candidate.version.split(".")) if candidate.version else (0, 0, 0, 0)
    date = int(candidate.date.replace("-", "")) if candidate.date else 0
    return candidate.rank, -date, tuple(-part for part in version)


def candidates(inf, lines, hardware_ids, compatible_ids, target, signature):
    """Of one INF: lines are those of its lines that name an id of the device."""
    chosen = inf.choose(target)
    found = {}  # the install section as named -> its best candidate
    for line in lines:
        score = identifier_score(hardware_ids, compatible_ids, line)
        models = chosen[line.manufacturer]
        if score is None or models is None or models.name.lower() != line.section.name.lower():
            continue
        install = inf.install(line.install, target)
        if install is None:
            candidate = Candidate("no_section", None, None, inf.date, inf.version, score[1], line.description)
        else:
            section, is_nt = install
            date, version = inf.driver_ver(section)
            # [SIG] speaks of DDInstall sections that have .nt. Windows' own logs of unsigned INFs whose Models section alone has it
            # show 0x80 as well (github.com/pbatard/libwdi/issues/83 and 209).
            is_nt = is_nt or models.decoration is not None
            rank = (signature_score(signature, is_nt) << 24) + (inf.feature_score(section, target) << 16) + score[0]
            # An extension INF adds to a driver and is none (using-an-extension-inf-file).
            if inf.is_extension or inf.excluded_ids(section, target) & set(hardware_ids + compatible_ids):
                candidate = Candidate("excluded", section, None, date, version, score[1], line.description)
            else:
                candidate = Candidate(CONSIDERED, section, rank, date, version, score[1], line.description)
        other = found.get(line.install.lower())
        if other is None or (candidate.rank is not None and (other.rank is None or candidate.rank < other.rank)):
            found[line.install.lower()] = candidate
    # One for each install section that is there; of an INF with none, what comes nearest.
    there = [candidate for candidate in found.values() if candidate.section]
    if there:
        return there
    if found:
        return list(found.values())[:1]
    nearest = None
    for line in lines:
        if identifier_score(hardware_ids, compatible_ids, line) is not None:
            state = why_not(inf, line, chosen[line.manufacturer], target)
            if nearest is None or STATES.index(state) < STATES.index(nearest):
                nearest = state
    return [Candidate(nearest, None, None, inf.date, inf.version, None, None)] if nearest else []


STATES = ("excluded", "other_windows", "other_arch")


def why_not(inf, line, chosen, target):
    """Why that line does not count on this target. Windows has no such words, and the pages none either: docs/json.md says what
    they mean to people."""
    decoration = line.section.decoration
    if decoration is None:
        fits_arch = fits = not target.plain_is_x86 or target.arch == "x86"
    else:
        fits_arch, fits = decoration.fits_arch(target), decoration.fits(target)
    if not fits:
        return "other_windows" if fits_arch else "other_arch"
    # Another section of that line of [Manufacturer] is closer, and does not name this device.
    return "excluded" if chosen is not None and inf.is_empty(chosen) else "other_windows"
