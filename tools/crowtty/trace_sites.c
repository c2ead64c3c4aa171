/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <search.h>
#include <string.h>

#include "memory.h"
#include "trace_sites.h"

/* Of one in a tree and in a map. */
#define OVERHEAD 128

/*
 * The kernel's own.
 */

struct known {
	const char *target, *name;
	uint32_t field_count;
	const char *fields[8];
};

#define COUNT(...) (sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))

static const struct known knowns[MN_TRACE_KNOWN_COUNT] = {
#define KNOWN(event, target, name, level, ...) \
	[event] = {target, name, COUNT(__VA_ARGS__), {__VA_ARGS__}},
	MN_TRACE_EVENT_LIST(KNOWN)
#undef KNOWN
};

static bool has_fields(const struct trace_site *site, const struct known *known)
{
	if (site->field_count < known->field_count)
		return false;
	for (uint32_t i = 0; i < known->field_count; i++)
		if (strcmp(site->fields[i], known->fields[i]) != 0)
			return false;
	return true;
}

static enum mn_trace_known recognise(const struct trace_site *site)
{
	if (!site->is_event || strncmp(site->target, "kernel::", 8) != 0)
		return MN_TRACE_KNOWN_COUNT;
	for (size_t i = 0; i < MN_TRACE_KNOWN_COUNT; i++)
		if (strcmp(site->target, knowns[i].target) == 0 &&
		    strcmp(site->name, knowns[i].name) == 0 && has_fields(site, &knowns[i]))
			return (enum mn_trace_known)i;
	return MN_TRACE_KNOWN_COUNT;
}

/*
 * Call sites: struct, names of fields and all characters are one piece of memory.
 */

struct kept_site {
	struct trace_site site;
	size_t chars_len;
	const char *chars;
};

static size_t chars_of(const struct mn_trace_meta *meta)
{
	size_t len = meta->name.len + meta->target.len + meta->module_path.len + meta->file.len + 4;
	for (uint32_t i = 0; i < meta->field_count; i++)
		len += meta->fields[i].len + 1;
	return len;
}

/* Appends a text with its zero; NULL stays NULL. */
static const char *append(char **end, struct mn_trace_text text)
{
	char *start = *end;
	if (text.data && text.len > 0)
		memcpy(start, text.data, text.len);
	start[text.len] = '\0';
	*end += text.len + 1;
	return text.data ? start : NULL;
}

static struct kept_site *make_site(const struct mn_trace_meta *meta)
{
	size_t chars = chars_of(meta);
	size_t names = meta->field_count * sizeof(char *);
	struct kept_site *kept = memory_get_zeroed(sizeof *kept + names + chars);
	const char **fields = (const char **)(kept + 1);
	char *end = (char *)(kept + 1) + names;
	kept->chars = end;
	kept->chars_len = chars;
	struct trace_site *site = &kept->site;
	site->id = meta->id;
	site->name = append(&end, meta->name);
	site->target = append(&end, meta->target);
	site->module_path = append(&end, meta->module_path);
	site->file = append(&end, meta->file);
	site->line = meta->has_line ? meta->line : 0;
	site->level = meta->level;
	site->is_span = meta->is_span;
	site->is_event = meta->is_event;
	site->field_count = meta->field_count;
	site->fields = fields;
	for (uint32_t i = 0; i < meta->field_count; i++)
		fields[i] = append(&end, meta->fields[i]);
	site->known = recognise(site);
	return kept;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_sites(const void *left, const void *right)
{
	const struct kept_site *l = left, *r = right;
	const struct trace_site *a = &l->site, *b = &r->site;
	int by_id = compare(a->id, b->id);
	int by_place = compare(a->line, b->line);
	int by_len = compare(l->chars_len, r->chars_len);
	/* The same characters could be cut up in another way, if some are zeros. */
	int by_kind = compare((uint64_t)a->level << 10 | (uint64_t)a->field_count << 2 |
				      (uint64_t)a->is_span << 1 | (uint64_t)a->is_event,
			      (uint64_t)b->level << 10 | (uint64_t)b->field_count << 2 |
				      (uint64_t)b->is_span << 1 | (uint64_t)b->is_event);
	if (by_id || by_place || by_len || by_kind)
		return by_id ? by_id : by_place ? by_place : by_len ? by_len : by_kind;
	int by_null = compare(!a->file + 2u * !a->module_path, !b->file + 2u * !b->module_path);
	return by_null ? by_null : memcmp(l->chars, r->chars, l->chars_len);
}

static bool has_room(const struct trace_sites *sites, size_t size)
{
	return size <= TRACE_KEPT_MAX && sites->kept <= TRACE_KEPT_MAX - size;
}

const struct trace_site *trace_sites_register(struct trace_sites *sites,
					      const struct mn_trace_meta *meta)
{
	size_t size = OVERHEAD + sizeof(struct kept_site) + chars_of(meta);
	if (!has_room(sites, size))
		return NULL;
	struct kept_site *kept = make_site(meta);
	struct kept_site **at = memory_check(tsearch(kept, &sites->all_sites, compare_sites));
	if (*at != kept)
		free(kept);
	else
		sites->kept += size;
	map_put(&sites->sites, meta->id, *at);
	return &(*at)->site;
}

const struct trace_site *trace_sites_get(const struct trace_sites *sites, uint64_t id)
{
	struct kept_site *kept = map_get(&sites->sites, id);
	return kept ? &kept->site : NULL;
}

/*
 * Texts.
 */

struct kept_text {
	struct mn_trace_text text;
	uint64_t id;
	char chars[];
};

static int compare_texts(const void *left, const void *right)
{
	const struct kept_text *a = left, *b = right;
	int by_id = compare(a->id, b->id), by_len = compare(a->text.len, b->text.len);
	if (by_id || by_len)
		return by_id ? by_id : by_len;
	return memcmp(a->chars, b->chars, a->text.len);
}

const char *trace_texts_register(struct trace_sites *sites,
				 const struct mn_trace_register_text *text)
{
	size_t size = OVERHEAD + sizeof(struct kept_text) + text->text.len;
	if (!has_room(sites, size))
		return NULL;
	struct kept_text *kept = memory_get(sizeof *kept + text->text.len + 1);
	kept->id = text->id;
	kept->text = (struct mn_trace_text){kept->chars, text->text.len};
	memcpy(kept->chars, text->text.data, text->text.len);
	kept->chars[text->text.len] = '\0';
	struct kept_text **at = memory_check(tsearch(kept, &sites->all_texts, compare_texts));
	if (*at != kept)
		free(kept);
	else
		sites->kept += size;
	map_put(&sites->texts, text->id, *at);
	return (*at)->chars;
}

const struct mn_trace_text *trace_texts_get(const struct trace_sites *sites, uint64_t id)
{
	struct kept_text *kept = map_get(&sites->texts, id);
	return kept ? &kept->text : NULL;
}

void trace_sites_clear(struct trace_sites *sites)
{
	tdestroy(sites->all_sites, free);
	tdestroy(sites->all_texts, free);
	map_clear(&sites->sites);
	map_clear(&sites->texts);
	*sites = (struct trace_sites){0};
}
