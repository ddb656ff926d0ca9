// Package fault runs a program in which chosen system calls fail, so that a test
// of the real program sees what it makes of an error that this machine never
// gives.
//
// The program is started by a launcher, which is the test's own program: it
// installs a seccomp filter that asks for a decision on the calls
// (SECCOMP_RET_USER_NOTIF, seccomp_unotify(2)) and becomes the program. The test
// answers each of these calls with an error or lets it go on; it knows the
// arguments, and the file that they name.
package fault
