// Package livetest holds the tests of the whole program on the real kernel. It
// builds sockeye, makes populations of sockets in namespaces of its own, and
// holds what sockeye says against ss and against what was made.
//
// The tests need root, ss and ip of iproute2, and skip without them, saying so.
// With SOCKEYE_TEST_REQUIRE=all in the environment such a skip is a failure.
package livetest
