/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "thermometer.h"

#define MN_LOG_TARGET "drivers::thermometer"

/* The data sheet says 30 ms. */
#define LIMIT_US 100000

/* [descriptor] */
const struct mn_service thermometer_service = MN_SERVICE_INIT(
	thermometer, "1.0", MN_UUID(0x3c7b1d1e, 0x55f0, 0x4d0f, 0x9d4e, 0x6a0f27c0b9aa));
/* [end] */

/* [steps] */
/* False if there is no such sensor; then the chip is left alone. */
static bool begin(struct thermometer *self)
{
	const struct thermometer_request *request = mn_request(&self->serving);

	if (request->sensor >= THERMOMETER_SENSORS)
		return false;
	self->registers->control = THERMOMETER_START + request->sensor;
	return true;
}

/* What the chip says now: an interrupt may be left over from an earlier measurement. */
static bool finished(const struct thermometer *self)
{
	return self->registers->status & (THERMOMETER_DONE | THERMOMETER_FAULT);
}

/* `waited` is how the waiting ended. The caller may have given up meanwhile. */
static void answer(struct thermometer *self, mn_poll waited)
{
	if (waited == MN_OK && self->registers->status & THERMOMETER_FAULT)
		waited = MN_EIO;
	if (waited != MN_OK)
		mn_warn("no temperature: %s", mn_error_text(waited));
	if (waited == MN_OK && mn_serving_live(&self->serving)) {
		struct thermometer_response *response = mn_response(&self->serving);

		response->millidegrees = self->registers->value * 125 / 2;
	}
	mn_reply(&self->serving, waited);
}
/* [end] */

/* [body] */
static mn_poll thermometer_run(struct thermometer *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &thermometer_service, self->instance));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		if (!begin(self)) {
			mn_reply(&self->serving, MN_EINVAL);
			continue;
		}
		do {
			MN_AWAIT(self, mn_timeout(&self->limit,
						  mn_irq_wait(&self->wait, &self->irq), LIMIT_US));
		} while (MN_RESULT(self) == MN_OK && !finished(self));
		if (MN_RESULT(self) == MN_ECANCELED)
			MN_RETURN(self, MN_ECANCELED);
		answer(self, MN_RESULT(self));
	}
	MN_END(self);
}

MN_TASK(thermometer);
/* [end] */

/* [start] */
void thermometer_start(struct thermometer *driver, struct mn_kernel *kernel,
		       volatile struct thermometer_registers *registers, const char *instance)
{
	driver->registers = registers;
	driver->instance = instance;
	mn_irq_init(&driver->irq, kernel);
	mn_spawn(kernel, &driver->task, &thermometer_task);
}

void thermometer_interrupt(struct thermometer *driver)
{
	mn_irq_raise(&driver->irq);
}
/* [end] */
