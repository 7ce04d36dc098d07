"""Concerns: who may be at risk, who owns it, and the clinician who decided. Any room above may raise one."""
