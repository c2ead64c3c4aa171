/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/trace.h>
#include "cpu.h"
#include "plic.h"

/* Registers, by the RISC-V platform specification; context 0. */
#define PRIORITY(irq) (4 * (irq)) /* 0 masks it */
#define ENABLE(irq) (0x2000 + (irq) / 32 * 4)
#define THRESHOLD 0x200000
#define CLAIM 0x200004

static volatile uint32_t *at(const struct plic *plic, uintptr_t offset)
{
	return cpu_register(plic->base + offset);
}

void plic_open(struct plic *plic, struct mn_kernel *kernel, const struct mn_config_plic *config)
{
	*plic = (struct plic){.base = config->base, .kernel = kernel};
	*at(plic, THRESHOLD) = 0;
}

void plic_connect(struct plic *plic, struct plic_source *source)
{
	source->next = plic->sources;
	plic->sources = source;
	*at(plic, PRIORITY(source->irq)) = 1;
	*at(plic, ENABLE(source->irq)) |= UINT32_C(1) << source->irq % 32;
}

void plic_unmask(struct plic *plic)
{
	for (struct plic_source *source = plic->sources; source; source = source->next)
		*at(plic, PRIORITY(source->irq)) = 1;
}

static void handle(struct plic *plic, uint32_t irq)
{
	struct mn_interrupt frame;

	for (struct plic_source *source = plic->sources; source; source = source->next) {
		if (source->irq == irq) {
			mn_interrupt_enter(&frame, plic->kernel, irq);
			source->handle(source->context);
			mn_interrupt_exit(&frame);
			if (mn_storm_comes(&plic->storms, &source->storm, irq))
				*at(plic, PRIORITY(irq)) = 0;
			return;
		}
	}
	plic->unexpected++;
}

void plic_interrupt(struct plic *plic)
{
	uint32_t irq;

	while ((irq = *at(plic, CLAIM)) != 0) {
		handle(plic, irq);
		*at(plic, CLAIM) = irq;
	}
}
