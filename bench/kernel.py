# SPDX-License-Identifier: MIT OR Apache-2.0
"""The kernel alone: what each of its operations costs, in instructions and in time."""

from measure import can_count, find, instructions_each, ns_each, output_of
from table import Figure

# name, what it is, most instructions, most ns, compared with
OPERATIONS = [
    ("call", "request and reply to a service, two task switches", 150, 40,
     ["kernel_untraced call", "floor call", "pingpong condvar", "pingpong pipe"]),
    ("call_accounted", "the same, CPU time of each task measured", None, None, []),
    ("call_traced", "the same, every kernel event recorded and read", None, None, []),
    ("event", "an event with two integers is recorded, at a virtual time",
     120, None, ["kernel clock"]),
    ("connect", "find a service in the registry, hello included", 400, None, []),
    ("yield", "switch to the next ready task", 45, None, ["floor yield"]),
    ("spawn", "a task starts, runs and ends, one at a time", None, None, []),
    ("spawn_many", "the same, 64 at a time", 70, None, []),
    ("sleep", "arm, park, turn, wake, go on", 180, None, []),
    ("sleep_among", "the same among 1,000 tasks that sleep", 220, None, []),
    ("channel", "one message sent and received, a task switch", 90, None, ["pingpong condvar"]),
    ("channel_stream", "the same through 64 slots, few switches", None, None, []),
    ("oneshot", "one value sent and received, a task switch", 90, None, []),
    ("bbq", "64 bytes granted, committed, read, released, two switches", None, None, []),
    ("bbq_stream", "the same through 4 KiB, few switches", 90, None, []),
    ("bbq_alone", "the same in one task, no switch", 90, None, []),
    ("alloc", "64 bytes allocated and freed", None, None, []),
    ("alloc_among", "one of 1,000 blocks of up to 1,000 bytes replaced", None, None, []),
    ("alloc_wait", "two tasks hand all memory to each other", None, None, []),
]  # fmt: skip

COUNTED = ("floor", "kernel_untraced")
COMPARED = {
    "kernel_untraced call": "tracing not compiled in",
    "kernel clock": "the host's clock, for a real time",
    "floor call": "floor (no checks)",
    "floor yield": "floor (no checks)",
    "pingpong condvar": "condition variable",
    "pingpong pipe": "two pipes",
}


def cost(setting, program, name, instructions=None, ns=None, counted=True):
    """Both figures of one round of a program that takes NAME and COUNT."""
    command = (setting.program("bench", program), name)
    rounds = 20_000 if not counted else 300_000 if setting.quick else 2_000_000
    figures = [Figure(ns_each(command, rounds, 3 if setting.quick else 7), "ns", ns)]
    each = instructions_each(command, 6400, 12800) if counted else None
    if each is not None:
        figures.insert(0, Figure(each, "instr", instructions))
    return figures


def note_what_lacks(row):
    if not can_count():
        row.notes.append("instructions not counted: no valgrind")


def operation(name, instructions, ns, others):
    def measure(setting, row):
        row.figures = cost(setting, "bench_kernel", name, instructions, ns)
        for other in others:
            program, argument = other.split()
            figures = cost(setting, "bench_" + program, argument, counted=program in COUNTED)
            row.compared.append((COMPARED[other], figures))
        note_what_lacks(row)

    return measure


def event_off(setting, row):
    """Instructions of a site, without the loop that it stands in. There is no time to speak of."""
    each = {name: instructions_each((setting.program("bench", "bench_kernel"), name), 6400, 12800)
            for name in ("event_off", "event_none")}
    if None not in each.values():
        site = each["event_off"] - each["event_none"]
        row.figures = [Figure(round(site, 1), "instr", 3)]  # how much printf does varies, too
    note_what_lacks(row)


def timed(setting, row):
    """Sleeps among many tasks; each is in one of its own all the time."""
    program = setting.program("bench", "bench_timed")
    many, few = 100_000 if setting.quick else 1_000_000, 1000
    row.what = row.what.replace("1,000,000", f"{many:,}")
    cost_of = {}
    for tasks in (few, many):
        command = (program, str(tasks))
        instructions = instructions_each(command, 50_000, 100_000)
        ns = ns_each(command, 300_000, 3)
        cost_of[tasks] = [ns] if instructions is None else [instructions, ns]
    units = ["instr", "ns"][-len(cost_of[few]) :]
    for one, another, unit in zip(cost_of[few], cost_of[many], units):
        row.figures.append(Figure(another, unit, 2 * one))
    text = output_of(program, many, 1000)
    row.figures.append(Figure(int(find(r"(\d+) kB resident", text)[1]) / 1000, "MB", 200.0))
    bytes_each = int(find(r"(\d+) bytes a task", text)[1])
    row.notes.append(f"reach: twice that; {bytes_each} bytes a task")
    row.compared.append((f"{few:,} tasks", [Figure(*one) for one in zip(cost_of[few], units)]))
    note_what_lacks(row)


def benches():
    for name, what, instructions, ns, others in OPERATIONS:
        yield name, what, operation(name, instructions, ns, others)
    yield "event_off", "the site of an event that is not shown", event_off
    yield "timed", "a sleep ends and the next begins, 1,000,000 tasks asleep", timed
