# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing on a machine that does other things, too: the sides take turns, and what is told is the median of the ratios of neighbours.

A slow moment strikes both sides of a turn or spoils one turn, and neither moves the median."""
import os
import resource
import statistics
import subprocess
import time


def sh(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, **more).stdout


def timed(function):
    """Seconds by the clock, and seconds of processor time that the processes it waits for took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    function()
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turn(runs, sides, settle=os.sync):
    """{name: [value, ...]} of sides {name: function}: A B C, C B A, A B C ..., behind one round that does not count. settle() goes before
    each, so that nobody pays for his neighbour."""
    values = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, function in list(sides.items())[::1 if turn % 2 == 0 else -1]:
            settle()
            value = function()
            if turn > 0:
                values[name].append(value)
    return values


def same_memory(path):
    """A function for settle(): it writes a file like that one beside it and removes it. Without, who begins just after somebody else's
    file has gone finds memory that is at hand, and others wait for it, in a virtual machine for several times what a copy takes. All
    of it is on disk before the next begins: who syncs first would pay for the removal, too."""
    scratch = path.with_name(path.name + ".scratch")
    def settle():
        os.sync()
        sh("cp", "--reflink=never", path, scratch)
        scratch.unlink()
        os.sync()
    return settle


class Ratio:
    """Of one side to another, turn by turn."""

    def __init__(self, one, other):
        ratios = sorted(a / b for a, b in zip(one, other))
        self.median, self.least, self.most = statistics.median(ratios), ratios[0], ratios[-1]

    def __str__(self):
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"

    def json(self):
        return {"median": self.median, "least": self.least, "most": self.most}
