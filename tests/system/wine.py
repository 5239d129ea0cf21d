# SPDX-License-Identifier: GPL-3.0-or-later
"""Wine for tests and benches: in a prefix of its own, without a display, with nothing of the user's."""
import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 600


def missing():
    """What has to be installed for the oracle, or ""."""
    needed = (("wine", "wine wine64"), ("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"))
    return " ".join(packages for program, packages in needed if shutil.which(program) is None)


def compile_oracle(folder):
    program = pathlib.Path(folder) / "inf_oracle.exe"
    subprocess.run(["x86_64-w64-mingw32-gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program,
                    SOURCE / "tests/oracle/inf_oracle.c", "-lsetupapi"], check=True)
    return program


class Wine:
    """To run one program with setupapi, Wine needs none of the 700 MB that wineboot would copy into the prefix: in the mode in
    which it starts wineboot itself it takes its libraries from where they are installed. Should a Wine not do so, it gets its
    wineboot."""

    def __init__(self, folder):
        prefix = pathlib.Path(folder) / "prefix"
        prefix.mkdir()
        (prefix / ".update-timestamp").write_text("disable\n")
        self.environment = {
            "PATH": os.environ["PATH"] + ":/usr/lib/wine", "HOME": str(folder), "WINEPREFIX": str(prefix),
            "WINEARCH": "win64", "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
            "WINEBOOTSTRAPMODE": "1",
            "LC_ALL": "C",  # English, code page 1252
        }

    def try_to(self, *args):
        return subprocess.run(args, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=SECONDS, check=False)

    def run(self, *args):
        """What the program wrote to stdout."""
        done = self.try_to("wine", *args)
        if done.returncode != 0 and "WINEBOOTSTRAPMODE" in self.environment:
            print(f"# without wineboot Wine ended with {done.returncode}", flush=True)
            del self.environment["WINEBOOTSTRAPMODE"]
            (pathlib.Path(self.environment["WINEPREFIX"]) / ".update-timestamp").unlink()
            self.try_to("wineboot", "-i")
            done = self.try_to("wine", *args)
        if done.returncode != 0:
            raise SystemExit(f"wine {args}: {done.returncode}, {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout

    def stop(self):
        self.try_to("wineserver", "-k", "-w")
