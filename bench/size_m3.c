/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A whole image for a Cortex-M3, linked to see how large it is: kernel, heap, serial mux,
 * loopback, and a driver of a serial line. The registers are invented, so it never runs; all
 * else is as a board would have it. What a board sizes to its needs is named buffer_.
 */
#include <mnemos/bbq_irq.h>
#include <mnemos/daemons/loopback.h>

struct uart {
	volatile uint32_t data, status, irq_enable;
};
#define UART ((struct uart *)0x40004000)
#define TIMER_US (*(volatile uint32_t *)0x40000004)

enum { UART_RX_READY = 1, UART_TX_READY = 2 };

static uint8_t buffer_heap[4096] __attribute__((aligned(8)));
static uint8_t buffer_rx[512], buffer_tx[512];

static struct mn_kernel kernel;
static struct mn_registry_slot services[4];
static struct mn_bbq_irq rx, tx;
static struct mn_serial_line line;
static struct mn_simple_serial serial;
static struct mn_serial_mux mux;
static struct mn_loopback loopback;
static uint32_t time_high, time_low;

/* A 32-bit counter of microseconds, read at least once in its 71 minutes. */
uint64_t mn_platform_now_us(const struct mn_kernel *k)
{
	const uint32_t now = TIMER_US;

	(void)k;
	time_high += now < time_low;
	time_low = now;
	return (uint64_t)time_high << 32 | now;
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *k)
{
	(void)k;
	return TIMER_US;
}

static void uart_put(uint8_t byte)
{
	while (!(UART->status & UART_TX_READY))
		;
	UART->data = byte;
}

void mn_platform_panic_write(const char *text, size_t len)
{
	while (len-- > 0)
		uart_put((uint8_t)*text++);
}

void mn_platform_halt(void)
{
	for (;;)
		__asm__ volatile("bkpt");
}

void mn_platform_wait(struct mn_kernel *k, uint64_t deadline_us)
{
	(void)deadline_us;
	__asm__ volatile("cpsid i" ::: "memory");
	if (!mn_kernel_interrupted(k))
		__asm__ volatile("wfi");
	__asm__ volatile("cpsie i" ::: "memory");
}

static void uart_kick(struct mn_bbq_irq *queue)
{
	(void)queue;
	UART->irq_enable = UART_RX_READY | UART_TX_READY;
}

/* All that is there comes in, all that has room goes out. */
void uart_interrupt(void);
void uart_interrupt(void)
{
	while (UART->status & UART_RX_READY) {
		const uint8_t byte = (uint8_t)UART->data;

		mn_bbq_irq_push(&rx, &byte, 1);
	}
	while (UART->status & UART_TX_READY) {
		uint8_t byte;

		if (mn_bbq_irq_pull(&tx, &byte, 1) == 0) {
			UART->irq_enable = UART_RX_READY;
			break;
		}
		UART->data = byte;
	}
}

/* The interrupt's entry would be in the vector table; this keeps it in the image. */
void (*const volatile uart_vector)(void) = uart_interrupt;

int main(void)
{
	mn_kernel_init(&kernel, &(struct mn_kernel_config){
					.name = "m3",
					.services = services,
					.max_services = sizeof services / sizeof services[0],
					.heap = buffer_heap,
					.heap_size = sizeof buffer_heap,
				});
	mn_bbq_irq_init(&rx, &kernel, buffer_rx, sizeof buffer_rx, MN_BBQ_IRQ_WRITES, NULL);
	mn_bbq_irq_init(&tx, &kernel, buffer_tx, sizeof buffer_tx, MN_BBQ_IRQ_READS, uart_kick);
	mn_serial_line_init(&line, &kernel, &rx.bbq, &tx.bbq, NULL);
	mn_serial_line_attach(&line);
	mn_simple_serial_start(&serial, &kernel, &line, NULL);
	mn_serial_mux_start(&mux, &kernel, &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_loopback_start(&loopback, &kernel, &(struct mn_loopback_config)MN_LOOPBACK_DEFAULTS);
	(void)uart_vector; /* a volatile read */
	for (;;)
		mn_platform_wait(&kernel, mn_kernel_run_once(&kernel));
}
