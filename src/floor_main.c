/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An empty program: src/meson.build links it with one room and the floors below it, to prove that
 * nothing calls upwards. */
int main(void)
{
	return 0;
}
