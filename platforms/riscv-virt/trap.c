/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Traps but interrupts, from start.S: they are the end. */
#include "board.h"
#include "cpu.h"
#include "registers.h"
#include "report.h"
#include "stack.h"

struct trap_frame {
	uintptr_t pc;
	uintptr_t x[31]; /* x1 .. x31 */
};

_Static_assert(offsetof(struct board, plic) == 0, "as in start.S");
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE, "as in start.S");

#define INTERRUPT ((uintptr_t)INTPTR_MIN) /* the top bit of mcause */

_Noreturn void trap_fault(const struct trap_frame *frame);
void trap_in_trap(void);

static const char *name_of(uintptr_t cause)
{
	static const char *const names[] = {
		"instruction address misaligned",
		"instruction access fault",
		"illegal instruction",
		"breakpoint",
		"load address misaligned",
		"load access fault",
		"store address misaligned",
		"store access fault",
	};

	if (cause & INTERRUPT)
		return "interrupt that nothing asked for";
	return cause < sizeof names / sizeof *names ? names[cause] : "trap";
}

static void report_cause(const struct trap_frame *frame)
{
	const uintptr_t cause = CPU_READ(mcause), address = CPU_READ(mtval);

	report("fault: ");
	report(stack_guards(address) ? "stack overflow" : name_of(cause));
	report(" (cause ");
	report_number(cause & ~INTERRUPT);
	report(")\n  pc ");
	report_hex(frame->pc);
	report(", address ");
	report_hex(address);
	report("\n");
}

static void report_registers(const struct trap_frame *frame)
{
	static const char names[31][5] = {
		"ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0", "a1",
		"a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5", "s6",
		"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (int i = 0; i < 31; i++) {
		report(i % 4 ? " " : "  ");
		report(names[i]);
		report(names[i][2] ? " " : "  ");
		report_hex(frame->x[i]);
		if (i % 4 == 3 || i == 30)
			report("\n");
	}
}

static void write_piece(void *context, const char *text, size_t len)
{
	(void)context;
	report_text(text, len);
}

static void report_tasks(const struct mn_kernel *kernel)
{
	if (!kernel->name)
		return; /* not yet prepared */
	if (kernel->current) {
		report("in task ");
		report(kernel->current->type->name);
		report(" #");
		report_number(kernel->current->id);
		report("\n");
	}
	mn_kernel_dump(kernel, write_piece, NULL);
}

void trap_fault(const struct trap_frame *frame)
{
	report_cause(frame);
	report_registers(frame);
	report_tasks(&board.kernel);
	report_end();
}

/* What happened first may have been told already, in part or in full. */
void trap_in_trap(void)
{
	report("\nfault while handling a trap: ");
	report(name_of(CPU_READ(mcause)));
	report(" at pc ");
	report_hex(CPU_READ(mepc));
	report(", address ");
	report_hex(CPU_READ(mtval));
	report("\n");
	mn_ns16550_write_polled(&board.uart, "\0", 1);
	board_exit(BOARD_EXIT_FAILED);
}
