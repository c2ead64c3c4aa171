/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls: request and reply between tasks, without copies and without allocation.
 *
 * A call is a rendezvous. The caller's own node, its request and its response stay where
 * they are, in the caller's frame; the server is handed pointers, answers, and lets go.
 *
 *             1 call              2 serve              3 reply
 *     idle ----------> queued --------------> serving ----------> done -> idle
 *                        | 4 cancelled           | 5 cancelled: the server's slot is
 *                        v                       v   emptied ("revoked"), the server woken
 *                       idle                    idle
 *
 * So a cancelled or timed-out caller goes on at once, even if the server hangs. The
 * server touches request and response only through its slot, and looks again after each
 * of its own waits (mn_serving_live), because the call may have gone meanwhile. A
 * service whose requests lend memory to hardware is `pinned`: then, at 5, the slot is
 * only marked, and the caller stays until the server, which is woken, replies.
 *
 * If the server ends or unregisters, every call queued or in service answers MN_EGONE.
 * Each call in service gets exactly one mn_reply; a second one panics.
 *
 * A server in full:
 *
 *     struct adder { struct mn_task task; struct mn_server server; struct mn_serving serving; };
 *
 *     static mn_poll adder_run(struct adder *self)
 *     {
 *             MN_BEGIN(self);
 *             MN_TRY(self, mn_register(&self->server, &adder_service, NULL));
 *             for (;;) {
 *                     MN_TRY(self, mn_serve(&self->serving, &self->server));
 *                     const struct adder_request *q = mn_request(&self->serving);
 *                     struct adder_response *p = mn_response(&self->serving);
 *                     p->sum = q->a + q->b;
 *                     mn_reply(&self->serving, MN_OK);
 *             }
 *             MN_END(self);
 *     }
 *
 * Task context only. Cost: about a hundred instructions for the round trip of both.
 */
#ifndef MNEMOS_CALL_H
#define MNEMOS_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <mnemos/list.h>
#include <mnemos/wait.h>

struct mn_service;
struct mn_registry_slot;

/* A client's handle, from mn_connect. May be copied; each copy counts as the same client. */
struct mn_client {
	uint32_t slot;       /* where the service's slot is in the registry's table, in bytes */
	uint32_t generation; /* of the slot when connected; a stale one answers MN_EGONE */
	uint32_t id;         /* assigned by the kernel; 0: not connected */
};

/* Where a call stands is the kind of its wait; the transitions are drawn above. */
enum mn_call_state {
	MN_CALL_IDLE = MN_WAIT_NONE,
	MN_CALL_QUEUED = MN_WAIT_QUEUED,
	MN_CALL_SERVING = MN_WAIT_CALL,
	MN_CALL_DONE = MN_WAIT_OVER /* plus the result: MN_CALL_DONE + MN_OK, ... */
};

/* A call under way, in the caller's frame. For readers; the kernel writes it. */
struct mn_call {
	struct mn_wait wait; /* wait.kind is an enum mn_call_state; wait.on the client */
	uint32_t id;         /* request id: unique in the kernel, odd; the response's is id - 1 */
	uint32_t cause;      /* id of the message whose handling led to this call, or 0 */
	const void *request;
	void *response;
	union {
		struct mn_list link;        /* queued: in the server's queue */
		struct mn_serving *serving; /* in service: the slot that holds it */
	};
};

/* What a service offers while it is registered, in its server's frame. */
struct mn_server {
	struct mn_task *task; /* first, see wait.h: who serves */
	const struct mn_service *service;
	struct mn_registry_slot *slot; /* NULL when not registered */
	struct mn_list queue;          /* calls not yet taken */
	struct mn_serving *parked;     /* see fast.h */
	struct mn_serving *slots;      /* all slots used with this server */
};

/*
 *     free -> parked -> handed -> busy -> free      a call came while the server waited
 *     free -> busy -> free                          a call was queued
 *     busy -> revoked -> free                       the caller took it back; mn_reply frees
 *     handed -> parked                              ... before the server had seen it
 */
enum mn_serving_state {
	MN_SERVING_FREE,
	MN_SERVING_PARKED,
	MN_SERVING_HANDED,
	MN_SERVING_BUSY,
	MN_SERVING_WATCHED, /* busy, and the reply is an event to report */
	MN_SERVING_REVOKED
};

/*
 * Holds one call in service. A server that works on several calls at once has several.
 * It must live as long as its server, zeroed at first.
 */
struct mn_serving {
	struct mn_wait wait;  /* wait.state is an enum mn_serving_state; wait.on the server */
	struct mn_call *call; /* when busy; when revoked: the call if it is pinned, else NULL */
	struct mn_server *server;
	struct mn_serving *next; /* in server->slots */
};

/*
 * Calls a service and waits for its reply. Request and response are as the service's
 * contract says (its typed wrapper checks that), and stay the caller's memory, lent until
 * this has ended. Answers what the server replied; or MN_EGONE, MN_ECANCELED.
 */
static inline mn_poll mn_call(struct mn_call *call, const struct mn_client *client,
			      const void *request, void *response);

/*
 * Waits for the next call, first come first served, and puts it into `serving`, which
 * must be free. Errors: MN_ECLOSED when the server is no longer registered, MN_ECANCELED.
 * What was taken needs a reply, also if it is revoked; as the second operation of a race it can be
 * before the race has ended.
 */
static inline mn_poll mn_serve(struct mn_serving *serving, struct mn_server *server);

/* The same without waiting: MN_EEMPTY if there is no call. */
mn_poll mn_try_serve(struct mn_serving *serving, struct mn_server *server);

/* Answers the call with a code (never MN_PENDING) and frees the slot. No-op if revoked. */
static inline void mn_reply(struct mn_serving *serving, mn_poll result);

/*
 * Whether the caller still wants the answer; test it after each wait between mn_serve and
 * mn_reply. False: request and response must not be touched any more; mn_reply frees the
 * slot. For a pinned service it says false while the memory is still lent: let go of it,
 * then reply. The running task then works on behalf of this call, which is the cause of
 * whatever it sends next.
 */
bool mn_serving_live(struct mn_serving *serving);

/* The request and response of a live call, of the types in the service's contract. */
static inline const void *mn_request(const struct mn_serving *serving)
{
	return serving->call->request;
}

static inline void *mn_response(const struct mn_serving *serving)
{
	return serving->call->response;
}

/* True if what was taken is a hello: reply MN_OK to accept, or an error to refuse. */
static inline bool mn_serving_hello(const struct mn_serving *serving)
{
	return ((const struct mn_client *)serving->call->wait.on)->id == 0;
}

/* The inline parts of this header are in fast.h, behind what they need. */
#include <mnemos/kernel.h>

#endif
