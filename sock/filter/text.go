package filter

import (
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// equalText returns how text of a kind is compared with an operand; nil is byte by
// byte.
func equalText(k fact.Kind) func(text, operand string) bool {
	switch k {
	case fact.Path:
		return equalPath
	case fact.Process:
		return equalComm
	}
	return nil
}

// commLength is the longest name of a process on Linux: TASK_COMM_LEN of
// linux/sched.h without the NUL.
const commLength = 15

// equalComm compares names of processes. Those of Windows programs match in any
// case, with or without .exe. Linux keeps 15 bytes of a name, so a longer operand
// means what is left of it.
func equalComm(name, operand string) bool {
	if program, ok := sock.WindowsProgram(name); ok {
		word, _ := sock.WindowsProgram(operand)
		return strings.EqualFold(program, word)
	}
	if len(operand) > commLength && len(name) == commLength {
		operand = operand[:commLength]
	}
	return name == operand
}

// equalPath compares the name of a unix socket with an operand. Bytes of NUL,
// which an abstract name starts with, are written @, as ss shows them.
func equalPath(path, operand string) bool {
	if path == operand {
		return true
	}
	if len(path) != len(operand) || strings.IndexByte(path, 0) < 0 {
		return false
	}
	for i := range len(path) {
		if path[i] != operand[i] && (path[i] != 0 || operand[i] != '@') {
			return false
		}
	}
	return true
}
