/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a stream of port 3. The model takes it, and is judged after each 256 bytes: its lists are
 * in order, and what people are told can be shown on a terminal.
 */
#include "diagnose.h"
#include "fuzz.h"
#include "words.h"

#define PIECE 256

static void check_text(const char *text)
{
	for (; *text; text++)
		FUZZ_CHECK((uint8_t)*text >= 0x20 && *text != 0x7f);
}

static void check_finding(void *context, const struct finding *finding)
{
	const struct model *model = context;

	FUZZ_CHECK(finding->kind < FINDING_KINDS && finding->text[0]);
	check_text(finding->text);
	for (size_t i = 0; i < finding->task_count; i++)
		FUZZ_CHECK(model_task(model, finding->tasks[i]));
}

static void check_task(const struct model *model, const struct model_task *task)
{
	struct words words = {0};

	check_text(task->name);
	check_text(task->file);
	FUZZ_CHECK(task->cpu_share == -1 || task->cpu_share >= 0);
	for (uint32_t i = 0; i < model_wait_count(task); i++)
		words_add_wait(&words, model, &task->waits[i]);
	check_text(words.text);
}

static void check(struct model *model)
{
	size_t ended = 0;

	for (size_t i = 0; i < model->task_count; i++) {
		FUZZ_CHECK(i == 0 || model->tasks[i - 1]->id < model->tasks[i]->id);
		ended += model->tasks[i]->ended;
		check_task(model, model->tasks[i]);
	}
	FUZZ_CHECK(ended == model->ended_count);
	diagnose(model, check_finding, model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct model *model = model_new();
	const struct trace_sink sink = model_sink(model);
	struct trace_stream *stream = trace_stream_new(&sink);
	uint64_t host_ns = 1;

	model_set_stream(model, stream);
	while (len > 0) {
		const size_t piece = len < PIECE ? len : PIECE;

		trace_stream_take(stream, data, piece, host_ns);
		model_take_text(model, (const char *)data, piece, host_ns);
		check(model);
		data += piece;
		len -= piece;
		host_ns += 1000000000;
	}
	trace_stream_free(stream);
	model_free(model);
	return 0;
}
