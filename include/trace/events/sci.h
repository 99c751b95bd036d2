/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sci

#if !defined(_TRACE_SCI_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_SCI_H

#include <linux/tracepoint.h>

#include <asm/sci.h>

/**
 * sci_fault - an access that faulted because of isolation was judged
 * @nr: index of the view: the system call's number, or SCI_IA32_BASE more
 * @ip: the instruction that faulted
 * @target: the address that was accessed, or the target of an indirect call
 * @access: "exec", "icall", "read" or "write"
 * @verdict: "ok", or the reason of the violation that follows
 */
TRACE_EVENT(sci_fault,

	TP_PROTO(unsigned int nr, unsigned long ip, unsigned long target,
		 const char *access, const char *verdict),

	TP_ARGS(nr, ip, target, access, verdict),

	TP_STRUCT__entry(
		__field(bool, compat)
		__field(unsigned int, nr)
		__field(void *, ip)
		__field(void *, target)
		__string(access, access)
		__string(verdict, verdict)
	),

	TP_fast_assign(
		__entry->compat = nr >= SCI_IA32_BASE;
		__entry->nr = nr - (__entry->compat ? SCI_IA32_BASE : 0);
		__entry->ip = (void *)ip;
		__entry->target = (void *)target;
		__assign_str(access);
		__assign_str(verdict);
	),

	TP_printk("syscall=%s:%u ip=%pS target=%pS access=%s verdict=%s",
		  __entry->compat ? "i386" : "x86_64", __entry->nr,
		  __entry->ip, __entry->target, __get_str(access), __get_str(verdict))
);

/**
 * sci_violation - a system call made an access that isolation forbids
 * @nr: index of the view: the system call's number, or SCI_IA32_BASE more
 * @target: the address that it tried to reach
 * @reason: the reason, as in the kernel's log
 * @kill: true if the process is killed; otherwise the mode is audit
 */
TRACE_EVENT(sci_violation,

	TP_PROTO(unsigned int nr, unsigned long target, const char *reason, bool kill),

	TP_ARGS(nr, target, reason, kill),

	TP_STRUCT__entry(
		__field(bool, compat)
		__field(bool, kill)
		__field(unsigned int, nr)
		__field(void *, target)
		__string(reason, reason)
	),

	TP_fast_assign(
		__entry->compat = nr >= SCI_IA32_BASE;
		__entry->kill = kill;
		__entry->nr = nr - (__entry->compat ? SCI_IA32_BASE : 0);
		__entry->target = (void *)target;
		__assign_str(reason);
	),

	TP_printk("syscall=%s:%u target=%pS reason=%s verdict=%s",
		  __entry->compat ? "i386" : "x86_64", __entry->nr,
		  __entry->target, __get_str(reason), __entry->kill ? "kill" : "audit")
);

#endif /* _TRACE_SCI_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
