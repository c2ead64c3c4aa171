/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "memory.h"
#include "view_template.h"
#include "view_write.h"

/* Everything in the page's data: the JSON, then the columns. */
struct data {
	struct bytes json, columns, list; /* list: of the columns, JSON */
};

static void print(struct bytes *json, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void print(struct bytes *json, const char *format, ...)
{
	char text[200];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	bytes_put(json, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

static void print_text(struct bytes *json, const char *text, size_t len)
{
	bytes_put(json, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			print(json, "\\%c", c);
		else if (c < 0x20)
			print(json, "\\u%04x", c);
		else
			bytes_put(json, &text[i], 1);
	}
	bytes_put(json, "\"", 1);
}

/* A reference to a text. */
static void print_ref(struct bytes *json, const char *key, uint32_t number)
{
	if (number != HISTORY_NONE)
		print(json, ",\"%s\":%" PRIu32, key, number);
}

static void print_texts(struct bytes *json, const struct history *history)
{
	print(json, ",\"texts\":[");
	for (uint32_t i = 0; i < history->texts.count; i++) {
		size_t len;
		const char *text = pool_get(&history->texts, i, &len);
		print(json, i ? "," : "");
		print_text(json, text, len);
	}
	print(json, "]");
}

static void print_wait_set(struct bytes *json, const struct history *history, uint32_t number)
{
	size_t len;
	const uint8_t *set = pool_get(&history->waits, number, &len);
	print(json, "%s[", number ? "," : "");
	for (size_t at = 0; at < len; at += sizeof(struct history_wait)) {
		struct history_wait wait;
		memcpy(&wait, set + at, sizeof wait);
		print(json, "%s{\"holder\":%" PRIu32, at ? "," : "", wait.holder);
		print_ref(json, "what", wait.what);
		print_ref(json, "service", wait.service);
		print_ref(json, "serviceId", wait.service_id ? wait.service_id : HISTORY_NONE);
		if (wait.on)
			print(json, ",\"on\":\"0x%" PRIx64 "\"", wait.on);
		print(json, "}");
	}
	print(json, "]");
}

static void print_track(struct bytes *json, const struct track *track)
{
	static const char *const kinds[] = {
		[TRACK_TASK] = "task", [TRACK_IRQ] = "interrupt", [TRACK_QUEUE] = "queue"};
	print(json, "{\"kind\":\"%s\",\"id\":%" PRIu32 ",\"size\":%" PRIu32, kinds[track->kind],
	      track->id, track->size);
	print_ref(json, "name", track->name);
	print_ref(json, "file", track->file);
	print(json, "%s}", track->carrier ? ",\"carrier\":true" : "");
}

static void print_lists(struct bytes *json, const struct history *history)
{
	print(json, ",\"waits\":[");
	for (uint32_t i = 0; i < history->waits.count; i++)
		print_wait_set(json, history, i);
	print(json, "],\"tracks\":[");
	struct track **tracks = (void *)history->tracks.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->tracks, struct track *); i++) {
		print(json, i ? "," : "");
		print_track(json, tracks[i]);
	}
	print(json, "],\"services\":[");
	const struct history_service *services = (void *)history->services.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->services, *services); i++)
		print(json, "%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "", services[i].id,
		      services[i].name);
	print(json, "],\"losses\":[");
	const struct history_loss *losses = (void *)history->losses.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->losses, *losses); i++)
		print(json,
		      "%s{\"time\":%" PRIu64 ",\"events\":%" PRIu64 ",\"spans\":%" PRIu64
		      ",\"activity\":%" PRIu64 ",\"metas\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
		      i ? "," : "", losses[i].time_ns, losses[i].events, losses[i].spans,
		      losses[i].activity, losses[i].metas, losses[i].bytes);
	print(json, "]");
}

static void print_finding(struct bytes *json, const struct view_finding *finding)
{
	print(json, "{\"word\":\"%s\",\"severity\":\"%s\",\"since\":%" PRIu64,
	      finding_word(finding->kind), finding_severity_word(finding->severity),
	      finding->since_ns);
	print(json, ",\"seen\":%" PRIu64 ",\"over\":%s,\"text\":", finding->seen_ns,
	      finding->at_end ? "false" : "true");
	print_text(json, finding->text, strlen(finding->text));
	print(json, ",\"tasks\":[");
	for (size_t i = 0; i < finding->task_count; i++)
		print(json, "%s%" PRIu32, i ? "," : "", finding->tasks[i]);
	print(json, "]}");
}

static void print_findings(struct bytes *json, const struct view_recording *recording)
{
	print(json, ",\"findings\":[");
	for (size_t i = 0; i < recording->finding_count; i++) {
		print(json, i ? "," : "");
		print_finding(json, &recording->findings[i]);
	}
	print(json, "]");
}

static void print_results(struct bytes *json)
{
	print(json, ",\"results\":[");
	for (int code = 0; code <= MN_ENOTSUP; code++)
		print(json, "%s\"%s\"", code ? "," : "", mn_error_text(code));
	print(json, "]");
}

static void print_head(struct bytes *json, const char *name, const struct view_recording *recording)
{
	const struct history *history = &recording->history;
	print(json, "{\"name\":");
	print_text(json, name, strlen(name));
	print(json, ",\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"timed\":%s,\"events\":%" PRIu64,
	      history->first_ns, history->last_ns, history->timed ? "true" : "false",
	      history->event_count);
	if (recording->end.damaged)
		print(json, ",\"damagedAt\":%" PRIu64, recording->end.damaged_at);
	print_ref(json, "system", history->system);
	print_ref(json, "release", history->release);
	print_ref(json, "build", history->build);
	print_ref(json, "machine", history->machine);
	print_results(json);
}

/*
 * Columns.
 */

static void add_column(struct data *data, const char *name, uint32_t number, const char *kind,
		       const struct column *column)
{
	print(&data->list, "%s{\"name\":\"%s\"", data->list.len ? "," : "", name);
	if (number != HISTORY_NONE)
		print(&data->list, ",\"track\":%" PRIu32, number);
	print(&data->list, ",\"kind\":\"%s\",\"count\":%" PRIu32 ",\"size\":%zu}", kind,
	      column->count, column->bytes.len);
	bytes_put(&data->columns, column->bytes.data, column->bytes.len);
}

static void add_tracks(struct data *data, const struct history *history)
{
	struct track **tracks = (void *)history->tracks.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->tracks, struct track *); i++) {
		add_column(data, "start", i, "time", &tracks[i]->start);
		add_column(data, "state", i, "int", &tracks[i]->states);
		add_column(data, "by", i, "int", &tracks[i]->by_column);
	}
}

/* The columns of one table while its rows are put. */
struct field {
	const char *name;
	enum column_kind kind;
	struct column column;
};

static void add_fields(struct data *data, struct field *fields, size_t count)
{
	static const char *const kinds[] = {
		[COLUMN_TIME] = "time", [COLUMN_LONG] = "long", [COLUMN_INT] = "int"};
	for (size_t i = 0; i < count; i++) {
		add_column(data, fields[i].name, HISTORY_NONE, kinds[fields[i].kind],
			   &fields[i].column);
		bytes_free(&fields[i].column.bytes);
	}
}

static void put_row(struct field *fields, const uint64_t *row, size_t count)
{
	for (size_t i = 0; i < count; i++)
		column_put(&fields[i].column, fields[i].kind, row[i]);
}

/* The time from one step to the next, + 1; 0 if that never came. */
static uint64_t step(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns == 0 ? 0 : to_ns > from_ns ? to_ns - from_ns + 1 : 1;
}

static uint64_t either(uint64_t a, uint64_t b)
{
	return a ? a : b;
}

static void add_messages(struct data *data, const struct history *history)
{
	struct field fields[] = {
		{"message.call", COLUMN_TIME, {{0}, 0, 0}},
		{"message.serve", COLUMN_LONG, {{0}, 0, 0}},
		{"message.reply", COLUMN_LONG, {{0}, 0, 0}},
		{"message.back", COLUMN_LONG, {{0}, 0, 0}},
		{"message.id", COLUMN_INT, {{0}, 0, 0}},
		{"message.service", COLUMN_INT, {{0}, 0, 0}},
		{"message.client", COLUMN_INT, {{0}, 0, 0}},
		{"message.cause", COLUMN_INT, {{0}, 0, 0}},
		{"message.causeId", COLUMN_INT, {{0}, 0, 0}},
		{"message.from", COLUMN_INT, {{0}, 0, 0}},
		{"message.to", COLUMN_INT, {{0}, 0, 0}},
		{"message.result", COLUMN_INT, {{0}, 0, 0}},
		{"message.flags", COLUMN_INT, {{0}, 0, 0}},
	};
	enum { FIELDS = sizeof fields / sizeof fields[0] };
	const struct history_message *messages = (void *)history->messages.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->messages, *messages); i++) {
		const struct history_message *one = &messages[i];
		const uint64_t row[FIELDS] = {
			one->call_ns,
			step(one->call_ns, one->serve_ns),
			step(either(one->serve_ns, one->call_ns), one->reply_ns),
			step(either(one->reply_ns, either(one->serve_ns, one->call_ns)),
			     one->back_ns),
			one->id,
			one->service,
			one->client,
			one->cause + 1U,
			one->cause_id,
			one->from + 1U,
			one->to + 1U,
			one->result,
			(one->begun_before ? 1U : 0U) | (one->revoked ? 2U : 0U),
		};
		put_row(fields, row, FIELDS);
	}
	add_fields(data, fields, FIELDS);
}

static int compare_spans(const void *left, const void *right)
{
	const struct history_span *a = left, *b = right;
	if (a->track != b->track)
		return a->track < b->track ? -1 : 1;
	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static void add_spans(struct data *data, const struct history *history)
{
	struct field fields[] = {
		{"span.start", COLUMN_LONG, {{0}, 0, 0}}, {"span.length", COLUMN_LONG, {{0}, 0, 0}},
		{"span.track", COLUMN_INT, {{0}, 0, 0}},  {"span.lane", COLUMN_INT, {{0}, 0, 0}},
		{"span.text", COLUMN_INT, {{0}, 0, 0}},
	};
	enum { FIELDS = sizeof fields / sizeof fields[0] };
	struct history_span *spans = (void *)history->spans.data;
	uint32_t count = HISTORY_COUNT(history->spans, *spans);
	if (count > 0)
		qsort(spans, count, sizeof *spans, compare_spans);
	for (uint32_t i = 0; i < count; i++)
		put_row(fields,
			(const uint64_t[FIELDS]){spans[i].start_ns,
						 spans[i].end_ns - spans[i].start_ns,
						 spans[i].track, spans[i].lane, spans[i].text},
			FIELDS);
	add_fields(data, fields, FIELDS);
}

static void add_log(struct data *data, const struct history *history)
{
	struct field fields[] = {
		{"log.time", COLUMN_TIME, {{0}, 0, 0}},  {"log.track", COLUMN_INT, {{0}, 0, 0}},
		{"log.target", COLUMN_INT, {{0}, 0, 0}}, {"log.text", COLUMN_INT, {{0}, 0, 0}},
		{"log.level", COLUMN_INT, {{0}, 0, 0}},
	};
	enum { FIELDS = sizeof fields / sizeof fields[0] };
	const struct history_log *log = (void *)history->log.data;
	for (uint32_t i = 0; i < HISTORY_COUNT(history->log, *log); i++)
		put_row(fields,
			(const uint64_t[FIELDS]){log[i].time_ns, log[i].track + 1U, log[i].target,
						 log[i].text, log[i].level},
			FIELDS);
	add_fields(data, fields, FIELDS);
}

/*
 * Compression and base64, in pieces of a multiple of three bytes.
 */

#define PIECE ((size_t)3 * 16384)

struct packer {
	z_stream zlib;
	FILE *out;
	uint8_t piece[PIECE];
};

static void put_base64(FILE *out, const uint8_t *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char text[PIECE / 3 * 4];
	size_t used = 0;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)data[i] << 16;
		three |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
		three |= i + 2 < len ? data[i + 2] : 0;
		text[used++] = digits[three >> 18];
		text[used++] = digits[three >> 12 & 63];
		text[used++] = i + 1 < len ? digits[three >> 6 & 63] : '=';
		text[used++] = i + 2 < len ? digits[three & 63] : '=';
	}
	fwrite(text, 1, used, out);
}

static void pack(struct packer *packer, const void *data, size_t len, int flush)
{
	packer->zlib.next_in = (uint8_t *)data;
	packer->zlib.avail_in = (uInt)len;
	for (;;) {
		int result = deflate(&packer->zlib, flush);
		size_t ready = PIECE - packer->zlib.avail_out;
		if (packer->zlib.avail_out > 0 && result != Z_STREAM_END)
			return;
		put_base64(packer->out, packer->piece, ready);
		packer->zlib.next_out = packer->piece;
		packer->zlib.avail_out = PIECE;
		if (result == Z_STREAM_END)
			return;
	}
}

static void pack_all(FILE *out, const struct data *data)
{
	struct packer *packer = memory_get_zeroed(sizeof *packer);
	const size_t len = data->json.len;
	const uint8_t head[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
				 (uint8_t)(len >> 24)};
	packer->out = out;
	packer->zlib.next_out = packer->piece;
	packer->zlib.avail_out = PIECE;
	memory_check(deflateInit(&packer->zlib, 3) == Z_OK ? packer : NULL);
	pack(packer, head, sizeof head, Z_NO_FLUSH);
	pack(packer, data->json.data, data->json.len, Z_NO_FLUSH);
	pack(packer, data->columns.data, data->columns.len, Z_NO_FLUSH);
	pack(packer, NULL, 0, Z_FINISH);
	deflateEnd(&packer->zlib);
	free(packer);
}

bool view_write(FILE *out, const char *name, const struct view_recording *recording)
{
	const struct history *history = &recording->history;
	struct data data = {0};
	add_tracks(&data, history);
	add_messages(&data, history);
	add_spans(&data, history);
	add_log(&data, history);

	print_head(&data.json, name, recording);
	print_lists(&data.json, history);
	print_findings(&data.json, recording);
	print_texts(&data.json, history);
	print(&data.json, ",\"columns\":[");
	bytes_put(&data.json, data.list.data, data.list.len);
	print(&data.json, "]}");

	fwrite(view_template_head, 1, view_template_head_size, out);
	pack_all(out, &data);
	fwrite(view_template_tail, 1, view_template_tail_size, out);
	bytes_free(&data.json);
	bytes_free(&data.list);
	bytes_free(&data.columns);
	return fflush(out) == 0 && !ferror(out);
}
