/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we use of libuv, under its own names: the server's rooms call it as its documentation has
 * it, and all other commands start without it. All use of it begins with uv_loop_init(), which
 * loads it.
 */
#include "server/libuv.h"

#include <uv.h>

#define FUNCTIONS(X)                                                                               \
	X(uv_async_init)                                                                           \
	X(uv_async_send)                                                                           \
	X(uv_close)                                                                                \
	X(uv_is_active)                                                                            \
	X(uv_loop_close)                                                                           \
	X(uv_loop_init)                                                                            \
	X(uv_now)                                                                                  \
	X(uv_poll_init)                                                                            \
	X(uv_poll_start)                                                                           \
	X(uv_poll_stop)                                                                            \
	X(uv_run)                                                                                  \
	X(uv_signal_init)                                                                          \
	X(uv_signal_start)                                                                         \
	X(uv_strerror)                                                                             \
	X(uv_timer_again)                                                                          \
	X(uv_timer_init)                                                                           \
	X(uv_timer_start)                                                                          \
	X(uv_timer_stop)                                                                           \
	X(uv_unref)                                                                                \
	X(uv_update_time)
LIBRARY_DECLARE(libuv, FUNCTIONS);
LIBRARY_DEFINE(libuv, FUNCTIONS, "libuv.so.1", "libuv1", "required", "the server's event loop");

int loop_load_library(struct error *err)
{
	return library_load(&libuv_library, err);
}

int uv_loop_init(uv_loop_t *loop)
{
	struct error unheard;
	int rc = loop_load_library(&unheard);
	return rc < 0 ? rc : libuv.uv_loop_init(loop);
}

int uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb callback)
{
	return libuv.uv_async_init(loop, async, callback);
}

int uv_async_send(uv_async_t *async)
{
	return libuv.uv_async_send(async);
}

void uv_close(uv_handle_t *handle, uv_close_cb callback)
{
	libuv.uv_close(handle, callback);
}

int uv_is_active(const uv_handle_t *handle)
{
	return libuv.uv_is_active(handle);
}

int uv_loop_close(uv_loop_t *loop)
{
	return libuv.uv_loop_close(loop);
}

uint64_t uv_now(const uv_loop_t *loop)
{
	return libuv.uv_now(loop);
}

int uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	return libuv.uv_poll_init(loop, poll, fd);
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb callback)
{
	return libuv.uv_poll_start(poll, events, callback);
}

int uv_poll_stop(uv_poll_t *poll)
{
	return libuv.uv_poll_stop(poll);
}

int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	return libuv.uv_run(loop, mode);
}

int uv_signal_init(uv_loop_t *loop, uv_signal_t *handle)
{
	return libuv.uv_signal_init(loop, handle);
}

int uv_signal_start(uv_signal_t *handle, uv_signal_cb callback, int number)
{
	return libuv.uv_signal_start(handle, callback, number);
}

const char *uv_strerror(int code)
{
	return libuv.uv_strerror(code);
}

int uv_timer_again(uv_timer_t *timer)
{
	return libuv.uv_timer_again(timer);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
	return libuv.uv_timer_init(loop, timer);
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout_ms, uint64_t repeat_ms)
{
	return libuv.uv_timer_start(timer, callback, timeout_ms, repeat_ms);
}

int uv_timer_stop(uv_timer_t *timer)
{
	return libuv.uv_timer_stop(timer);
}

void uv_unref(uv_handle_t *handle)
{
	libuv.uv_unref(handle);
}

void uv_update_time(uv_loop_t *loop)
{
	libuv.uv_update_time(loop);
}
