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
	plic->claim = at(plic, CLAIM);
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

/* No interrupt comes before there is a source. */
static inline struct plic_source *find(const struct plic *plic, uint32_t irq)
{
	struct plic_source *source = plic->sources;

	if (MN_LIKELY(source->irq == irq))
		return source;
	do
		source = source->next;
	while (source && source->irq != irq);
	return source;
}

static __attribute__((noinline, cold)) void end_storm(struct plic *plic, struct plic_source *source)
{
	if (!source->moved ||
	    !mn_storm_excuse(&plic->storms, &source->storm, source->moved, &source->moved_before))
		*at(plic, PRIORITY(source->irq)) = 0;
}

/* Numbers are taken from memory again behind the handler: to keep them would cost more. */
static inline void handle(struct plic *plic, struct plic_source *source)
{
	struct mn_interrupt frame;

	mn_interrupt_enter(&frame, plic->kernel, source->irq);
	source->handle(source->context);
	mn_interrupt_exit(&frame);

	const uint32_t irq = source->irq;

	if (mn_storm_comes(&plic->storms, &source->storm, irq))
		end_storm(plic, source);
	*plic->claim = irq;
}

void plic_interrupt(struct plic *plic)
{
	const uint32_t irq = *plic->claim;
	struct plic_source *source = find(plic, irq);

	if (MN_LIKELY(source)) {
		handle(plic, source);
	} else if (irq) {
		plic->unexpected++;
		*plic->claim = irq;
	}
}
