/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The interrupt controller: sources by number, all of one priority. */
#ifndef RISCV_VIRT_PLIC_H
#define RISCV_VIRT_PLIC_H

#include <mnemos/config.h>
#include <mnemos/drivers/storm.h>

/* What is done about one source; lives as long as the controller. */
struct plic_source {
	uint32_t irq;
	void (*handle)(void *context);
	void *context;
	const _Atomic uint32_t *moved; /* what the handler counts; NULL: nothing */
	struct mn_storm_source storm;  /* the controller's, as the next ones */
	uint32_t moved_before;
	struct plic_source *next;
};

struct plic {
	uintptr_t base;
	volatile uint32_t *claim; /* register: who interrupts; written: it was handled */
	struct mn_kernel *kernel; /* whose interrupts they are */
	struct plic_source *sources;
	uint32_t unexpected; /* interrupts of no source, counted and ignored */
	struct mn_storms storms;
};

/* Starts with no source. */
void plic_open(struct plic *plic, struct mn_kernel *kernel, const struct mn_config_plic *config);

/* Start-up: calls `source->handle` for its interrupts from now on, in interrupt context. */
void plic_connect(struct plic *plic, struct plic_source *source);

/* Handler: everything that is pending. A source that storms is masked. */
void plic_interrupt(struct plic *plic);

/* Unmasks what was. */
void plic_unmask(struct plic *plic);

#endif
