/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The registry: a fixed table of slots, found through chained hashing.
 *
 * Invariant: a slot is in use exactly while its server is not NULL, and then it is in
 * the chain of its UUID's hash. Entries of a chain are in the order of registration.
 */
#include <string.h>
#include <mnemos/operation.h>
#include "internal.h"

#define MN_LOG_TARGET "kernel::registry"

/* How long a connect waits before the log says for what. */
#define PATIENCE_US 1000000

static unsigned hash(const struct mn_kernel *kernel, const struct mn_uuid *uuid)
{
	uint32_t word; /* UUIDs are random: any word of one is a hash */

	memcpy(&word, uuid->bytes, sizeof word);
	return word % kernel->max_services;
}

static bool same_instance(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The slot behind a link of a chain (index + 1), or NULL at its end. */
static struct mn_registry_slot *slot_at(const struct mn_kernel *kernel, uint16_t link)
{
	return link ? &kernel->services[link - 1] : NULL;
}

/*
 * The slot of a service; any instance if `any`. Descriptors are told apart by address;
 * `*mismatch` becomes true if another one has the same UUID.
 */
static struct mn_registry_slot *find(const struct mn_kernel *kernel,
				     const struct mn_service *service, const char *instance,
				     bool any, bool *mismatch)
{
	struct mn_registry_slot *slot;

	if (kernel->max_services == 0)
		return NULL;
	slot = slot_at(kernel, kernel->services[hash(kernel, &service->uuid)].chain);
	for (; slot; slot = slot_at(kernel, slot->next)) {
		if (slot->service == service) {
			if (any || same_instance(slot->instance, instance))
				return slot;
		} else if (mn_uuid_equal(&slot->service->uuid, &service->uuid)) {
			*mismatch = true;
		}
	}
	return NULL;
}

static struct mn_registry_slot *free_slot(const struct mn_kernel *kernel)
{
	for (unsigned i = 0; i < kernel->max_services; i++)
		if (!kernel->services[i].server)
			return &kernel->services[i];
	return NULL;
}

static void chain_append(struct mn_kernel *kernel, struct mn_registry_slot *slot)
{
	uint16_t *link = &kernel->services[hash(kernel, &slot->service->uuid)].chain;

	while (*link)
		link = &kernel->services[*link - 1].next;
	*link = (uint16_t)(slot - kernel->services + 1);
	slot->next = 0;
}

static void chain_remove(struct mn_kernel *kernel, struct mn_registry_slot *slot)
{
	uint16_t *link = &kernel->services[hash(kernel, &slot->service->uuid)].chain;

	while (&kernel->services[*link - 1] != slot)
		link = &kernel->services[*link - 1].next;
	*link = slot->next;
}

static void wake_connects(struct mn_kernel *kernel, const struct mn_service *service)
{
	for (struct mn_list *node = kernel->connects.next; node != &kernel->connects;
	     node = node->next) {
		struct mn_connect *op = MN_CONTAINER(node, struct mn_connect, link);

		if (mn_uuid_equal(&op->service->uuid, &service->uuid))
			mn__wake(kernel, op->wait.task);
	}
}

/* Few servers can do anything about it but end: so this is where somebody is told. */
static mn_poll not_registered(const struct mn_service *service, mn_poll why)
{
	mn_warn("%s is not registered: %s", service->name,
		why == MN_EFULL ? "the registry is full, raise max_drivers" : mn_error_text(why));
	return why;
}

mn_poll mn_register(struct mn_server *server, const struct mn_service *service,
		    const char *instance)
{
	struct mn_kernel *kernel = mn_running;
	struct mn_registry_slot *slot;
	bool mismatch = false;

	if (find(kernel, service, instance, false, &mismatch) || mismatch)
		return not_registered(service, MN_EEXIST);
	slot = free_slot(kernel);
	if (!slot)
		return not_registered(service, MN_EFULL);
	*server = (struct mn_server){
		.task = kernel->current, .service = service, .slot = slot, .parked = MN__NOBODY};
	mn_list_init(&server->queue);
	kernel->current->frame.flags |= MN__TASK_SERVER;
	slot->server = server;
	slot->service = service;
	slot->instance = instance;
	slot->id = ++kernel->registry_id;
	chain_append(kernel, slot);
	MN__EVENT(kernel, register, slot);
	wake_connects(kernel, service);
	return MN_OK;
}

void mn_unregister(struct mn_server *server)
{
	struct mn_kernel *kernel = mn_running;
	struct mn_registry_slot *slot = server->slot;

	if (!slot)
		return;
	MN__EVENT(kernel, value, MN_TRACE_CLOSE, slot->id);
	chain_remove(kernel, slot);
	slot->server = NULL;
	slot->generation += slot->generation == UINT32_MAX ? 2 : 1;
	server->slot = NULL;
	mn__server_drop(server);
}

void mn__registry_task_ended(struct mn_kernel *kernel, const struct mn_task *task)
{
	for (unsigned i = 0; i < kernel->max_services; i++) {
		struct mn_server *server = kernel->services[i].server;

		if (server && server->task == task)
			mn_unregister(server);
	}
}

/* Somebody starts to watch: every call goes the slow way from now on. */
void mn__registry_watch(struct mn_kernel *kernel)
{
	for (unsigned i = 0; i < kernel->max_services; i++)
		if (kernel->services[i].server)
			kernel->services[i].server->parked = MN__NOBODY;
}

void mn_registry_each(const struct mn_kernel *kernel,
		      void (*visit)(void *context, const struct mn_registry_slot *slot),
		      void *context)
{
	for (unsigned i = 0; i < kernel->max_services; i++)
		if (kernel->services[i].server)
			visit(context, &kernel->services[i]);
}

bool mn__registry_has(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	const struct mn_connect *op = MN_CONTAINER((uintptr_t)wait, struct mn_connect, wait);
	bool mismatch = false;

	return find(kernel, op->service, op->instance, op->instance == NULL, &mismatch);
}

static uint32_t slot_offset(const struct mn_registry_slot *slot)
{
	return (uint32_t)((const char *)slot - (const char *)mn_running->services);
}

static mn_poll connected(struct mn_client *client, struct mn_registry_slot *slot)
{
	*client = (struct mn_client){
		.slot = slot_offset(slot),
		.generation = slot->generation,
		.id = ++mn_running->registry_id,
	};
	MN__EVENT(mn_running, values, MN_TRACE_CONNECT, client->id, slot->id);
	return MN_OK;
}

/* Ends the wait for a service to appear, if one is under way. */
static mn_poll connect_leave(struct mn_connect *op, mn_poll how)
{
	if (mn_wait_active(&op->wait)) {
		mn_list_remove(&op->link);
		mn_timer_disarm(&op->patience);
		mn_wait_end(&op->wait);
	}
	return how;
}

static mn_poll connect_waiting(struct mn_connect *op)
{
	if (!mn_wait_active(&op->wait)) {
		mn_wait_begin(&op->wait, MN_WAIT_CONNECT, op->service);
		mn_list_push(&mn_running->connects, &op->link);
		mn_timer_arm(&op->patience, mn_now_us() + PATIENCE_US);
		op->wait.state = 0;
	} else if (!mn_timer_armed(&op->patience) && !op->wait.state) {
		op->wait.state = 1; /* said once */
		mn_info("task %s #%u waits for service %s%s%s, which is not registered",
			mn_self()->type->name, (unsigned)mn_self()->id, op->service->name,
			op->instance ? "/" : "", op->instance ? op->instance : "");
	}
	return mn_wait_park(&op->wait);
}

/* The hello goes out through a handle that is not yet the client's. */
static mn_poll connect_hello(struct mn_connect *op, struct mn_client *client, const void *hello)
{
	const mn_poll answer = mn_call(&op->hello, &op->pending, hello, NULL);

	if (answer != MN_OK)
		return answer;
	if (mn__slot(mn_running, &op->pending)->generation != op->pending.generation)
		return MN_EGONE; /* it has ended since, and somebody else may be there */
	return connected(client, mn__slot(mn_running, &op->pending));
}

static mn_poll connect_to(struct mn_connect *op, struct mn_client *client,
			  struct mn_registry_slot *slot, const void *hello)
{
	if (op->service->hello_size == 0)
		return connected(client, slot);
	if (!hello)
		return MN_EINVAL;
	op->pending = (struct mn_client){.slot = slot_offset(slot), .generation = slot->generation};
	return connect_hello(op, client, hello);
}

mn_poll mn_try_connect(struct mn_connect *op, struct mn_client *client,
		       const struct mn_service *service, const char *instance, const void *hello)
{
	struct mn_registry_slot *slot;
	bool mismatch = false;

	if (op->hello.wait.kind != MN_CALL_IDLE)
		return connect_hello(op, client, hello);
	op->service = service;
	op->instance = instance;
	slot = find(mn_running, service, instance, instance == NULL, &mismatch);
	if (slot)
		return connect_leave(op, connect_to(op, client, slot, hello));
	if (!mismatch)
		return MN_ENOTFOUND;
	mn_warn("service %s: registered with another descriptor, connection refused",
		service->name);
	return connect_leave(op, MN_ETYPE);
}

mn_poll mn_connect(struct mn_connect *op, struct mn_client *client,
		   const struct mn_service *service, const char *instance, const void *hello)
{
	const mn_poll found = mn_try_connect(op, client, service, instance, hello);

	if (found != MN_ENOTFOUND)
		return found;
	if (mn_wait_canceled())
		return connect_leave(op, MN_ECANCELED);
	return connect_waiting(op);
}
