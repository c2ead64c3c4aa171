/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* It may look at any moment: `current` is read once, and is alive while it runs. */
#include <string.h>
#include <mnemos/watchdog.h>

#define TEXT(number) #number
#define TEXT_OF(number) TEXT(number)

static const struct mn_task *running(const struct mn_kernel *kernel)
{
	return *(struct mn_task *const volatile *)&kernel->current;
}

bool mn_watchdog_looks(struct mn_watchdog *watchdog, const struct mn_kernel *kernel)
{
	const struct mn_task *task = running(kernel);

	if (!task || task->id != watchdog->task || task->polls != watchdog->polls) {
		*watchdog =
			(struct mn_watchdog){task ? task->id : 0, task ? task->polls : 0, false};
		return false;
	}
	if (watchdog->told)
		return false;
	watchdog->told = true;
	return true;
}

void mn_watchdog_tell(const struct mn_kernel *kernel,
		      void (*write)(void *context, const char *text, size_t len), void *context)
{
	const struct mn_task *task = running(kernel);
	char id[11] = "";
	size_t at = sizeof id - 1;

	if (!task)
		return;
	for (uint32_t rest = task->id; rest; rest /= 10)
		id[--at] = (char)('0' + rest % 10);
	static const char complaint[] = " has not yielded for " TEXT_OF(MN_WATCHDOG_MS) " ms (";
	const char *const pieces[] = {
		"task ", task->type->name, " #", id + at, complaint, task->type->file, ")\n",
	};

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		write(context, pieces[i], strlen(pieces[i]));
}
