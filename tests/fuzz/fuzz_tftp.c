/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TFTP packets as a server and a client read them. What was read of a request must survive being
 * written. */
#include "wire/tftp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tftp_request request, again;
	struct tftp_reply reply;
	struct tftp_answer answer;
	struct error err = ERROR_NULL;
	uint8_t packet[LIMIT_TFTP_REQUEST_BYTES + TFTP_OACK_MAX_BYTES];
	size_t n = 0;

	(void)!tftp_reply_parse(data, size, &reply);
	(void)!tftp_answer_parse(data, size, &answer);
	if (tftp_request_parse(data, size, &request, &err) < 0)
		return err.text[0] != 0 ? 0 : (abort(), 0);
	if (tftp_request_write(&request, packet, sizeof(packet), &n) < 0 ||
		(n <= LIMIT_TFTP_REQUEST_BYTES &&
			(tftp_request_parse(packet, n, &again, NULL) < 0 ||
				again.path_length != request.path_length ||
				memcmp(again.path, request.path, request.path_length) != 0 ||
				again.options.blksize != request.options.blksize ||
				again.options.windowsize != request.options.windowsize)))
		abort();
	return 0;
}
