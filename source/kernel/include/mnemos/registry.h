/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The registry: services are found by UUID and spoken to in typed messages.
 *
 * A service is a constant descriptor. Its address is its type: a client is connected only
 * if it means the very descriptor that was registered; the same UUID with another
 * descriptor is refused with MN_ETYPE. The typed wrappers of MN_SERVICE make the
 * compiler check requests and responses as well.
 *
 *     // sensor.h, the contract
 *     struct sensor_request { uint8_t channel; };
 *     struct sensor_response { int32_t millivolts; };
 *     MN_SERVICE(sensor, struct sensor_request, struct sensor_response);
 *
 *     // sensor.c, once
 *     const struct mn_service sensor_service = MN_SERVICE_INIT(sensor, "1.0",
 *             MN_UUID(0x..., 0x..., 0x..., 0x..., 0x...));
 *
 *     // a client
 *     MN_TRY(self, sensor_connect(&self->connect, &self->sensor, NULL));
 *     MN_TRY(self, sensor_call(&self->call, &self->sensor, &self->request, &self->response));
 *
 * Services live in a table of fixed size (max_drivers of the configuration); its slots
 * are found through a hash of the UUID. A slot has a generation that changes when its
 * service goes, so a stale handle is answered with MN_EGONE, never by somebody else.
 * Several instances of one service differ by name (two UARTs). Task context only.
 */
#ifndef MNEMOS_REGISTRY_H
#define MNEMOS_REGISTRY_H

#include <mnemos/call.h>
#include <mnemos/timer.h>
#include <mnemos/uuid.h>

struct mn_kernel;

struct mn_service {
	struct mn_uuid uuid;
	const char *name;
	const char *version; /* for people */
	uint16_t request_size;
	uint16_t response_size;
	uint16_t hello_size; /* 0: every client is accepted at once, without a hello */
	bool pinned;         /* requests lend memory to hardware, see call.h */
};

/* A slot of the registry. For readers; the kernel writes it. */
struct mn_registry_slot {
	struct mn_server *server; /* NULL when free */
	const struct mn_service *service;
	const char *instance; /* the registrant's string, or NULL */
	uint32_t generation;  /* changes when the service goes; never 0 in use */
	uint32_t id;          /* service id, new at each registration */
	uint16_t next;        /* in its hash chain, index + 1 */
	uint16_t chain;       /* first of the chain of this slot's own hash value, index + 1 */
};

/* Declares a service: its descriptor, and client handle and wrappers of its types. */
#define MN_SERVICE(service, request_type, response_type)                                      \
	extern const struct mn_service service##_service;                                     \
	typedef request_type service##__request;                                              \
	typedef response_type service##__response;                                            \
	struct service##_client {                                                             \
		struct mn_client client;                                                      \
	};                                                                                    \
	__attribute__((unused)) static inline mn_poll service##_connect(                      \
		struct mn_connect *op, struct service##_client *client, const char *instance) \
	{                                                                                     \
		return mn_connect(op, &client->client, &service##_service, instance, NULL);   \
	}                                                                                     \
	__attribute__((unused)) static inline mn_poll service##_call(                         \
		struct mn_call *op, const struct service##_client *client,                    \
		const request_type *request, response_type *response)                         \
	{                                                                                     \
		return mn_call(op, &client->client, request, response);                       \
	}                                                                                     \
	extern const struct mn_service service##_service

/* The descriptor's initializer; add `.pinned = true` or `.hello_size` behind it if needed. */
#define MN_SERVICE_INIT(service, version_text, ...)                               \
	{                                                                         \
		.uuid = __VA_ARGS__, .name = #service, .version = (version_text), \
		.request_size = sizeof(service##__request),                       \
		.response_size = sizeof(service##__response)                      \
	}

/*
 * Offers a service from the running task, whose frame holds `server`. `instance` may be
 * NULL; the string must stay. Clients that wait for it are woken. The service ends with
 * mn_unregister or with the task. Errors: MN_EEXIST (that instance is registered),
 * MN_EFULL (no slot).
 */
mn_poll mn_register(struct mn_server *server, const struct mn_service *service,
		    const char *instance);

/* Ends a service: calls queued or in service answer MN_EGONE, handles become stale. */
void mn_unregister(struct mn_server *server);

struct mn_connect {
	struct mn_call hello;
	struct mn_wait wait;
	struct mn_list link;
	struct mn_timer patience; /* says in the log what is waited for */
	const struct mn_service *service;
	const char *instance;
	struct mn_client pending; /* the handle while the hello is unanswered */
};

/*
 * Connects `client` to a service, waiting until it is registered. `instance` NULL takes
 * the instance registered first. `hello` is the service's hello, or NULL if it has none;
 * the server may refuse it (MN_EREFUSED or its own code). After a second of waiting the
 * log says for what. Errors: MN_ETYPE, MN_EINVAL (a hello is needed and missing),
 * MN_EGONE (ended during the hello), MN_ECANCELED.
 */
mn_poll mn_connect(struct mn_connect *op, struct mn_client *client,
		   const struct mn_service *service, const char *instance, const void *hello);

/* The same, but MN_ENOTFOUND if it is not registered now. Waits for a hello's answer only. */
mn_poll mn_try_connect(struct mn_connect *op, struct mn_client *client,
		       const struct mn_service *service, const char *instance, const void *hello);

/* Visits every registered service, in slot order; `visit` must not register or end any. */
void mn_registry_each(const struct mn_kernel *kernel,
		      void (*visit)(void *context, const struct mn_registry_slot *slot),
		      void *context);

#endif
