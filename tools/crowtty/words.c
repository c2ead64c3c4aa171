/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "words.h"

static void add_list(struct words *words, const char *format, va_list list)
{
	size_t room = sizeof words->text - 1 - words->len;
	char *more = NULL;
	int len = vasprintf(&more, format, list);
	memory_check(len < 0 ? NULL : more);
	size_t used = (size_t)len < room ? (size_t)len : room;
	memcpy(words->text + words->len, more, used);
	words->len += used;
	words->text[words->len] = '\0';
	free(more);
}

void words_add(struct words *words, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	add_list(words, format, list);
	va_end(list);
}

static const char *name_of(const struct model *model, uint32_t id)
{
	const struct model_task *task = model_task(model, id);
	return task && strcmp(task->name, "?") != 0 ? task->name : "task";
}

void words_add_task(struct words *words, const struct model *model, uint32_t id)
{
	words_add(words, "%s #%" PRIu32, name_of(model, id), id);
}

void words_add_time(struct words *words, uint64_t ns)
{
	uint64_t s = ns / 1000000000;
	if (s < 2)
		words_add(words, "%" PRIu64 " ms", ns / 1000000);
	else if (s < 120)
		words_add(words, "%" PRIu64 " s", s);
	else if (s < 7200)
		words_add(words, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		words_add(words, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
}

void words_add_size(struct words *words, uint64_t bytes)
{
	static const char units[] = " KMGT";
	double value = (double)bytes;
	int unit = 0;
	for (; value >= 9999.5 && unit < 4; unit++)
		value /= 1024;
	if (unit == 0)
		words_add(words, "%" PRIu64, bytes);
	else
		words_add(words, "%.*f%c", value < 9.95 ? 1 : 0, value, units[unit]);
}

static void add_object(struct words *words, const struct model_wait *wait)
{
	if (wait->name[0])
		words_add(words, " %s", wait->name);
	else if (wait->on)
		words_add(words, " 0x%" PRIx64, wait->on);
}

/* A call is to a service, and people know its task. */
static void add_call(struct words *words, const struct model *model, const struct model_wait *wait)
{
	words_add(words, "%s ", wait->what);
	words_add_task(words, model, wait->holder);
	if (wait->name[0] && strcmp(wait->name, name_of(model, wait->holder)) != 0)
		words_add(words, " (service %s)", wait->name);
}

void words_add_wait(struct words *words, const struct model *model, const struct model_wait *wait)
{
	bool is_join = strcmp(wait->what, "the end of task") == 0;
	bool is_call =
		strcmp(wait->what, "a reply from") == 0 || strcmp(wait->what, "its turn at") == 0;
	if (wait->holder && is_call) {
		add_call(words, model, wait);
	} else if (wait->holder && is_join) {
		words_add(words, "the end of ");
		words_add_task(words, model, wait->holder);
	} else {
		words_add(words, "%s", wait->what[0] ? wait->what : "something");
		add_object(words, wait);
		if (wait->holder) {
			words_add(words, strncmp(wait->what, "room in", 7) == 0 ? " read by "
										: " held by ");
			words_add_task(words, model, wait->holder);
		}
	}
	if (wait->holder_ended)
		words_add(words, " held by a task that has ended");
}
