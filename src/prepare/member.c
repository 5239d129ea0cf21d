/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/member.h"

void member_clear(struct member *member)
{
	if (member->is_open)
		attempt_clear(&member->attempt);
	member->is_open = false;
	prepare_result_clear(&member->result);
}

void member_fail(struct member *member, int rc, const struct error *err)
{
	member_clear(member);
	member->state = MEMBER_DONE;
	member->rc = rc;
	member->err = *err;
}
