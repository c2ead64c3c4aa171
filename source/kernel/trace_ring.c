/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ring of trace records, see trace_reader.h for how it works, and records into it.
 *
 * A record in words of 64 bits; the header is 0 until all the rest is there:
 *
 *     0  header: words | kind << 16       time, low 32 bits
 *        | time, the next 12 bits, << 20
 *     1  site                             (EVENT, SPAN)     span, task  (ENTER, EXIT, DROP)
 *     2  task                             cause
 *     3  span                             parent
 *     4  a word for each value; of a copied text its length, and behind all values the text
 *
 * The clock is read between the look at `head` and its move: whoever came in between makes the
 * move fail. So on one processor the times in the ring never go back.
 */
#include <string.h>
#include <mnemos/trace_reader.h>
#include "trace_internal.h"

union mn__trace_word {
	uint64_t all;
	struct {
		_Atomic uint32_t low; /* the header, in the first word of a record */
		uint32_t high;
	};
};

_Static_assert(sizeof(union mn__trace_word) == 8, "the ring is of such words");

#define HEADER_WORDS 4
#define ACTIVITY_WORDS 2
#define KIND_SHIFT 16
#define TIME_SHIFT 20
#define NEVER UINT32_MAX

/* In the word of a copied text: it was longer. */
#define WAS_CUT (UINT32_C(1) << 31)

/* By words, because memset goes byte by byte in C libraries made to be small. */
static void clear(union mn__trace_word *ring, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++)
		*(volatile uint64_t *)&ring[i].all = 0;
}

void mn_trace_start(struct mn_kernel *kernel, struct mn_trace *trace, void *memory, size_t size)
{
	uint32_t words = MN_TRACE_RING_MIN / sizeof(union mn__trace_word);

	MN_ASSERT(size >= MN_TRACE_RING_MIN && (uintptr_t)memory % 8 == 0 && !kernel->trace);
	while (words <= size / 16 && words <= MN_TRACE_RING_MAX / 16)
		words *= 2;
	clear(memory, words);
	*trace = (struct mn_trace){
		.kernel = kernel,
		.ring = memory,
		.words = words,
		.raise_at = 1,
		.time = mn_platform_trace_time(kernel),
		.filter = {.level = MN_LOG_OFF, .least = MN_LOG_OFF},
	};
	mn_list_init(&trace->spans);
	mn_irq_init(&trace->irq, kernel);
	kernel->trace = trace;
}

/* ---- Writing ----------------------------------------------------------------------- */

/* Words that are the writer's until it commits them. */
struct claim {
	union mn__trace_word *ring;
	uint32_t mask;
	uint32_t at;
	uint32_t used; /* of the ring, these included */
	uint32_t header;
};

static inline union mn__trace_word *word(const struct claim *claim, uint32_t index)
{
	return &claim->ring[(claim->at + index) & claim->mask];
}

static MN__COLD void lose(struct mn_trace *trace, enum mn_record_kind kind)
{
	const unsigned counter = kind == MN_RECORD_EVENT ? 0 : kind == MN_RECORD_SPAN ? 1 : 2;

	atomic_fetch_add_explicit(&trace->lost[counter], 1, memory_order_relaxed);
	if (trace->kernel->interrupt)
		atomic_fetch_add_explicit(&trace->lost[3], 1, memory_order_relaxed);
}

/*
 * Moves `head` from `at` on, if it is still there and there is room. What seems to be in use when
 * `at` is older than the tail is more than there is; then the move would fail.
 */
enum took { TOOK, TOO_LATE, NO_ROOM };

static inline enum took take(struct mn_trace *trace, uint32_t at, uint32_t words, uint32_t *used)
{
	*used = at - atomic_load_explicit(&trace->tail, memory_order_acquire) + words;
	if (MN_UNLIKELY(*used > trace->words))
		return *used <= trace->words + words ? NO_ROOM : TOO_LATE;
	return atomic_compare_exchange_strong_explicit(&trace->head, &at, at + words,
						       memory_order_relaxed, memory_order_relaxed)
		       ? TOOK
		       : TOO_LATE;
}

static inline uint32_t look_at_head(const struct mn_trace *trace)
{
	return atomic_load_explicit(&trace->head, memory_order_relaxed);
}

static inline uint64_t look_at_clock(const struct mn_trace *trace)
{
	return mn_platform_trace_time(trace->kernel);
}

static inline uint32_t header_of(uint32_t words, enum mn_record_kind kind, uint64_t time)
{
	return (uint32_t)(time >> 32) << TIME_SHIFT | (uint32_t)kind << KIND_SHIFT | words;
}

static inline struct claim claim_at(const struct mn_trace *trace, uint32_t at, uint32_t used)
{
	return (struct claim){
		.ring = trace->ring, .mask = trace->words - 1, .at = at, .used = used};
}

/* Reserves words for a record; false, and counted, if there is no room. */
static bool reserve(struct mn_trace *trace, struct claim *claim, enum mn_record_kind kind,
		    uint32_t words)
{
	uint32_t at, used;
	uint64_t time;
	enum took took;

	do {
		at = look_at_head(trace);
		time = look_at_clock(trace);
		took = take(trace, at, words, &used);
	} while (took == TOO_LATE);
	if (took == NO_ROOM) {
		lose(trace, kind);
		return false;
	}
	*claim = claim_at(trace, at, used);
	claim->header = header_of(words, kind, time);
	word(claim, 0)->high = (uint32_t)time;
	return true;
}

/* Each mark is passed by one writer only. */
static MN__COLD void tell(struct mn_trace *trace, uint32_t used)
{
	uint32_t mark = atomic_load_explicit(&trace->raise_at, memory_order_relaxed);
	const uint32_t half = trace->words / 2;

	while (used >= mark)
		if (atomic_compare_exchange_weak_explicit(
			    &trace->raise_at, &mark, used < half ? half : NEVER,
			    memory_order_relaxed, memory_order_relaxed)) {
			mn_irq_raise(&trace->irq);
			return;
		}
}

/*
 * The fence is between this header and the look at raise_at; the reader has one between its
 * store of raise_at and its last look at the header. So one of the two sees the other's.
 */
static inline void commit_at(struct mn_trace *trace, union mn__trace_word *first, uint32_t header,
			     uint32_t used)
{
	atomic_store_explicit(&first->low, header, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (MN_UNLIKELY(used >= atomic_load_explicit(&trace->raise_at, memory_order_relaxed)))
		tell(trace, used);
}

static void commit(struct mn_trace *trace, const struct claim *claim)
{
	commit_at(trace, word(claim, 0), claim->header, claim->used);
}

/* The word of a text that is copied: its length, and whether it is cut. */
static uint64_t length_of(const char *text)
{
	const size_t len = text ? strnlen(text, MN_TRACE_TEXT + 1) : 0;

	return len <= MN_TRACE_TEXT ? len : MN_TRACE_TEXT | WAS_CUT;
}

static uint32_t words_of(uint64_t length)
{
	return (uint32_t)((length & ~(uint64_t)WAS_CUT) + 7) / 8;
}

static void copy_text(const struct claim *claim, uint32_t at, const char *text, size_t len)
{
	for (; len > 0; at++) {
		const size_t n = len < 8 ? len : 8;
		uint64_t bytes = 0;

		memcpy(&bytes, text, n);
		word(claim, at)->all = bytes;
		text += n;
		len -= n;
	}
}

static uint32_t text_words(const struct mn_log_site *site, const uint64_t *values)
{
	uint32_t words = 0;

	for (unsigned i = 0; i < site->field_count; i++)
		if (site->fields[i].type == MN_FIELD_COPY)
			words += words_of(length_of((const char *)(uintptr_t)values[i]));
	return words;
}

/* A text may change meanwhile: what counts is its length as it is written. */
static void copy_texts(const struct claim *claim, const struct mn_log_site *site,
		       const uint64_t *values)
{
	uint32_t at = HEADER_WORDS + site->field_count;

	for (unsigned i = 0; i < site->field_count; i++) {
		if (site->fields[i].type != MN_FIELD_COPY)
			continue;
		const char *text = (const char *)(uintptr_t)values[i];
		const uint64_t length = length_of(text);

		word(claim, HEADER_WORDS + i)->all = length;
		copy_text(claim, at, text, (uint32_t)length & ~WAS_CUT);
		at += words_of(length);
	}
}

static inline void put_head(const struct claim *claim, const struct mn_log_site *site,
			    struct mn__trace_context context)
{
	word(claim, 1)->all = (uintptr_t)site;
	word(claim, 2)->all = context.who;
	word(claim, 3)->all = context.spans;
}

static void put_values(const struct claim *claim, const struct mn_log_site *site,
		       const uint64_t *values)
{
	for (unsigned i = 0; i < site->field_count; i++)
		word(claim, HEADER_WORDS + i)->all = values[i];
}

bool mn__trace_put(struct mn_trace *trace, enum mn_record_kind kind, const struct mn_log_site *site,
		   struct mn__trace_context context, const uint64_t *values)
{
	const uint32_t words = HEADER_WORDS + site->field_count + text_words(site, values);
	struct claim claim;

	if (!reserve(trace, &claim, kind, words))
		return false;
	put_head(&claim, site, context);
	put_values(&claim, site, values);
	copy_texts(&claim, site, values);
	commit(trace, &claim);
	return true;
}

/* The record goes round the end of the ring. */
static MN__COLD void put_round(struct mn_trace *trace, uint32_t at, const struct mn_log_site *site,
			       const uint64_t *values, uint64_t who)
{
	const struct claim claim = claim_at(trace, at, 0);

	put_head(&claim, site, (struct mn__trace_context){.who = who});
	put_values(&claim, site, values);
}

/*
 * By far the most frequent record is of a few numbers, and in one piece: so it has a path of its
 * own, with little to be kept while the clock is read.
 */
void mn__trace_put_numbers(struct mn_trace *trace, const struct mn_log_site *site,
			   const uint64_t *values, uint64_t who)
{
	uint32_t at, words, used;
	uint64_t time;
	enum took took;

	do {
		at = look_at_head(trace);
		time = look_at_clock(trace);
		words = HEADER_WORDS + site->field_count;
		took = take(trace, at, words, &used);
	} while (MN_UNLIKELY(took == TOO_LATE));
	if (MN_UNLIKELY(took == NO_ROOM)) {
		lose(trace, MN_RECORD_EVENT);
		return;
	}
	const uint32_t index = at & (trace->words - 1);
	union mn__trace_word *const to = &trace->ring[index];

	to->high = (uint32_t)time;
	if (MN_UNLIKELY(index + words > trace->words)) {
		put_round(trace, at, site, values, who);
	} else {
		to[1].all = (uintptr_t)site;
		to[2].all = who;
		to[3].all = 0;
		for (size_t i = 0, count = site->field_count; i < count; i++)
			to[HEADER_WORDS + i].all = values[i];
	}
	commit_at(trace, to, header_of(words, MN_RECORD_EVENT, time), used);
}

void mn__trace_put_message(struct mn_trace *trace, const struct mn_log_site *site,
			   struct mn__trace_context context, const char *text)
{
	const uint64_t length = length_of(text);
	const uint32_t words = HEADER_WORDS + 1 + words_of(length);
	struct claim claim;

	if (!reserve(trace, &claim, MN_RECORD_EVENT, words))
		return;
	put_head(&claim, site, context);
	word(&claim, HEADER_WORDS)->all = length;
	copy_text(&claim, HEADER_WORDS + 1, text, (uint32_t)length & ~WAS_CUT);
	commit(trace, &claim);
}

void mn__trace_put_activity(struct mn_trace *trace, enum mn_record_kind kind, uint32_t span,
			    uint32_t task)
{
	struct claim claim;

	if (!reserve(trace, &claim, kind, ACTIVITY_WORDS))
		return;
	word(&claim, 1)->all = span | (uint64_t)task << 32;
	commit(trace, &claim);
}

/* ---- Reading ----------------------------------------------------------------------- */

/* The header of the oldest record, or 0; then the next one raises the interrupt. */
static uint32_t look(struct mn_trace *trace, const struct claim *oldest)
{
	uint32_t header = atomic_load_explicit(&word(oldest, 0)->low, memory_order_acquire);

	if (header)
		return header;
	atomic_store_explicit(&trace->raise_at, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&word(oldest, 0)->low, memory_order_acquire);
}

/* Texts of a record, as they are copied out of the ring. */
struct texts {
	const struct claim *from;
	uint32_t at; /* the word of the next */
	char *to;
};

static struct mn_trace_value take_text(struct texts *texts, uint64_t length)
{
	const size_t len = length & ~(uint64_t)WAS_CUT;
	char *text = texts->to;

	for (size_t i = 0; i < len; i += 8)
		memcpy(text + i, &word(texts->from, texts->at++)->all, len - i < 8 ? len - i : 8);
	texts->to += len;
	return (struct mn_trace_value){
		.kind = MN_TRACE_STR,
		.text = {text, mn__trace_clean(text, len, length & WAS_CUT)},
	};
}

static struct mn_trace_value take_value(struct texts *texts, uint8_t type, uint64_t bits)
{
	struct mn_trace_value value = {.kind = MN_TRACE_U64, .u64 = bits};

	switch (type) {
	case MN_FIELD_SIGNED:
		value.kind = MN_TRACE_I64;
		value.i64 = (int64_t)bits;
		break;
	case MN_FIELD_DOUBLE:
		value.kind = MN_TRACE_F64;
		memcpy(&value.f64, &bits, sizeof bits);
		break;
	case MN_FIELD_BOOL:
		value.kind = MN_TRACE_BOOL;
		value.boolean = bits;
		break;
	case MN_FIELD_TEXT:
		value.kind = MN_TRACE_TEXT_ID;
		break;
	case MN_FIELD_COPY:
		return take_text(texts, bits);
	}
	return value;
}

static void take_values(struct mn_record *record, const struct claim *from)
{
	const struct mn_log_site *site = record->site;
	struct texts texts = {.from = from, .to = record->text};

	record->value_count = mn_site_field_count(site);
	texts.at = HEADER_WORDS + record->value_count;
	if (site->kind == MN_SITE_LOG) {
		record->values[0] = take_text(&texts, word(from, HEADER_WORDS)->all);
		record->values[0].kind = MN_TRACE_DEBUG_TEXT;
		return;
	}
	for (unsigned i = 0; i < record->value_count; i++)
		record->values[i] =
			take_value(&texts, site->fields[i].type, word(from, HEADER_WORDS + i)->all);
}

/*
 * The ring may be days old, so bits that change seldom are taken from the clock: the time is the
 * last one before now whose lower 44 bits are those of the record.
 */
static uint64_t time_of(struct mn_trace *trace, uint32_t header, uint32_t low)
{
	const uint32_t late = header >> TIME_SHIFT, mask = UINT32_MAX >> TIME_SHIFT;

	if (((trace->time >> 32) & mask) != late) {
		const uint64_t now = mn_platform_trace_time(trace->kernel) >> 32;

		trace->time = (now - ((now - late) & mask)) << 32;
	}
	return (trace->time & ~(uint64_t)UINT32_MAX) | low;
}

static void take_record(struct mn_record *record, const struct claim *from)
{
	const uint64_t second = word(from, 1)->all;

	record->value_count = 0;
	if (record->kind >= MN_RECORD_ENTER) {
		record->span = (uint32_t)second;
		record->task = (uint32_t)(second >> 32);
		record->cause = record->parent = 0;
		record->site = NULL;
		return;
	}
	record->site = (const struct mn_log_site *)(uintptr_t)second;
	record->task = (uint32_t)word(from, 2)->all;
	record->cause = (uint32_t)(word(from, 2)->all >> 32);
	record->span = (uint32_t)word(from, 3)->all;
	record->parent = (uint32_t)(word(from, 3)->all >> 32);
	take_values(record, from);
}

bool mn_trace_next(struct mn_trace *trace, struct mn_record *record)
{
	const struct claim oldest = {
		.ring = trace->ring,
		.mask = trace->words - 1,
		.at = atomic_load_explicit(&trace->tail, memory_order_relaxed),
	};
	const uint32_t header = look(trace, &oldest);
	const uint32_t words = header & ((1u << KIND_SHIFT) - 1);

	record->kind = (enum mn_record_kind)(header >> KIND_SHIFT & 0xf);
	if (!header)
		return false;
	record->time = time_of(trace, header, word(&oldest, 0)->high);
	take_record(record, &oldest);
	for (uint32_t i = 0; i < words; i++) /* any of these may be the next header */
		word(&oldest, i)->all = 0;
	atomic_store_explicit(&trace->tail, oldest.at + words, memory_order_release);
	return true;
}

void mn_trace_take_lost(struct mn_trace *trace, struct mn_trace_lost *lost)
{
	uint32_t counts[4];

	for (unsigned i = 0; i < 4; i++)
		counts[i] = atomic_exchange_explicit(&trace->lost[i], 0, memory_order_relaxed);
	*lost = (struct mn_trace_lost){counts[0], counts[1], counts[2], counts[3]};
}
