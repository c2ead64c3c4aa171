# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a MnemOS kernel is doing, as commands of gdb: `mn` lists them.

    gdb-multiarch -x tools/gdb/mnemos.py PROGRAM [CORE]      (./mn debug does it)

Everything is read from memory through debug information; nothing is called or written, so it
works alike on a live program, on a board behind a gdb stub and on a core file. Where memory is
corrupt, a walk ends, and the last line says where and why. The logic is that of
source/kernel/dump.c.

Each command takes an expression for a kernel (`mn tasks &board.kernel`). Without one it is the
running kernel, else one that a stack frame or a global variable leads to.
"""

import collections

import gdb

# No kernel has as many; a longer list is a broken one.
TASKS_MAX = 10000
WAITS_MAX = 16
BLOCKS_MAX = 100000
TIMERS_MAX = 10000

# enum mn_wait_holder, and which task flag means what (task.h).
HELD_BY_FIRST, HELD_BY_ITSELF, HELD_BY_SERVER = 1, 2, 3
FLAG_CANCEL = 2
BLOCK_FREE = 1


class Broken(Exception):
    """Memory that is not what it must be; the text says what."""


def address(value):
    return int(value) & (1 << 8 * value.type.sizeof) - 1


def text(pointer, missing="?"):
    """A C string that may be anything."""
    try:
        return pointer.string(errors="replace", length=-1) if int(pointer) else missing
    except gdb.MemoryError:
        return missing


def field_offset(structure, name):
    return next(f.bitpos // 8 for f in gdb.lookup_type(structure).fields() if f.name == name)


def container(node, structure, member):
    """The struct that has the list node at this address."""
    wanted = gdb.lookup_type(structure)
    start = gdb.Value(node - field_offset(structure, member))
    return start.cast(wanted.pointer()).dereference()


def walk(head, structure, member, most):
    """Yields the structs of a mn_list; raises Broken where it does not close."""
    begin = address(head.address)
    before, node = begin, address(head["next"])
    for _ in range(most):
        if node == begin:
            return
        each = container(node, structure, member)
        try:
            back = address(each[member]["prev"])
        except gdb.MemoryError:
            raise Broken(f"the list leads to {node:#x}, which cannot be read") from None
        if back != before:
            raise Broken(f"the list node at {node:#x} leads back to {back:#x}, not {before:#x}")
        yield each
        before, node = node, address(each[member]["next"])
    raise Broken(f"the list has more than {most} members")


# Finding a kernel.


def is_kernel(kernel):
    """Whether this looks like a kernel that has been initialised."""
    try:
        tasks = kernel["tasks"]
        return int(tasks["next"]) != 0 and int(kernel["ready_end"]) != 0 \
            and address(tasks["prev"]["next"]) == address(tasks.address)
    except gdb.error:
        return False


def kernels_in(value, depth=1):
    """Kernels that a variable is, points to, or has among its members."""
    try:
        kind = value.type.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_PTR:
            kind = kind.target().strip_typedefs()
            if kind.code != gdb.TYPE_CODE_STRUCT or int(value) == 0:
                return
            value = value.dereference()
        if kind.code != gdb.TYPE_CODE_STRUCT:
            return
        if kind.tag == "mn_kernel":
            if is_kernel(value):
                yield value
        elif depth:
            for member in kind.fields():
                if member.name and not member.is_base_class:
                    yield from kernels_in(value[member], depth - 1)
    except gdb.error:
        return  # optimized out, or memory that is not there


def kernels_of_frames():
    try:
        frame = gdb.newest_frame()
    except gdb.error:
        return
    while frame and frame.is_valid():
        try:
            block = frame.block()
        except RuntimeError:
            block = None
        while block and not block.is_global and not block.is_static:
            for symbol in block:
                if symbol.is_variable or symbol.is_argument:
                    yield from kernels_in(symbol.value(frame))
            block = block.superblock
        try:
            frame = frame.older()
        except gdb.error:
            return


def kernels_of_globals():
    """By an expression: a look-up of the symbol may find a mere declaration, without a value."""
    for name in ("mn_running", "kernel", "board", "machine"):
        try:
            value = gdb.parse_and_eval(name)
        except gdb.error:
            continue  # there is none
        yield from kernels_in(value)


def find_kernel(expression):
    if expression:
        kernel = gdb.parse_and_eval(expression)
        if kernel.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
            kernel = kernel.dereference()
        if kernel.type.strip_typedefs().tag != "mn_kernel":
            raise gdb.GdbError(f"{expression} is a {kernel.type}, not a struct mn_kernel")
        return kernel
    for found in kernels_of_globals():
        return found
    for found in kernels_of_frames():
        return found
    raise gdb.GdbError("no kernel has been initialised that a frame or a known variable leads "
                       "to; name one: mn COMMAND EXPRESSION")


# Reading one.


def static_table(function, name):
    """A constant table inside a function, [] where the compiler has dropped it."""
    try:
        table = gdb.parse_and_eval(f"{function}::{name}")
        return [table[i] for i in range(table.type.range()[1] + 1)]
    except gdb.error:
        return []


class Kernel:
    """One kernel: its live tasks by address, in order, and `broken`, where the list ended."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.tasks = collections.OrderedDict()
        self.broken = []
        self.kinds = [text(each) for each in static_table("mn_wait_text", "texts")]
        self.holders = [int(each) for each in static_table("mn_wait_holder", "holders")]
        self.now_ticks = int(kernel["now_ticks"])
        try:
            for task in walk(kernel["tasks"], "struct mn_task", "all", TASKS_MAX):
                self.tasks[address(task.address)] = task
        except Broken as why:
            self.broken.append(f"tasks: {why}; those behind are not shown")
        self.deadlines = self.read_deadlines()

    def title(self):
        name = text(self.kernel["name"], "kernel")
        count = int(self.kernel["task_id"]) - int(self.kernel["tasks_ended"])
        return f"{name} at {address(self.kernel.address):#x}: {count} tasks"

    def end(self):
        for why in self.broken:
            print(f"  stopped: {why}")

    def read_deadlines(self):
        """The earliest deadline of each task by its address, in us."""
        wheel = self.kernel["wheel"]
        slots = wheel["slot"]
        slots.fetch_lazy()
        width, height = slots.type.range()[1] + 1, slots[0].type.range()[1] + 1
        lists = [wheel["front"], wheel["far"]]
        lists += [slots[i][j] for i in range(width) for j in range(height)]
        found = {}
        try:
            for timer in lists:
                self.follow_timers(timer, found)
        except (Broken, gdb.MemoryError) as why:
            self.broken.append(f"timers: {why}; limits are not all shown")
        return found

    def follow_timers(self, timer, found):
        for _ in range(TIMERS_MAX):
            if int(timer) == 0:
                return
            task, deadline = address(timer["task"]), int(timer["deadline_us"])
            found[task] = min(found.get(task, deadline), deadline)
            timer = timer["next"]
        raise Broken(f"a list of timers has more than {TIMERS_MAX} members")

    def now_us(self):
        """The time of the last turn; the 32 bits of now_ticks go on where the wheel's end."""
        wheel_us = int(self.kernel["wheel"]["now_us"])
        ahead = (self.now_ticks - (wheel_us >> 10)) & 0xFFFFFFFF
        return wheel_us + ahead * 1024

    def name(self, task):
        return f"{text(task['type']['name'])} #{int(task['id'])}"

    def name_at(self, where):
        task = self.tasks.get(where)
        return self.name(task) if task is not None else f"0x{where:x}, which is no live task"

    def is_running(self, task):
        return address(task.address) == address(self.kernel["current"])

    def state(self, task):
        if self.is_running(task):
            return "running"
        return "ready" if int(task["next"]) else "waiting"

    def place(self, task):
        return f"{text(task['type']['file'])}:{int(task['frame']['resume'])}"

    def waits(self, task):
        """What a task waits for: one, or several while it races; [] if it does not wait."""
        if self.state(task) != "waiting":
            return []
        found, wait = [], task["waits"]
        while int(wait) and len(found) < WAITS_MAX:
            if not found and not 0 < int(wait["kind"]) < 64:
                return []
            found.append(wait.dereference())
            wait = wait["more"]
        if int(wait):
            self.broken.append(f"waits of {self.name(task)}: more than {WAITS_MAX}")
        return found

    def kind_text(self, kind):
        return self.kinds[kind] if kind < len(self.kinds) else f"something of kind {kind}"

    def slot_of(self, client):
        offset, kernel = int(client["slot"]), self.kernel
        size = gdb.lookup_type("struct mn_registry_slot").sizeof
        if offset % size or offset // size >= int(kernel["max_services"]):
            raise Broken(f"the client at {address(client.address):#x} has no slot")
        return kernel["services"][offset // size]

    def on(self, wait, structure):
        return wait["on"].cast(gdb.lookup_type(structure).pointer()).dereference()

    def holder(self, wait):
        """The address of the task that can end a wait, if it is exactly one."""
        kind = int(wait["kind"])
        by = self.holders[kind] if kind < len(self.holders) else 0
        if int(wait["on"]) == 0:
            return None
        if by == HELD_BY_FIRST:
            pointer = gdb.lookup_type("struct mn_task").pointer().pointer()
            return address(wait["on"].cast(pointer).dereference())
        if by == HELD_BY_ITSELF:
            return address(wait["on"])
        if by == HELD_BY_SERVER:
            client = self.on(wait, "struct mn_client")
            slot = self.slot_of(client)
            live = int(slot["server"]) and int(slot["generation"]) == int(client["generation"])
            return address(slot["server"]["task"]) if live else None
        return None

    def object_text(self, wait):
        """What is waited on: a service by its name, else the address, with its symbol."""
        kind, on = self.kind_text(int(wait["kind"])), wait["on"]
        if int(on) == 0 or kind == "the end of task":
            return ""
        if kind == "the service":
            return " " + text(self.on(wait, "struct mn_service")["name"])
        if kind in ("a reply from", "its turn at"):
            return " " + text(self.slot_of(self.on(wait, "struct mn_client"))["service"]["name"])
        if kind == "a call to":
            return " " + text(self.on(wait, "struct mn_server")["service"]["name"])
        return f" {on.format_string(format='a')}"

    def wait_text(self, wait):
        kind = self.kind_text(int(wait["kind"]))
        try:
            what, holder = self.object_text(wait), self.holder(wait)
        except (Broken, gdb.MemoryError) as why:
            return f"{kind} (not readable: {why})"
        held = ""
        if holder is not None:
            held = (" " if kind == "the end of task" else " held by ") + self.name_at(holder)
        ticks = (self.now_ticks - int(wait["since"])) & 0xFFFFFFFF
        return f"{kind}{what}{held}, for {ticks * 1024 // 1000} ms"

    def limit_us(self, task, waits):
        """When a time-out ends a task's only wait, or None; see has_limit in dump.c."""
        if len(waits) != 1 or self.kind_text(int(waits[0]["kind"])) in ("time", "the service"):
            return None
        return self.deadlines.get(address(task.address))

    def next_in_chain(self, where):
        task = self.tasks[where]
        waits = self.waits(task)
        if len(waits) != 1 or self.limit_us(task, waits) is not None:
            return None
        try:
            holder = self.holder(waits[0])
        except (Broken, gdb.MemoryError):
            return None
        return holder if holder in self.tasks else None

    def cycles(self):
        """Each cycle of waits once, as a list of addresses."""
        following = {where: self.next_in_chain(where) for where in self.tasks}
        done = set()
        for start in self.tasks:
            path, at = [], start
            while at is not None and at not in done and at not in path:
                path.append(at)
                at = following[at]
            if at in path:
                yield path[path.index(at):]
            done.update(path)


# The commands.


class Group(gdb.Command):
    """MnemOS: what a kernel's tasks, services and heap are doing."""

    def __init__(self):
        super().__init__("mn", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, prefix=True)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError(f"no command 'mn {argument}'; mn lists them")
        for name, command in COMMANDS.items():
            print(f"mn {name:9}-- {command.__doc__.splitlines()[0]}")
        print("Each takes an expression for a kernel: mn tasks &board.kernel")


class Command(gdb.Command):
    """A command `mn NAME [KERNEL]`; `show` is given the expression for the kernel."""

    def __init__(self, name, show):
        self.__doc__ = f"{show.__doc__}\n\nUsage: mn {name} [KERNEL]"
        self.show = show
        super().__init__(f"mn {name}", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        try:
            kernel = Kernel(find_kernel(argument))
            print(kernel.title())
            self.show(kernel)
            kernel.end()
        except gdb.MemoryError as why:
            raise gdb.GdbError(f"the kernel's own struct is not readable: {why}")


def show_tasks(kernel):
    """Every task: where it stands, its state, how often it ran, its struct."""
    for task in kernel.tasks.values():
        try:
            cancel = ", to be cancelled" if int(task["frame"]["flags"]) & FLAG_CANCEL else ""
            print(f"  {kernel.name(task)} at {kernel.place(task)}: {kernel.state(task)}{cancel}, "
                  f"ran {int(task['polls'])} times, {address(task.address):#x}, "
                  f"{int(task['type']['size'])} bytes")
        except gdb.MemoryError as why:
            print(f"  {address(task.address):#x}: not readable: {why}")


def show_waits(kernel):
    """Who waits for what, held by whom, for how long; then the cycles, which never end."""
    for task in kernel.tasks.values():
        try:
            waits = kernel.waits(task)
            what = " or ".join(map(kernel.wait_text, waits))
            state = kernel.state(task)
            line = f"waits for {what}" if waits else \
                "waits for nothing known" if state == "waiting" else state
            limit_us = kernel.limit_us(task, waits)
            if limit_us is not None:
                left_ms = max(0, limit_us - kernel.now_us()) // 1000
                line += f", at most {left_ms} ms longer"
            print(f"  {kernel.name(task)} at {kernel.place(task)}: {line}")
        except gdb.MemoryError as why:
            print(f"  {address(task.address):#x}: not readable: {why}")
    for cycle in kernel.cycles():
        names = [kernel.name_at(where) for where in [*cycle, cycle[0]]]
        print(f"  cycle: {' -> '.join(names)}")


def show_services(kernel):
    """Every registered service: its server's task, and the calls that queue there."""
    for i in range(int(kernel.kernel["max_services"])):
        slot = kernel.kernel["services"][i]
        try:
            if int(slot["server"]) == 0:
                continue
            service, server = slot["service"], slot["server"].dereference()
            name, instance = text(service["name"]), text(slot["instance"], "")
            print(f"  {name}{'/' + instance if instance else ''} {text(service['version'])} is "
                  f"service {int(slot['id'])}, of {kernel.name_at(address(server['task']))}")
            for call in walk(server["queue"], "struct mn_call", "link", TASKS_MAX):
                print(f"    queued: call {int(call['id'])} "
                      f"of {kernel.name_at(address(call['wait']['task']))}")
        except (Broken, gdb.MemoryError) as why:
            kernel.broken.append(f"slot {i} of the registry: {why}")


def heap_blocks(heap):
    """Yields (offset, bytes, is free, owner) of each block; raises Broken."""
    # `struct block` is private to the heap's files, and other programs have one too.
    scope = gdb.lookup_global_symbol("mn_heap_free").symtab.static_block()
    header = gdb.lookup_type("struct block", scope).pointer()
    at, end, before = int(heap["first"]), int(heap["end"]), 0
    for _ in range(BLOCKS_MAX):
        if at == end:
            return
        block = gdb.Value(address(heap.address) + at).cast(header)
        size = int(block["size"])
        if int(block["prev_size"]) != before:
            raise Broken(f"the block at {int(block):#x} does not know the size of the one before")
        if size < 2 or (size & ~BLOCK_FREE) > end - at:
            raise Broken(f"the block at {int(block):#x} has the impossible size {size:#x}")
        yield at, size & ~BLOCK_FREE, bool(size & BLOCK_FREE), int(block["owner"])
        before = size & ~BLOCK_FREE
        at += before
    raise Broken(f"there are more than {BLOCKS_MAX} blocks")


def show_heap(kernel):
    """The heap: how full it is, who owns how much, and whether its blocks are intact."""
    if int(kernel.kernel["heap"]) == 0:
        print("  no heap")
        return
    heap = kernel.kernel["heap"].dereference()
    names = {int(task["id"]): kernel.name(task) for task in kernel.tasks.values()}
    owners, largest = {}, 0
    try:
        for _at, size, is_free, owner in heap_blocks(heap):
            if is_free:
                largest = max(largest, size)
            else:
                blocks, total = owners.get(owner, (0, 0))
                owners[owner] = blocks + 1, total + size
    except (Broken, gdb.MemoryError) as why:
        kernel.broken.append(f"heap: {why}; sums are of the blocks before it")
    size = int(heap["end"]) - int(heap["first"])
    print(f"  {int(heap['used'])} of {size} bytes used in {int(heap['blocks'])} blocks, "
          f"{int(heap['high_water'])} at most so far; the largest free block has {largest}")
    print(f"  {int(heap['allocations'])} allocations, {int(heap['failures'])} failures, "
          f"{int(heap['waiters'])} tasks wait")
    for owner, (blocks, total) in sorted(owners.items()):
        who = names.get(owner, f"task #{owner}, which has ended") if owner else "the system"
        print(f"  {who}: {total} bytes in {blocks} blocks")


COMMANDS = {
    "tasks": show_tasks,
    "waits": show_waits,
    "services": show_services,
    "heap": show_heap,
}

gdb.execute("handle SIGUSR1 nostop noprint pass", to_string=True)  # melpomene's dump
Group()
for each_name, each_show in COMMANDS.items():
    Command(each_name, each_show)
