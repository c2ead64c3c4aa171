/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An example: a chip that measures temperatures, as a service. It has three registers and an
 * interrupt. book/write-a-driver.md explains this file, thermometer.c and their test.
 */
#ifndef THERMOMETER_H
#define THERMOMETER_H

#include <mnemos/kernel.h>

/* [contract] */
/* The sensors of one chip. */
#define THERMOMETER_SENSORS 4

/* Asks for a fresh measurement of one sensor. */
struct thermometer_request {
	uint8_t sensor;
};

/* 21.5 degrees Celsius are 21500. */
struct thermometer_response {
	int32_t millidegrees;
};

/*
 * Errors: MN_EINVAL (no such sensor), MN_EIO (the chip reports a fault), MN_ETIMEDOUT (it
 * does not answer). UUID 3c7b1d1e-55f0-4d0f-9d4e-6a0f27c0b9aa.
 */
MN_SERVICE(thermometer, struct thermometer_request, struct thermometer_response);
/* [end] */

/* [device] */
/* The registers, as the chip's data sheet has them. */
struct thermometer_registers {
	uint32_t control; /* THERMOMETER_START + sensor: clears status and begins to measure */
	uint32_t status;  /* the chip sets one of the bits below, and interrupts */
	int32_t value;    /* in 1/16 degrees Celsius; good while status is THERMOMETER_DONE */
};

/* In control, and in status. */
enum { THERMOMETER_START = 0x100, THERMOMETER_DONE = 1, THERMOMETER_FAULT = 2 };
/* [end] */

/* [driver] */
/* The driver of one chip: all the memory it needs. */
struct thermometer {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_irq irq;
	struct mn_irq_wait wait;
	struct mn_timeout limit;
	volatile struct thermometer_registers *registers;
	const char *instance;
};

/* Start-up: `driver` is zeroed and stays; `instance` may be NULL, or is a text that stays. */
void thermometer_start(struct thermometer *driver, struct mn_kernel *kernel,
		       volatile struct thermometer_registers *registers, const char *instance);

/* For the platform's interrupt handler. */
void thermometer_interrupt(struct thermometer *driver);
/* [end] */

#endif
