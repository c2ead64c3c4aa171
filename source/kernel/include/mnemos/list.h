/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A doubly linked list through its members. The head is a node of its own, so that
 * insertion and removal have no special cases. Task context only, O(1) throughout.
 */
#ifndef MNEMOS_LIST_H
#define MNEMOS_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A head or a node. */
struct mn_list {
	struct mn_list *next, *prev;
};

/* The struct that contains `member` at address `ptr`. */
#define MN_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Makes a head empty. Needed once before use. */
static inline void mn_list_init(struct mn_list *head)
{
	head->next = head->prev = head;
}

/* Whether a head has no node. */
static inline bool mn_list_empty(const struct mn_list *head)
{
	return head->next == head;
}

/* Adds a node, which must be in no list, at the end. */
static inline void mn_list_push(struct mn_list *head, struct mn_list *node)
{
	struct mn_list *last = head->prev;

	node->next = head;
	node->prev = last;
	last->next = node;
	head->prev = node;
}

/* Takes a node out of the list it is in. Its own links are left stale. */
static inline void mn_list_remove(struct mn_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

#endif
