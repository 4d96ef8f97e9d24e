#ifndef BASE_THREAD_H
#define BASE_THREAD_H

/*
 * How the calling thread shares its core with others. Needs no privileges and never fails:
 * where the kernel knows no such thing, all stays as it was.
 */

/*
 * It works in many short bursts and wants each soon after it woke: the scheduler is asked
 * for slices of 0.1 ms, which lets it cut in on threads with longer ones (Linux 6.12).
 */
void thread_prompt(void);

/*
 * It has time: it runs where nobody else wants the core. There is no way back without
 * privileges, and threads that it makes are like it.
 */
void thread_background(void);

#endif
