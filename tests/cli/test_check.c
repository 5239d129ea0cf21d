/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter check`: what has been done to a state is told, and mended where that can be. */
#include "../unit.h"

/* $F is the folder that its drivers come from, $B a blob: the file of net.sys. */
#define WORLD                                                                                      \
	"S=$T/state F=$T/drivers; H=$(sha256sum <$T/sys); "                                        \
	"B=$S/blobs/$(echo $H | cut -c1-2)/$(echo $H | cut -c1-64)"
#include "pewter.h"

static int set_up(void **state)
{
	(void)state;
	scratch_make();
	assert_run(
		"mkdir $F; cd $F; printf 'a driver' > net.sys; cp net.sys ../sys; "
		"printf '%s\\n' '[Version]' 'Signature=\"$Windows NT$\"' 'Class=Net' "
		"'Provider=P' 'DriverVer=01/02/2020,1.0.0.0' '[Manufacturer]' 'M=M,NTamd64' "
		"'[M.NTamd64]' 'D=I,PCI\\VEN_8086&DEV_100E' '[I]' 'CopyFiles=C' '[C]' 'net.sys' "
		"'[SourceDisksNames]' '1=d' '[SourceDisksFiles]' 'net.sys=1' "
		"'[DestinationDirs]' 'DefaultDestDir=12' > net.inf; $P driver add $F >/dev/null; "
		"$P driver list",
		0, "net.inf");
	return 0;
}

static void a_whole_state_is_whole(void **state)
{
	(void)state;
	assert_run("$P check", 0, "3 blobs (");
	assert_run("$P check", 0, "whole");
	assert_run("$P --json check", 0, "\"whole\": true");
	assert_run("$P check pe", 2, "no operands");
	assert_run("$PEWTER --state $S/none check", 1, "nothing here yet");
}

static void what_is_missing_comes_back_from_its_source(void **state)
{
	(void)state;
	assert_run("rm $B; $P check", 1, "net.sys of driver net.inf");
	assert_run("$P check", 1, "is not there: `pewter driver add");
	assert_run("$P check --repair", 0, "taken again from");
	assert_run("cmp $B $F/net.sys && $P check", 0, "whole");
}

static void what_is_damaged_is_put_aside(void **state)
{
	(void)state;
	/* One bit, the size the same: only the hash tells. */
	assert_run("chmod u+w $B; printf 'A driver' > $B; $P check", 1, "is damaged: its SHA-256");
	assert_run("$P --json check", 1, "\"kind\": \"blob-damaged\"");
	assert_run("$P check --repair", 0, "taken again from");
	assert_run("cat $S/damaged/*", 0, "A driver");
	/* The source has gone as well, or is another file by now. */
	assert_run("rm $B; printf 'b driver' > $F/net.sys; $P check --repair", 1, "driver remove");
	assert_run("test ! -e $B; cp $S/../sys $F/net.sys; $P check --repair", 0, "1 repaired");
}

static void what_was_left_over_is_no_fault(void **state)
{
	(void)state;
	assert_run("mkdir -p $S/blobs/ff; : > $S/blobs/ff/$(printf 'f%.0s' $(seq 64)); "
		   "mkdir $S/.import-abcdef; $P check",
		0, "2 left over");
	/* An import that lives holds the lock of its folder. */
	assert_run("flock $S/.import-abcdef $P check", 0, "1 left over");
	assert_run("$P check --repair", 0, "2 repaired");
	assert_run("ls -A $S; ls $S/blobs/ff; $P check", 0, "whole\n");
}

static void a_broken_database_is_told(void **state)
{
	(void)state;
	assert_run("command -v sqlite3 || echo SKIP", 0, "");
	if (strstr(out, "SKIP") != NULL)
		skip();
	assert_run("cp -r $S $S.old; sqlite3 $S/pewter.db 'PRAGMA foreign_keys = off; DELETE FROM "
		   "blob "
		   "WHERE size = 8'; $P check; rc=$?; rm -rf $S; mv $S.old $S; exit $rc",
		1, "name records of \"blob\" that are not there");
}

/* What a kill in the middle of a sweep leaves: the record of a file that is gone. */
static void a_record_that_nobody_needs_is_no_fault(void **state)
{
	(void)state;
	assert_run("command -v sqlite3 || echo SKIP", 0, "");
	if (strstr(out, "SKIP") != NULL)
		skip();
	assert_run(
		"sqlite3 $S/pewter.db \"INSERT INTO blob VALUES ('$(printf 'a%.0s' $(seq 64))', 5, "
		"4000000000000)\"; $P check",
		0, "nothing needs it");
	assert_run("$P check --repair", 0, "within a day");
	assert_run("sqlite3 $S/pewter.db 'UPDATE blob SET pending_until_ms = 0 WHERE size = 5'; "
		   "$P check --repair && $P check",
		0, "3 blobs (");
	assert_run("$P check", 0, "whole\n");
}

/* What a driver becomes in an image: neither of the files that were added. */
#define FIND_PART                                                                                  \
	"N=$(sha256sum < $F/net.inf | cut -c1-64); "                                               \
	"D=$(find $S/blobs -type f ! -path $B ! -name $N); "

static void a_compressed_driver_is_made_again(void **state)
{
	(void)state;
	assert_run(FIND_PART "rm $D; $P check", 1, "(net.inf ");
	assert_run("$P check", 1, "as images hold it) is not there: `pewter check --repair`");
	assert_run("$P check --repair", 0, "made again from the driver's files");
	assert_run(FIND_PART "chmod u+w $D; printf 'A' | dd conv=notrunc of=$D 2>&-; $P check", 1,
		"is damaged: its SHA-256");
	assert_run("$P check --repair", 0, "made again from the driver's files");
	/* And whoever adds the driver once more, as one does when something is amiss. */
	assert_run(FIND_PART "rm $D; $P driver add $F && $P check", 0, "whole\n");
	assert_run("$P check", 0, "3 blobs (");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_state_is_whole),
		cmocka_unit_test(what_is_missing_comes_back_from_its_source),
		cmocka_unit_test(what_is_damaged_is_put_aside),
		cmocka_unit_test(a_compressed_driver_is_made_again),
		cmocka_unit_test(what_was_left_over_is_no_fault),
		cmocka_unit_test(a_record_that_nobody_needs_is_no_fault),
		cmocka_unit_test(a_broken_database_is_told),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
