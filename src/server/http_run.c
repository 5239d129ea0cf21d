/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libmicrohttpd on our loop: it runs when its descriptor is readable, when its time has come, and
 * when we have let one of its connections go on. */
#include "server/http_room.h"

LIBRARY_DEFINE(libmhd, LIBMHD_FUNCTIONS, "libmicrohttpd.so.12", "libmicrohttpd12", "required",
	"serves files over HTTP");

static void on_timeout(uv_timer_t *timer)
{
	http_run(timer->data);
}

void http_run(struct http_listener *listener)
{
	MHD_UNSIGNED_LONG_LONG after_ms = 0;
	(void)libmhd.MHD_run(listener->daemon);
	if (libmhd.MHD_get_timeout(listener->daemon, &after_ms) == MHD_YES)
		(void)uv_timer_start(&listener->timeout, on_timeout, after_ms, 0);
	else
		(void)uv_timer_stop(&listener->timeout);
}
