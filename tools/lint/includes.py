# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who may include whom, and where an operating system or a processor may be asked for."""

import os
import re

import tree

# What a layer may include besides itself. A new directory below source/ needs a line here.
BELOW = {
    "abi": [],
    "proto": ["abi"],
    "kernel": ["proto", "abi"],
    "gfx": ["abi"],
    "services": ["kernel", "gfx", "proto", "abi"],
    "daemons": ["services", "kernel", "gfx", "proto", "abi", "config"],
    "drivers": ["services", "kernel", "gfx", "proto", "abi"],
    "config": ["proto", "abi"],
    "tools": ["proto", "abi"],
    "platforms": ["daemons", "drivers", "services", "kernel", "gfx", "proto", "abi", "config"],
}
# These look at everything.
FREE = ("tests", "bench", "fuzz", "models", "book")
# Where the machine below shows.
MACHINE_MAY_SHOW = ("platforms/", "source/drivers/", "tools/", *(f"{name}/" for name in FREE))

INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)")
MACHINE = re.compile(
    r"\b(_WIN\d+|__(linux|unix|APPLE|FreeBSD|ANDROID|MINGW\d+|wasm|wasm32|EMSCRIPTEN|riscv|arm|"
    r"aarch64|ARM_ARCH|thumb|x86_64|i386|picolibc|PICOLIBC|NEWLIB|GLIBC)_*\w*)\b"
)


def layer_of(path):
    """('kernel', None) for source/kernel/..., ('platforms', 'mps2') for platforms/mps2/..., but
    ('tests', None) for platforms/mps2/test/..."""
    parts = path.split("/")
    if parts[0] == "source" and len(parts) > 2:
        return parts[1], None
    if parts[0] == "platforms" and parts[2] == "test":
        return "tests", None
    if parts[0] in ("platforms", "tools"):
        return parts[0], parts[1]
    return parts[0], None


def locate(name, quoted, includer, headers):
    """The header of ours that an #include means, or None where it is somebody else's."""
    if quoted:
        beside = os.path.normpath(os.path.join(os.path.dirname(includer), name))
        if beside in headers:
            return beside
    # A public header, <mnemos/...>, has one place; so has any other that we have once only.
    matches = [path for path in headers if path.endswith("/include/" + name)]
    matches = matches or [path for path in headers if path.endswith("/" + name)]
    same = [path for path in matches if layer_of(path) == layer_of(includer)]
    return (same or matches or [None])[0]


def why_not(includer, included):
    """Why one file may not include the other, or None if it may."""
    (layer, who), (other, whose) = layer_of(includer), layer_of(included)
    if layer in FREE:
        return None
    if layer not in BELOW:
        return f"tools/lint/includes.py does not say what source/{layer} may include"
    if layer == other:
        if who == whose:
            return None
        return f"{layer}/{who} may not include {layer}/{whose}"
    if other not in BELOW[layer]:
        allowed = ", ".join(BELOW[layer]) or "nothing of ours"
        return f"{layer} may not include {other} ({included}), only {allowed}"
    return None


def check(path, headers, complaints):
    for number, line in enumerate(tree.read(path).splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            included = locate(include[2], include[1] == '"', path, headers)
            reason = included and why_not(path, included)
            if reason:
                complaints.add(path, number, "direction", reason, include[2])
        condition = CONDITION.match(line)
        if condition and not path.startswith(MACHINE_MAY_SHOW):
            machine = MACHINE.search(condition[1])
            if machine:
                message = f"{machine[1]} may be asked for in platforms/ and source/drivers/ only"
                complaints.add(path, number, "machine", message, machine[1])


def main():
    complaints = tree.Complaints("includes")
    headers = set(tree.files("*.h"))
    for path in tree.files("*.c", "*.h", "*.S"):
        check(path, headers, complaints)
    complaints.end()


if __name__ == "__main__":
    main()
