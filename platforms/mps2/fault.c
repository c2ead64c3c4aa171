/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Everything here may run after anything: it trusts no pointer that it can do without. */
#include <string.h>
#include <mnemos/kernel.h>
#include <mnemos/platform.h>
#include "cortex_m.h"
#include "fault.h"
#include "panic.h"
#include "stack.h"

/* What the processor stores when an exception comes, and what `fault` adds. */
struct frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};
struct saved {
	uint32_t r4_to_r11[8], exc_return, sp;
};

/* Stack that a report needs. */
#define REPORT_STACK "512"

void fault_enable(void)
{
	SCB_SHCSR |= SHCSR_MEMFAULT | SHCSR_BUSFAULT | SHCSR_USGFAULT;
	SCB_CCR |= CCR_DIV_0_TRP;
}

/*
 * Naked, because it may not touch the stack before it knows that there is one: when too little
 * is left of the handlers' stack, whoever used it is past help, and it starts anew.
 */
__attribute__((naked)) void fault(void)
{
	__asm volatile("tst lr, #4\n\t"
		       "ite eq\n\t"
		       "mrseq r0, msp\n\t"
		       "mrsne r0, psp\n\t"
		       "mrs r1, msp\n\t"
		       "ldr r2, =handler_stack + " REPORT_STACK "\n\t"
		       "cmp r1, r2\n\t"
		       "itt lo\n\t"
		       "ldrlo r2, =handler_stack_end\n\t"
		       "msrlo msp, r2\n\t"
		       "mov r2, lr\n\t"
		       "add r3, r0, #32\n\t"
		       "push {r2, r3}\n\t"
		       "push {r4-r11}\n\t"
		       "mov r1, sp\n\t"
		       "b fault_report");
}

/* ---- What happened ----------------------------------------------------------------------- */

static const char *exception_name(uint32_t exception)
{
	static const char *const names[] = {"NMI", "HardFault", "MemManage", "BusFault",
					    "UsageFault"};

	return exception - 2 < sizeof names / sizeof *names ? names[exception - 2]
							    : "unexpected exception";
}

/*
 * Bits of CFSR by letter, A for 0; the first that is set and listed is the cause. Two bits of the
 * MPU's mean what the same ones of the bus do, eight further on.
 */
static const char *cause_of(uint32_t cfsr)
{
	static const char causes[] = "A execution of what is not code\0"
				     "B access to forbidden memory\0"
				     "D no stack to return from an exception\0"
				     "E no stack for an exception\0"
				     "I execution where no memory is\0"
				     "J access where no memory is\0"
				     "K write where no memory is, some time ago\0"
				     "Q undefined instruction\0"
				     "R not Thumb code\0"
				     "S bad return from an exception\0"
				     "T no coprocessor\0"
				     "Y unaligned access\0"
				     "Z division by zero\0";
	const char *text = causes;

	cfsr |= (cfsr & (CFSR_UNSTKERR | CFSR_STKERR)) >> 8;
	while (*text && !(cfsr >> (*text - 'A') & 1))
		text += strlen(text) + 1;
	return *text ? text + 2 : "unknown cause";
}

static bool has_address(uint32_t cfsr)
{
	return cfsr & (CFSR_MMARVALID | CFSR_BFARVALID);
}

static uint32_t address_of(uint32_t cfsr)
{
	return cfsr & CFSR_MMARVALID ? SCB_MMFAR : SCB_BFAR;
}

static bool frame_was_stored(uint32_t cfsr)
{
	return !(cfsr & (CFSR_MSTKERR | CFSR_STKERR));
}

static bool is_overflow(uint32_t cfsr)
{
	return !frame_was_stored(cfsr) || (has_address(cfsr) && stack_is_guard(address_of(cfsr)));
}

static void put_what(uint32_t cfsr)
{
	panic_put("fault: ");
	if (is_overflow(cfsr))
		panic_put("stack overflow: ");
	else if (has_address(cfsr) && stack_is_null(address_of(cfsr)))
		panic_put("null pointer: ");
	panic_put(cause_of(cfsr));
	if (has_address(cfsr)) {
		panic_put(" at ");
		panic_put_hex(address_of(cfsr));
	}
	panic_put(" (");
	panic_put(exception_name(cpu_exception()));
	panic_put(", CFSR ");
	panic_put_hex(cfsr);
	panic_put(", HFSR ");
	panic_put_hex(SCB_HFSR);
	panic_put(")\n");
}

/* ---- Where --------------------------------------------------------------------------------- */

static void put_registers(const char *names, const uint32_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		panic_put("  ");
		mn_platform_panic_write(names + 4 * i, 4);
		panic_put(" ");
		panic_put_hex(values[i]);
		if (i % 4 == 3 || i == count - 1)
			panic_put("\n");
	}
}

static void put_stack(const char *name, const uint8_t *begin, const uint8_t *end)
{
	panic_put(name);
	panic_put_hex((uint32_t)stack_high_water(begin, end));
	panic_put(" of ");
	panic_put_hex((uint32_t)(end - begin));
	panic_put(" bytes used\n");
}

static void put_piece(void *context, const char *text, size_t len)
{
	(void)context;
	panic_write(text, len);
}

static void put_tasks(void)
{
	const struct mn_kernel *kernel = mn_running;

	mn_running = MN__NOWHERE;
	if (kernel == MN__NOWHERE)
		return;
	if (kernel->current) {
		panic_put("in task ");
		panic_put(kernel->current->type->name);
		panic_put("\n");
	}
	mn_kernel_dump(kernel, put_piece, NULL);
}

__attribute__((used)) static _Noreturn void fault_report(const struct frame *frame,
							 const struct saved *saved)
{
	static bool again; /* the report itself is at fault */
	const uint32_t cfsr = SCB_CFSR;

	if (!again) {
		again = true;
		put_what(cfsr);
		if (frame_was_stored(cfsr))
			put_registers("r0  r1  r2  r3  r12 lr  pc  xpsr", &frame->r0, 8);
		put_registers("r4  r5  r6  r7  r8  r9  r10 r11 exc sp  ", saved->r4_to_r11, 10);
		put_stack("task stack: ", task_stack, task_stack_end);
		put_stack("handler stack: ", handler_stack, handler_stack_end);
		put_tasks();
	}
	panic_end();
}
