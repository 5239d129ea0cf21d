/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transfer under a hostile client: replies and time in any order. Whatever comes, only blocks of
 * the file go out, at most a window of them, and an end is the end. */
#include "session/tftp.h"

#include "base/bytes.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tftp_policy policy = {65464, 64, size % 2 == 0, true};
	struct reader reader = reader_over(data, size);
	struct tftp_options asked = {true, true, false, true, size % 3 > 0, 0, 8, 0, 16, 31416};
	struct tftp_session session;
	struct tftp_actions actions;
	int64_t now_us = 0;

	asked.blksize += reader_le16(&reader) % 2048U;
	tftp_session_start(&session, &asked, reader_le32(&reader), 1500, &policy, 0, &actions);
	for (bool ended = false; reader_left(&reader) > 0; ended = ended || actions.ended) {
		struct tftp_reply reply = {.opcode = TFTP_ACK, .has_wanted = true, .text = ""};
		uint64_t before = tftp_session_delivered(&session);
		reply.wanted = reader_u8(&reader);
		reply.block = (uint16_t)(session.acked + reader_u8(&reader));
		reply.opcode = reply.wanted == 1 ? TFTP_ERROR : TFTP_ACK;
		now_us += reply.wanted / 4 * 10000;
		if (reply.wanted % 4 == 0)
			tftp_session_timer(&session, now_us, &actions);
		else
			tftp_session_reply(&session, &reply, now_us, &actions);
		uint64_t last = actions.first_block + actions.n_blocks - 1;
		assert(!ended || (!actions.ended && actions.n_blocks == 0 && !actions.send_oack));
		assert(tftp_session_delivered(&session) >= before && actions.n_blocks <= 255);
		assert(actions.n_blocks == 0 ||
			tftp_session_offset(&session, last) <= session.size);
	}
	return 0;
}
