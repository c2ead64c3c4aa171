/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Typed events as text: for the local log, which shows the same as the host sees. */
#include <stdio.h>
#include <string.h>
#include "trace_internal.h"

/* A longer line is cut. */
#define TEXT_MAX 200

/* ---- Texts for the wire ------------------------------------------------------------ */

#define CUT "..."
#define CUT_LEN (sizeof CUT - 1)

/* Bytes of the character that begins here, by its first byte; 0: none begins so. */
static size_t character_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Bytes of a character, or 0 if it is not one (Unicode 15, table 3-7). */
static size_t character_at(const char *text, size_t len)
{
	const unsigned char *in = (const unsigned char *)text;
	const size_t size = character_size(in[0]);

	if (size > len)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((in[i] & 0xc0) != 0x80)
			return 0;
	if ((in[0] == 0xe0 && in[1] < 0xa0) || (in[0] == 0xed && in[1] > 0x9f) ||
	    (in[0] == 0xf0 && in[1] < 0x90) || (in[0] == 0xf4 && in[1] > 0x8f))
		return 0;
	return size;
}

size_t mn__trace_clean(char *text, size_t len, bool was_cut)
{
	const size_t most = was_cut ? len - CUT_LEN : len;
	size_t at = 0;

	while (at < len) {
		const size_t size = character_at(text + at, len - at);

		if (was_cut && at + (size ? size : 1) > most)
			break;
		if (size == 0)
			text[at] = '?';
		at += size ? size : 1;
	}
	if (!was_cut)
		return len;
	memcpy(text + at, CUT, CUT_LEN);
	return at + CUT_LEN;
}

/* ---- Lines for the log ------------------------------------------------------------- */

struct line {
	size_t len;
	char text[TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	const size_t room = sizeof line->text - line->len;
	va_list args;

	va_start(args, format);
	const int n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* In two halves where it must be: not every printf has 64 bits. */
static void add_number(struct line *line, uint64_t number)
{
	if (number <= UINT32_MAX)
		add(line, "%lu", (unsigned long)number);
	else
		add(line, "0x%lx%08lx", (unsigned long)(number >> 32),
		    (unsigned long)(number & UINT32_MAX));
}

static void add_signed(struct line *line, int64_t number)
{
	if (number < 0)
		add(line, "-");
	add_number(line, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* Thousandths, without floating point: not every processor has it. Large ones as their bits. */
static void add_double(struct line *line, uint64_t bits)
{
	const unsigned exponent = bits >> 52 & 0x7ff; /* of 1.0: 1023 */
	const uint64_t mantissa = bits % (UINT64_C(1) << 52) + (UINT64_C(1) << 52);
	const unsigned shift = 52 + 1023 - exponent; /* bits behind the point */

	if (exponent > 1023 + 31) {
		add(line, "0x%08lx%08lx", (unsigned long)(bits >> 32),
		    (unsigned long)(bits & UINT32_MAX));
		return;
	}
	/* What is so small that it has no bits left here is 0.000. */
	const uint64_t whole = shift < 64 ? mantissa >> shift : 0;
	const uint64_t rest = shift < 64 ? mantissa - (whole << shift) : 0;
	const unsigned thousandths = shift < 64 ? (rest >> 10) * 1000 >> (shift - 10) : 0;

	add(line, "%s%lu.%03u", bits >> 63 ? "-" : "", (unsigned long)whole, thousandths);
}

static const char *task_name(const struct mn_kernel *kernel, uint64_t id)
{
	const struct mn_list *node = kernel->tasks.next;

	for (; node != &kernel->tasks; node = node->next) {
		const struct mn_task *task = MN_CONTAINER((uintptr_t)node, struct mn_task, all);

		if (task->id == id)
			return task->type->name;
	}
	return NULL;
}

static const char *service_name(const struct mn_kernel *kernel, uint64_t id)
{
	for (unsigned i = 0; i < kernel->max_services; i++)
		if (kernel->services[i].server && kernel->services[i].id == id)
			return kernel->services[i].service->name;
	return NULL;
}

/* Behind an id of the kernel's events: whose it is. */
static void add_name(struct line *line, const struct mn_kernel *kernel, const char *field,
		     uint64_t id)
{
	const char *name = NULL;

	if (strcmp(field, "task") == 0 || strcmp(field, "holder") == 0)
		name = task_name(kernel, id);
	if (strcmp(field, "service") == 0)
		name = service_name(kernel, id);
	if (name)
		add(line, " %s", name);
}

static void add_value(struct line *line, uint8_t type, uint64_t value)
{
	switch (type) {
	case MN_FIELD_SIGNED:
		add_signed(line, (int64_t)value);
		break;
	case MN_FIELD_DOUBLE:
		add_double(line, value);
		break;
	case MN_FIELD_BOOL:
		add(line, "%s", value ? "true" : "false");
		break;
	case MN_FIELD_TEXT:
	case MN_FIELD_COPY:
		add(line, "%s", value ? (const char *)(uintptr_t)value : "");
		break;
	case MN_FIELD_POINTER:
		add(line, "0x%lx", (unsigned long)value);
		break;
	default:
		add_number(line, value);
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Where the last name of a member such as self->rx.len begins; of all else the beginning. */
static size_t last_name(const char *text)
{
	size_t from = 0;

	if (!is_letter(*text))
		return 0;
	for (size_t i = 0; text[i]; i++) {
		const bool arrow = text[i] == '-' && text[i + 1] == '>';

		if (arrow || text[i] == '.')
			from = i += arrow;
		else if (!is_letter(text[i]) && !(text[i] >= '0' && text[i] <= '9'))
			return 0;
	}
	return from ? from + 1 : 0;
}

struct mn_trace_text mn_site_field(const struct mn_log_site *site, unsigned field)
{
	if (site->kind == MN_SITE_LOG)
		return (struct mn_trace_text){"message", 7};
	const char *name = site->fields[field].name;

	name += last_name(name);
	return (struct mn_trace_text){name, strlen(name)};
}

/* Through the sink's own format: one text. */
__attribute__((format(printf, 3, 4))) static void
say(const struct mn_kernel *kernel, const struct mn_log_site *site, const char *format, ...)
{
	const struct mn_log_site as_text = {
		.target = site->target,
		.file = site->file,
		.format = format,
		.line = site->line,
		.level = site->level,
	};
	va_list args;

	va_start(args, format);
	kernel->log(kernel->log_context, &as_text, args);
	va_end(args);
}

/* Of the kernel's own: addresses, and what says that there is none. */
static bool is_left_out(const struct mn_log_field *field, uint64_t value)
{
	if (field->type == MN_FIELD_POINTER)
		return true;
	return value == 0 &&
	       (field->type == MN_FIELD_COPY || strcmp(field->name, "service") == 0 ||
		strcmp(field->name, "holder") == 0 || strcmp(field->name, "cause") == 0);
}

/* Of the kernel's own no addresses: the same seed gives the same log in every process. */
void mn__trace_print(const struct mn_kernel *kernel, const struct mn_log_site *site,
		     const uint64_t *values, bool of_kernel)
{
	struct line line = {.len = 0};

	if (of_kernel && kernel->current)
		add(&line, "%s #%u: ", kernel->current->type->name, (unsigned)kernel->current->id);
	add(&line, "%s", site->format);
	for (unsigned i = 0; i < site->field_count; i++) {
		const struct mn_trace_text name = mn_site_field(site, i);

		if (of_kernel && is_left_out(&site->fields[i], values[i]))
			continue;
		add(&line, ", %.*s=", (int)name.len, name.data);
		add_value(&line, site->fields[i].type, values[i]);
		if (of_kernel)
			add_name(&line, kernel, site->fields[i].name, values[i]);
	}
	say(kernel, site, "%s", line.text);
}
